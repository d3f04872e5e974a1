using System.Net;
using System.Net.Sockets;
using EdgePeer.Agent.Groups;
using EdgePeer.Agent.Identity;

namespace EdgePeer.SystemTests.Support;

/// <summary>Two agents on this machine, a and b, joined by loopback Ethernet; each started by the test when it wants to.</summary>
internal sealed class TwoPeers : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<RunningAgent> _started = [];

    private TwoPeers()
    {
    }

    /// <param name="pipes">The members of `pipes` in both configurations.</param>
    public static TwoPeers Make(string pipes = "", string capacity = "32MiB")
    {
        var peers = new TwoPeers();
        var (a, b) = (FreePort(), FreePort());
        GroupSecretFile.Write(peers.File("group.key"), "two", [GroupSecretFile.NewSecret()]);
        peers.Configure("a", a, b, pipes, capacity);
        peers.Configure("b", b, a, pipes, capacity);
        return peers;
    }

    public string Configuration(string name) => _directory.File($"{name}.json");

    /// <summary>Beside both configurations.</summary>
    public string File(string name) => _directory.File(name);

    public string Socket(string name) => _directory.File($"{name}.sock");

    public async Task<RunningAgent> StartAsync(string name)
    {
        var agent = await RunningAgent.StartAsync(Configuration(name), Socket(name));
        _started.Add(agent);
        return agent;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var agent in _started)
            await agent.DisposeAsync();
        _directory.Dispose();
    }

    private void Configure(string name, int port, int other, string pipes, string capacity)
    {
        _directory.Write($"{name}.json", $$"""
            {
              "name": "{{name}}", "stateDirectory": "{{name}}", "group": { "name": "two", "secretFile": "group.key" },
              "transports": { "lan": { "type": "ethernet", "listen": "127.0.0.1:{{port}}", "seeds": ["127.0.0.1:{{other}}"] } },
              "pipes": { {{pipes}} },
              "journal": { "capacity": "{{capacity}}", "syncWindow": "5ms" }
            }
            """);
        FileKey.Create(_directory.File(name)).Dispose();
    }

    // The system gives a port that was free a moment ago; nothing holds it until the agent does.
    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
