using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace EdgePeer.SystemTests.Support;

/// <summary>Three real `nats-server` with MQTT, each message on the disks of two of them before it is acknowledged.</summary>
internal sealed class NatsCluster : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Process?[] _nodes = new Process?[Nodes];
    private readonly int[] _routes = FreePorts();
    private readonly int[] _ports = FreePorts();
    private readonly int[] _clients = FreePorts();

    private NatsCluster()
    {
    }

    /// <summary>Of MQTT, by node.</summary>
    public IReadOnlyList<int> Ports => _ports;

    /// <summary>Skips the test where nats-server is missing. Returns when the nodes have found each other.</summary>
    public static async Task<NatsCluster> StartAsync()
    {
        Tool.Require("nats-server", "nats-server");
        Tool.Require("mosquitto_pub", "mosquitto-clients");
        var cluster = new NatsCluster();
        for (int node = 0; node < Nodes; node++)
        {
            string routes = string.Join(", ", cluster._routes.Select(port => $"nats://127.0.0.1:{port}"));
            cluster._directory.Write($"{node}.conf", string.Create(CultureInfo.InvariantCulture, $$"""
                server_name: node-{{node}}
                listen: 127.0.0.1:{{cluster._clients[node]}}
                jetstream { store_dir: {{cluster._directory.File($"{node}")}} }
                mqtt { listen: 127.0.0.1:{{cluster._ports[node]}}, ack_wait: 5s, max_ack_pending: 1000 }
                cluster { name: test, listen: 127.0.0.1:{{cluster._routes[node]}}, routes: [ {{routes}} ] }
                """));
            cluster.Start(node);
        }
        for (int node = 0; node < Nodes; node++)
            await cluster.TakesAsync(node);
        return cluster;
    }

    /// <summary>With what it has on disk.</summary>
    public void Start(int node)
    {
        _nodes[node] = Process.Start(new ProcessStartInfo(Tool.Find("nats-server")!, ["-c", _directory.File($"{node}.conf")]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        _nodes[node]!.BeginErrorReadLine();
        _nodes[node]!.BeginOutputReadLine();
    }

    /// <summary>Returns when a message of QoS 1 is taken there.</summary>
    public Task TakesAsync(int node) => Wait.UntilAsync(
        $"node {node} takes messages",
        async () =>
        {
            try
            {
                await Tool.Run("timeout", "5", "mosquitto_pub", "-p", $"{_ports[node]}", "-V", "mqttv311", "-q", "1", "-i", $"takes-{node}", "-t", "takes", "-m", "x");
                return true;
            }
            catch (InvalidOperationException)
            {
                return false;
            }
        },
        TimeSpan.FromMinutes(1));

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync(int node)
    {
        if (_nodes[node] is not { } process)
            return;
        _nodes[node] = null;
        process.Kill();
        await process.WaitForExitAsync();
        process.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        for (int node = 0; node < Nodes; node++)
            await KillAsync(node);
        _directory.Dispose();
    }

    private static int[] FreePorts()
    {
        var listeners = Enumerable.Range(0, Nodes).Select(_ => new TcpListener(IPAddress.Loopback, 0)).ToList();
        listeners.ForEach(listener => listener.Start());
        int[] ports = [.. listeners.Select(listener => ((IPEndPoint)listener.LocalEndpoint).Port)];
        listeners.ForEach(listener => listener.Dispose());
        return ports;
    }

    public const int Nodes = 3;
}
