using System.Collections.Concurrent;
using EdgePeer.Transports.Mqtt;

namespace EdgePeer.Tests.Transports.Mqtt;

/// <summary>A client whose connections begin and end when a test says so, and which keeps what it is given.</summary>
internal sealed class ScriptedClient : IMqttClient
{
    private readonly BlockingCollection<Action<IMqttHandler>> _events = [];
    private readonly List<Publication> _published = [];
    private readonly List<string> _subscribed = [];
    private MqttEnd? _end;
    private int _id;

    /// <summary>Whether publications are taken.</summary>
    public bool Takes { get; set; } = true;

    public IReadOnlyList<Publication> Published
    {
        get
        {
            lock (_published)
                return [.. _published];
        }
    }

    public IReadOnlyList<string> Subscribed
    {
        get
        {
            lock (_published)
                return [.. _subscribed];
        }
    }

    /// <summary>What was published so far is of no interest.</summary>
    public void Forget()
    {
        lock (_published)
            _published.Clear();
    }

    /// <summary>Calls the handler on the thread of <see cref="Run"/>, and returns when that is done.</summary>
    public void Bring(Action<IMqttHandler> bring)
    {
        using var done = new ManualResetEventSlim();
        _events.Add(handler =>
        {
            bring(handler);
            done.Set();
        });
        if (!done.Wait(TimeSpan.FromSeconds(30)))
            throw new TimeoutException("the client is not run");
    }

    /// <summary>The connection, or the attempt, ends so.</summary>
    public void End(MqttEndKind kind, string reason) => _events.Add(_ => _end = new MqttEnd(kind, reason));

    public MqttEnd Run(IMqttHandler handler)
    {
        _end = null;
        while (_end is null)
            _events.Take()(handler);
        return _end.Value;
    }

    public void Stop() => End(MqttEndKind.Stopped, "stopped");

    public void Drop(string reason) => End(MqttEndKind.Refused, reason);

    public bool TrySubscribe(string filter, MqttQos qos)
    {
        lock (_published)
            _subscribed.Add(filter);
        return true;
    }

    public MqttTaken Publish(string topic, ReadOnlySpan<byte> payload, MqttQos qos, bool retain, MqttProperties? properties, out int id)
    {
        lock (_published)
        {
            id = Takes ? ++_id : 0;
            if (Takes)
                _published.Add(new Publication(id, topic, payload.ToArray(), qos, retain));
            return Takes ? MqttTaken.Yes : MqttTaken.NotNow;
        }
    }

    public void Dispose()
    {
    }
}

internal sealed record Publication(int Id, string Topic, byte[] Payload, MqttQos Qos, bool Retain);
