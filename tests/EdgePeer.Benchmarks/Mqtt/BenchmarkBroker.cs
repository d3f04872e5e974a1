using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace EdgePeer.Benchmarks.Mqtt;

/// <summary>A mosquitto on a free loopback port, for as long as this lives.</summary>
internal sealed class BenchmarkBroker : IDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("edgepeer-broker-");
    private readonly Process _process;

    public BenchmarkBroker()
    {
        Port = FreePort();
        string file = Path.Combine(_directory.FullName, "mosquitto.conf");
        // Queues without bound: what is measured is not what a broker drops.
        File.WriteAllText(file, string.Create(CultureInfo.InvariantCulture, $"listener {Port} 127.0.0.1\nallow_anonymous true\nset_tcp_nodelay true\nmax_queued_messages 0\nmax_inflight_messages 100\nlog_type error\n"));
        _process = Process.Start(new ProcessStartInfo("mosquitto", ["-c", file]))!;
        while (!Answers(Port, _process))
            Thread.Sleep(20);
    }

    public int Port { get; }

    public int ProcessId => _process.Id;

    public void Dispose()
    {
        _process.Kill();
        _process.WaitForExit();
        _process.Dispose();
        _directory.Delete(recursive: true);
    }

    /// <returns>False while nobody listens there.</returns>
    public static bool Answers(int port, Process broker)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Connect(IPAddress.Loopback, port);
            return true;
        }
        catch (SocketException) when (!broker.HasExited)
        {
            return false;
        }
    }

    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
