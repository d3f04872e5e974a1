using System.Diagnostics;
using EdgePeer.Agent.Cli;
using EdgePeer.Wire;

namespace EdgePeer.Agent.Demo;

/// <summary>
/// One peer of the demo: this same program, run again as an agent of its own with a directory of its own. It ends with the demo,
/// however that ends: its standard input is a pipe that only the demo holds open.
/// </summary>
internal sealed class PeerProcess(string name, PeerId id, string directory) : IAsyncDisposable
{
    private readonly string _log = Path.Combine(directory, "log");
    private readonly Lock _logLock = new();
    private Process? _process;
    private Task _logging = Task.CompletedTask;
    private volatile bool _expectedToRun;

    public string Name => name;

    public string Id => id.ToString();

    public string ConfigurationPath => Path.Combine(directory, "edgepeer.json");

    public string SocketPath => Path.Combine(directory, "socket");

    /// <summary>It was started once, whatever became of it.</summary>
    public bool Started => _process is not null;

    public bool Running => _process is { HasExited: false };

    /// <summary>It ended though nobody ended it.</summary>
    public bool Crashed => _expectedToRun && !Running;

    /// <summary>How its log ends, without the frames of a stack.</summary>
    public string LastWords => File.Exists(_log) ? string.Join(" | ", File.ReadLines(_log).Where(line => !line.StartsWith("   at ", StringComparison.Ordinal)).TakeLast(LastLines)) : "it said nothing";

    /// <summary>Completes when the agent has said that it is ready.</summary>
    /// <exception cref="DemoException">It ended instead, or took too long.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _process?.Dispose();
        _process = Process.Start(StartInfo()) ?? throw new DemoException($"{name} could not be started");
        _expectedToRun = true;
        _logging = Task.WhenAll(LogAsync(_process.StandardOutput, ready), LogAsync(_process.StandardError, null));
        try
        {
            var first = await Task.WhenAny(ready.Task, _process.WaitForExitAsync(cancellation)).WaitAsync(StartMax, cancellation);
            if (first != ready.Task)
                throw new DemoException($"{name} ended instead of starting: {LastWords}");
        }
        catch (TimeoutException)
        {
            throw new DemoException($"{name} was not ready after {StartMax.TotalSeconds:0} s: {LastWords}");
        }
    }

    /// <summary>SIGKILL: no drain, no sync, no goodbye.</summary>
    public async Task KillAsync(CancellationToken cancellation)
    {
        _expectedToRun = false;
        _process!.Kill();
        await _process.WaitForExitAsync(cancellation);
        await _logging;
    }

    /// <summary>At once: its journal has served its purpose, and a person who presses Ctrl-C must not wait for drains.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Running)
            await KillAsync(CancellationToken.None);
        _process?.Dispose();
    }

    private ProcessStartInfo StartInfo()
    {
        var start = new ProcessStartInfo
        {
            FileName = Environment.ProcessPath ?? throw new DemoException("the program does not know its own path"),
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        // `dotnet edgepeer.dll demo`: the program is the first argument of dotnet.
        if (Path.GetFileNameWithoutExtension(start.FileName) == "dotnet")
            start.ArgumentList.Add(Environment.GetCommandLineArgs()[0]);
        foreach (string argument in (string[])["run", "--config", ConfigurationPath, "--socket", SocketPath, RunCommand.EndWithInput])
            start.ArgumentList.Add(argument);
        // These speak of the demo's own process, if of any.
        start.Environment.Remove("NOTIFY_SOCKET");
        start.Environment.Remove("WATCHDOG_USEC");
        // A killed .NET process leaves its debugger's sockets in the temporary directory.
        start.Environment["DOTNET_EnableDiagnostics"] = "0";
        return start;
    }

    private async Task LogAsync(StreamReader from, TaskCompletionSource? ready)
    {
        while (await from.ReadLineAsync() is { } line)
        {
            if (ready is not null && line.StartsWith("ready ", StringComparison.Ordinal))
                ready.TrySetResult();
            lock (_logLock)
                File.AppendAllText(_log, line + "\n");
        }
    }

    private const int LastLines = 3;

    // A first start compiles everything, on a slow core perhaps beside two others.
    private static readonly TimeSpan StartMax = TimeSpan.FromSeconds(20);
}
