using System.Security.Cryptography;
using EdgePeer.Protocol;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Groups;
using EdgePeer.Runtime;
using EdgePeer.Store;
using EdgePeer.Wire;

namespace EdgePeer.Benchmarks.Journal;

/// <summary>The journal behind the whole runtime: a message is sent and its durable receipt awaited, without a window for others to join. Nobody reads: the journal holds all of it.</summary>
internal sealed class ThroughRuntime : IRival
{
    private readonly P256KeyPair _key = P256.Import(RandomNumberGenerator.GetBytes(P256.ScalarBytes));
    private readonly PeerHost _host;
    private readonly PipeName _pipe = PipeName.Parse("p");
    private readonly byte[] _record = RandomNumberGenerator.GetBytes(Rivals.RecordBytes);

    public ThroughRuntime(string directory)
    {
        _host = PeerHost.Open(new PeerHostOptions
        {
            Node = new NodeOptions { Peer = PeerIdentity.Of(_key.PublicKey), Key = _key, Cryptography = SystemCryptography.Instance, Name = "benchmark", GroupSecrets = [GroupSecret.OfName("default")], SyncWindow = TimeSpan.Zero },
            Journal = new JournalOptions { CapacityBytes = 512 << 20, SyncWindow = TimeSpan.Zero },
            StateDirectory = directory,
            Transports = [],
        });
        _host.StartAsync().GetAwaiter().GetResult();
    }

    public string Name => "journal, through the runtime";

    public void Append(int records)
    {
        var sends = new Task<SendResult>[records];
        for (int i = 0; i < records; i++)
            sends[i] = _host.SendAsync(_pipe, _record, new SendOptions());
        foreach (var send in sends)
            if (send.GetAwaiter().GetResult() is { Reached: not Receipt.Durable } refused)
                throw new InvalidOperationException(refused.Reason);
    }

    public void Dispose()
    {
        _host.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _key.Dispose();
    }
}
