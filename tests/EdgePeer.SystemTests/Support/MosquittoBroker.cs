using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Xunit;

namespace EdgePeer.SystemTests.Support;

/// <summary>How a broker is to be.</summary>
internal sealed record MosquittoSetup
{
    /// <summary>Shown to clients; null for a broker without TLS.</summary>
    public CertificateFiles? Certificate { get; init; }

    /// <summary>PEM: clients must show a certificate of this authority.</summary>
    public string? ClientAuthorityFile { get; init; }

    /// <summary>User and password of each who may connect; empty for everyone.</summary>
    public IReadOnlyList<(string User, string Password)> Passwords { get; init; } = [];

    /// <summary>Lines of an ACL file; null for no limit.</summary>
    public string? Acl { get; init; }

    /// <summary>Below these topics anyone may subscribe, and nowhere else: mosquitto's plugin says so in its answer, where an ACL file only passes nothing on. Null for no limit.</summary>
    public IReadOnlyList<string>? Subscribable { get; init; }

    /// <summary>Leaves TCP its delay, as mosquitto does unless told otherwise.</summary>
    public bool Delays { get; init; }

    /// <summary>More lines of the configuration, such as <c>autosave_on_changes true</c>.</summary>
    public string More { get; init; } = "";
}

/// <summary>A real mosquitto on a free port of the loopback interface, with its persistence in a directory of its own.</summary>
internal sealed class MosquittoBroker : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly StringBuilder _log = new();
    private Process? _process;

    private MosquittoBroker(MosquittoSetup setup)
    {
        Port = FreePort();
        Uri = $"{(setup.Certificate is null ? "mqtt" : "mqtts")}://127.0.0.1:{Port}";
    }

    public int Port { get; }

    /// <summary>As a transport's <c>broker</c>.</summary>
    public string Uri { get; }

    /// <summary>All that it has said so far.</summary>
    public string Log
    {
        get
        {
            lock (_log)
                return _log.ToString();
        }
    }

    /// <summary>Its lines take a moment to get here.</summary>
    public Task UntilSaidAsync(string text, int times = 1) => Wait.UntilAsync($"the broker has said \"{text}\" {times} times", () => Log.Split(text).Length - 1 == times);

    /// <summary>Skips the test where mosquitto or the library is missing. Returns when it takes connections.</summary>
    public static async Task<MosquittoBroker> StartAsync(MosquittoSetup? setup = null)
    {
        Require();
        setup ??= new MosquittoSetup();
        var broker = new MosquittoBroker(setup);
        await broker.ConfigureAsync(setup);
        await broker.StartAgainAsync();
        return broker;
    }

    /// <summary>Skips the test where mosquitto or the library is missing.</summary>
    public static void Require()
    {
        Tool.Require("mosquitto", "mosquitto");
        if (!NativeLibrary.TryLoad("libmosquitto.so.1", out _))
            Assert.Skip("libmosquitto.so.1 is missing: install Debian's package libmosquitto1");
    }

    /// <summary>Arguments of <c>unshare</c>, before a command that then finds no library. Takes root.</summary>
    public static string[] WithoutLibrary
    {
        get
        {
            // This process has it loaded.
            string line = File.ReadLines("/proc/self/maps").First(line => line.Contains("/libmosquitto.so", StringComparison.Ordinal));
            return ["-m", "sh", "-c", $"mount --bind /dev/null {line[line.IndexOf('/', StringComparison.Ordinal)..]} && exec \"$@\"", "sh"];
        }
    }

    /// <summary>On the same port, with what it had saved.</summary>
    public async Task StartAgainAsync()
    {
        _process = Process.Start(new ProcessStartInfo(Tool.Find("mosquitto")!, ["-v", "-c", _directory.File(ConfigurationFile)]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
        _process.ErrorDataReceived += (_, line) => Keep(line.Data);
        _process.OutputDataReceived += (_, line) => Keep(line.Data);
        _process.BeginErrorReadLine();
        _process.BeginOutputReadLine();
        await Wait.UntilAsync("mosquitto takes connections", IsThereAsync);
    }

    /// <summary>SIGKILL: what was not saved is lost.</summary>
    public async Task KillAsync()
    {
        _process!.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        _process = null;
    }

    /// <summary>SIGTERM: it saves what it has.</summary>
    public async Task StopAsync()
    {
        RunningAgent.SendSignal(_process!.Id, TerminateSignal);
        await _process.WaitForExitAsync().WaitAsync(Wait.Limit);
        _process.Dispose();
        _process = null;
    }

    /// <summary>It stands still until <see cref="Resume"/>, with its connections open.</summary>
    public void Pause() => RunningAgent.SendSignal(_process!.Id, StopSignal);

    public void Resume() => RunningAgent.SendSignal(_process!.Id, ContinueSignal);

    /// <summary>Other rules from now on, for who is connected too.</summary>
    public void ChangeAcl(string lines)
    {
        _directory.Write(AclFile, lines);
        RunningAgent.SendSignal(_process!.Id, HangUpSignal);
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
            await KillAsync();
        _directory.Dispose();
    }

    /// <summary>The system gives a port that was free a moment ago; nothing holds it until somebody takes it.</summary>
    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    private async Task ConfigureAsync(MosquittoSetup setup)
    {
        var lines = new List<string>
        {
            $"listener {Port} 127.0.0.1",
            $"set_tcp_nodelay {(setup.Delays ? "false" : "true")}",
            "persistence true",
            $"persistence_location {_directory.Path}/",
            // It would give up root's rights, and could not read its own files then.
            $"user {Environment.UserName}",
            $"allow_anonymous {(setup.Passwords.Count == 0 && setup.ClientAuthorityFile is null ? "true" : "false")}",
        };
        if (setup.Certificate is { } certificate)
            lines.AddRange([$"certfile {certificate.CertificateFile}", $"keyfile {certificate.KeyFile}"]);
        if (setup.ClientAuthorityFile is not null)
            lines.AddRange([$"cafile {setup.ClientAuthorityFile}", "require_certificate true", "use_identity_as_username true"]);
        if (setup.Passwords.Count > 0)
        {
            string passwords = _directory.Write("passwords", string.Concat(setup.Passwords.Select(one => $"{one.User}:{one.Password}\n")));
            await Tool.Run("mosquitto_passwd", "-U", passwords);
            lines.Add($"password_file {passwords}");
        }
        if (setup.Acl is not null)
            lines.Add($"acl_file {_directory.Write(AclFile, setup.Acl)}");
        if (setup.Subscribable is { } topics)
            lines.AddRange([$"plugin {PluginFile()}", $"plugin_opt_config_file {_directory.Write("dynamic-security.json", Plugin(topics))}"]);
        _directory.Write(ConfigurationFile, string.Join('\n', [.. lines, setup.More, ""]));
    }

    private static string PluginFile()
    {
        string? file = Directory.EnumerateDirectories("/usr/lib").Prepend("/usr/lib").Select(directory => Path.Combine(directory, "mosquitto_dynamic_security.so")).FirstOrDefault(File.Exists);
        if (file is null)
            Assert.Skip("mosquitto_dynamic_security.so is missing: install Debian's package mosquitto");
        return file!;
    }

    private static string Plugin(IReadOnlyList<string> topics) => $$"""
        {
          "defaultACLAccess": { "publishClientSend": true, "publishClientReceive": true, "subscribe": false, "unsubscribe": true },
          "anonymousGroup": "all", "groups": [ { "groupname": "all", "roles": [ { "rolename": "reader" } ] } ],
          "roles": [ { "rolename": "reader", "acls": [ {{string.Join(", ", topics.Select(topic => $$"""{ "acltype": "subscribePattern", "topic": "{{topic}}", "allow": true }"""))}} ] } ]
        }
        """;

    private async Task<bool> IsThereAsync()
    {
        if (_process!.HasExited)
            throw new InvalidOperationException($"mosquitto ended with {_process.ExitCode}: {Log}");
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, Port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    private void Keep(string? line)
    {
        if (line is null)
            return;
        lock (_log)
            if (_log.Length < LogCharactersMax)
                _log.Append(line).Append('\n');
    }

    private const string ConfigurationFile = "mosquitto.conf";
    private const string AclFile = "acl";

    // It has a line for every message.
    private const int LogCharactersMax = 1 << 20;
    private const int HangUpSignal = 1, TerminateSignal = 15, StopSignal = 19, ContinueSignal = 18;
}
