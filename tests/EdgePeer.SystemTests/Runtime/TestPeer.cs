using System.Security.Cryptography;
using EdgePeer.Protocol;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Groups;
using EdgePeer.Runtime;
using EdgePeer.Store;
using EdgePeer.Wire;

namespace EdgePeer.SystemTests.Runtime;

/// <summary>A peer in this process, with a directory and an identity that outlive its hosts.</summary>
internal sealed class TestPeer(string name) : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("edgepeer-host-");
    private readonly P256KeyPair _key = P256.Import(RandomNumberGenerator.GetBytes(P256.ScalarBytes));
    private readonly List<PeerHost> _hosts = [];

    public JournalOptions Journal { get; init; } = new() { CapacityBytes = 8 << 20, SyncWindow = TimeSpan.FromMilliseconds(2) };

    public Dictionary<PipeName, PipeOptions> Pipes { get; } = [];

    /// <summary>Makes the transports anew for each host: a host ends its own.</summary>
    public Func<IReadOnlyList<ConfiguredTransport>> Transports { get; init; } = () => [];

    public PeerHost Open()
    {
        var host = PeerHost.Open(new PeerHostOptions
        {
            Node = new NodeOptions { Peer = PeerIdentity.Of(_key.PublicKey), Key = _key, Cryptography = SystemCryptography.Instance, Name = name, GroupSecrets = [GroupSecret.OfName("default")], SyncWindow = Journal.SyncWindow, Pipes = Pipes },
            Journal = Journal,
            StateDirectory = _directory.FullName,
            Transports = Transports(),
        });
        _hosts.Add(host);
        return host;
    }

    public async Task<PeerHost> StartAsync()
    {
        var host = Open();
        await host.StartAsync().WaitAsync(Deadline);
        return host;
    }

    /// <summary>As a worn card does it: flips a bit in each place of the journal where those bytes stand.</summary>
    public void Damage(ReadOnlySpan<byte> bytes)
    {
        int found = 0;
        foreach (string file in Directory.EnumerateFiles(_directory.FullName, "*.journal", SearchOption.AllDirectories))
        {
            using var flash = new FileStream(file, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
            byte[] all = new byte[flash.Length];
            flash.ReadExactly(all);
            for (int at = all.AsSpan().IndexOf(bytes); at >= 0; at = all.AsSpan().IndexOf(bytes))
            {
                all[at] ^= 1;
                flash.Position = at;
                flash.WriteByte(all[at]);
                found++;
            }
        }
        if (found == 0)
            throw new InvalidOperationException("the journal does not have those bytes");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts)
            await host.DisposeAsync();
        _key.Dispose();
        _directory.Delete(recursive: true);
    }

    /// <summary>What a test waits at most for something that takes milliseconds on an idle machine.</summary>
    public static TimeSpan Deadline { get; } = TimeSpan.FromSeconds(30);
}
