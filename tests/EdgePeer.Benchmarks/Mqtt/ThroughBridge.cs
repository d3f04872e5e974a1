using System.Security.Cryptography;
using EdgePeer.Agent.Bridges;
using EdgePeer.Agent.Configuration;
using EdgePeer.Protocol;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Groups;
using EdgePeer.Runtime;
using EdgePeer.Store;
using EdgePeer.Transports.Mqtt;
using EdgePeer.Wire;

namespace EdgePeer.Benchmarks.Mqtt;

/// <summary>A device's own pipe published by a bridge, and a subscriber: a message counts when that has it. It was on flash before it was published.</summary>
internal sealed class ThroughBridge : IMqttRival
{
    private readonly DirectoryInfo _directory;
    private readonly PeerHost _host;
    private readonly BridgeSet _bridges;
    private readonly CountingSubscriber _subscriber;
    private readonly PipeName _pipe = PipeName.Parse("p");

    /// <param name="place">A directory for the journal: on a disk, or in memory.</param>
    public ThroughBridge(int port, string name, string place)
    {
        Name = name;
        _directory = Directory.CreateDirectory(Path.Combine(place, $"edgepeer-{Guid.NewGuid():N}"));
        var key = P256.Import(RandomNumberGenerator.GetBytes(P256.ScalarBytes));
        var peer = PeerIdentity.Of(key.PublicKey);
        _host = PeerHost.Open(new PeerHostOptions
        {
            Node = new NodeOptions { Peer = peer, Key = key, Cryptography = SystemCryptography.Instance, Name = "device", GroupSecrets = [GroupSecret.OfName("benchmark")] },
            Journal = new JournalOptions { CapacityBytes = 256 << 20 },
            StateDirectory = Path.Combine(_directory.FullName, "state"),
            Transports = [],
        });
        _host.StartAsync().GetAwaiter().GetResult();
        var broker = new MqttBroker { Host = "127.0.0.1", Port = port };
        string topic = $"benchmark/{_directory.Name}";
        if (!TopicTemplate.TryParse(topic, TopicUse.Published, out var template, out string? fault))
            throw new InvalidOperationException(fault);
        _subscriber = new CountingSubscriber(broker, topic);
        _bridges = new BridgeSet(_host, new BridgeOwner(peer, "device", static _ => { }));
        _bridges.UseAsync([new ToBrokerConfiguration(_pipe, "cloud", broker, template, TimeSpan.FromMinutes(1), BridgeEnvelope.None, false, null, null, new ReplayWindow(1_000, TimeSpan.FromSeconds(10)), null)]).GetAwaiter().GetResult();
    }

    public string Name { get; }

    public void Pass(int messages)
    {
        _subscriber.Expect(messages);
        Posting.SendAsync(_host, _pipe, messages).GetAwaiter().GetResult();
        _subscriber.Wait();
    }

    public void Dispose()
    {
        _bridges.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _subscriber.Dispose();
        _host.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _directory.Delete(recursive: true);
    }
}
