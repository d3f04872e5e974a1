using System.Security.Cryptography;
using EdgePeer.Protocol;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Groups;
using EdgePeer.Runtime;
using EdgePeer.Store;
using EdgePeer.Transports.Mqtt;
using EdgePeer.Transports.Mqtt.Mosquitto;
using EdgePeer.Wire;

namespace EdgePeer.Benchmarks.Mqtt;

/// <summary>Two peers with nothing between them but the broker: a message counts when its reader has it, and it is on flash at both ends by then.</summary>
internal sealed class ThroughTransport : IMqttRival
{
    private readonly DirectoryInfo _directory;
    private readonly PeerHost _sender, _receiver;
    private readonly IPipeReader _reader;
    private readonly PipeName _pipe = PipeName.Parse("p");

    /// <param name="place">A directory for the journals: on a disk, or in memory.</param>
    public ThroughTransport(int port, string name, string place)
    {
        Name = name;
        _directory = Directory.CreateDirectory(Path.Combine(place, $"edgepeer-{Guid.NewGuid():N}"));
        _sender = Open(port, "sender");
        _receiver = Open(port, "receiver");
        Task.WhenAll(_sender.StartAsync(), _receiver.StartAsync()).GetAwaiter().GetResult();
        _reader = _receiver.OpenReader(_pipe, EndpointName.Parse("reader"), window: 1024);
    }

    public string Name { get; }

    public void Pass(int messages) => PassAsync(messages).GetAwaiter().GetResult();

    public void Dispose()
    {
        _sender.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _receiver.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _directory.Delete(recursive: true);
    }

    private async Task PassAsync(int messages)
    {
        var sending = Posting.SendAsync(_sender, _pipe, messages);
        for (int i = 0; i < messages; i++)
            _reader.Consume(await _reader.ReadAsync().ConfigureAwait(false) ?? throw new InvalidOperationException("the receiver has stopped"));
        await sending.ConfigureAwait(false);
    }

    private PeerHost Open(int port, string name)
    {
        var key = P256.Import(RandomNumberGenerator.GetBytes(P256.ScalarBytes));
        return PeerHost.Open(new PeerHostOptions
        {
            Node = new NodeOptions { Peer = PeerIdentity.Of(key.PublicKey), Key = key, Cryptography = SystemCryptography.Instance, Name = name, GroupSecrets = [GroupSecret.OfName("benchmark")] },
            Journal = new JournalOptions { CapacityBytes = 256 << 20 },
            StateDirectory = Path.Combine(_directory.FullName, name),
            Transports =
            [
                new ConfiguredTransport(
                    new MqttTransport(
                        new MqttOptions { Name = "cloud", Broker = new MqttBroker { Host = "127.0.0.1", Port = port }, TopicRoot = $"benchmark/{_directory.Name}" },
                        static (broker, presence) => new MosquittoClient(broker, presence)),
                    []),
            ],
        });
    }
}
