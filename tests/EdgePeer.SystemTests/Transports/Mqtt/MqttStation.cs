using EdgePeer.SystemTests.Support;
using EdgePeer.Transports.Mqtt;
using EdgePeer.Transports.Mqtt.Mosquitto;

namespace EdgePeer.SystemTests.Transports.Mqtt;

/// <summary>A transport by libmosquitto, and what it reports.</summary>
internal sealed class MqttStation : IAsyncDisposable
{
    public MqttStation(int port, MqttTls? tls = null, string? user = null, string? password = null, string host = "127.0.0.1", TimeProvider? time = null)
    {
        Transport = new MqttTransport(
            new MqttOptions
            {
                Name = "cloud",
                Broker = new MqttBroker { Host = host, Port = port, Tls = tls, User = user, Password = password },
                TopicRoot = Root,
            },
            (broker, presence) => new MosquittoClient(broker, presence, time),
            time);
        Transport.Start(Sink);
    }

    public MqttTransport Transport { get; }

    public RecordingSink Sink { get; } = new();

    public Task UntilUpAsync() => Sink.Until(() => Sink.IsUp && Sink.Room > 0);

    public const string Root = "edgepeer/farm";

    public ValueTask DisposeAsync() => Transport.DisposeAsync();
}
