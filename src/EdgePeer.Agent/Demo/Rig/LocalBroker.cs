using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using EdgePeer.Transports.Mqtt.Mosquitto;

namespace EdgePeer.Agent.Demo.Rig;

/// <summary>
/// A mosquitto on the loopback interface, in place of a broker in a cloud. It is killed and started again, and ends with the demo, however that
/// ends: a shell stands between, whose standard input only the demo holds open.
/// </summary>
internal sealed class LocalBroker : IDisposable
{
    private readonly string _configuration;
    private Process? _shell;

    /// <param name="directory">Its own; there already.</param>
    public LocalBroker(string directory)
    {
        Port = FreePort();
        _configuration = Path.Combine(directory, "mosquitto.conf");
        File.WriteAllText(_configuration, string.Create(CultureInfo.InvariantCulture, $"listener {Port} {IPAddress.Loopback}\nallow_anonymous true\nset_tcp_nodelay true\nlog_dest none\n"));
    }

    public int Port { get; }

    public bool Running => _shell is not null;

    /// <summary>The Debian package that a broker here takes and this machine lacks; null when it lacks none.</summary>
    public static string? MissingPackage => !MosquittoClient.LibraryIsThere ? "libmosquitto1" : Find() is null ? "mosquitto" : null;

    /// <summary>Completes when it takes connections.</summary>
    /// <exception cref="DemoException">It does not.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-c", "trap '' INT HUP; \"$0\" -c \"$1\" & read -r _; kill -9 $!", Find()!, _configuration])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        _shell = Process.Start(start) ?? throw new DemoException("mosquitto could not be started");
        long begun = Stopwatch.GetTimestamp();
        while (!await AnswersAsync(cancellation))
        {
            if (Stopwatch.GetElapsedTime(begun) > StartMax)
                throw new DemoException($"mosquitto does not listen after {StartMax.TotalSeconds:0} s; `mosquitto -v -c {_configuration}` says why");
            await Task.Delay(LookAgainAfter, cancellation);
        }
    }

    /// <summary>SIGKILL: no connection is closed by it, and nothing kept.</summary>
    public void Kill()
    {
        if (_shell is null)
            return;
        _shell.StandardInput.Close();
        _shell.WaitForExit();
        _shell.Dispose();
        _shell = null;
    }

    public void Dispose() => Kill();

    private async Task<bool> AnswersAsync(CancellationToken cancellation)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, Port, cancellation);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private static string? Find() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Append("/usr/sbin").Select(place => Path.Combine(place, "mosquitto")).FirstOrDefault(File.Exists);

    // Free again when mosquitto takes it a moment later; the kernel hands ports out at random.
    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(20);
}
