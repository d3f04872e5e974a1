using EdgePeer.Transports.Mqtt;
using EdgePeer.Transports.Mqtt.Mosquitto;

namespace EdgePeer.Benchmarks.Mqtt;

/// <summary>Subscribes at QoS 1, and counts what comes. Made when the broker has taken the subscription.</summary>
internal sealed class CountingSubscriber : IMqttHandler, IDisposable
{
    private readonly MosquittoClient _client;
    private readonly string _filter;
    private readonly Thread _thread;
    private readonly SemaphoreSlim _subscribed = new(0), _arrived = new(0);
    private long _count, _wanted = long.MaxValue;

    public CountingSubscriber(MqttBroker broker, string filter)
    {
        _filter = filter;
        _client = new MosquittoClient(broker, new MqttPresence($"subscriber-{Guid.NewGuid():N}"[..20], Will: null));
        _thread = new Thread(() => _client.Run(this));
        _thread.Start();
        _subscribed.Wait();
    }

    /// <summary>All that came so far.</summary>
    public long Count => Interlocked.Read(ref _count);

    /// <summary>Before they are sent: <see cref="Wait"/> is for so many more.</summary>
    public void Expect(int messages) => Interlocked.Exchange(ref _wanted, Count + messages);

    public void Wait() => _arrived.Wait();

    public void Connected(MqttVersion version, bool sessionPresent) => _client.TrySubscribe(_filter, MqttQos.AtLeastOnce);

    public void Subscribed(MqttQos granted) => _subscribed.Release();

    public void SubscriptionRefused(string reason) => throw new InvalidOperationException(reason);

    public bool Received(in MqttReceived message)
    {
        if (Interlocked.Increment(ref _count) == Interlocked.Read(ref _wanted))
            _arrived.Release();
        return true;
    }

    public void Sent(int id)
    {
        // Nothing is published.
    }

    public void Dispose()
    {
        _client.Stop();
        _thread.Join();
        _client.Dispose();
        _subscribed.Dispose();
        _arrived.Dispose();
    }
}
