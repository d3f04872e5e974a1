using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

namespace EdgePeer.SystemTests.Support;

/// <summary>A real `edgepeer run`, in a process of its own.</summary>
internal sealed partial class RunningAgent : IAsyncDisposable
{
    private readonly Process _process;
    private readonly ConcurrentQueue<string> _log = new();
    private readonly TaskCompletionSource<string> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private RunningAgent(Process process, string socketPath)
    {
        _process = process;
        SocketPath = socketPath;
        process.OutputDataReceived += (_, line) => OnOutput(line.Data);
        process.ErrorDataReceived += (_, line) => OnError(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        Http = new HttpClient(new SocketsHttpHandler { ConnectCallback = ConnectAsync }) { BaseAddress = new Uri("http://edgepeer/") };
    }

    public string SocketPath { get; }

    /// <summary>The peer id of its line `ready PEERID`.</summary>
    public string Peer => _ready.Task.Result;

    public HttpClient Http { get; }

    public int ProcessId => _process.Id;

    public IReadOnlyCollection<string> Log => _log;

    /// <summary>Returns when it is ready.</summary>
    /// <param name="prefix">Words before the command, such as `ip netns exec NAME`.</param>
    public static async Task<RunningAgent> StartAsync(
        string configurationPath, string socketPath, IReadOnlyDictionary<string, string>? environment = null, IReadOnlyList<string>? prefix = null)
    {
        var agent = new RunningAgent(Edgepeer.Start(["run", "--config", configurationPath, "--socket", socketPath], environment, prefix), socketPath);
        await Task.WhenAny(agent._ready.Task, agent._process.WaitForExitAsync()).WaitAsync(Wait.Limit);
        return agent._ready.Task.IsCompleted ? agent : throw new InvalidOperationException($"the agent ended with {agent._process.ExitCode}: {string.Join('\n', agent._log)}");
    }

    /// <summary>Runs a command against this agent.</summary>
    public Task<CommandResult> CommandAsync(IReadOnlyList<string> words, string? input = null) =>
        Edgepeer.RunAsync([.. words, "--socket", SocketPath], input);

    public async Task<JsonNode> StatusAsync() => JsonNode.Parse(await Http.GetStringAsync("status"))!;

    /// <summary>The books of a pipe, or null while it has none.</summary>
    public async Task<JsonNode?> PipeAsync(string name) => (await StatusAsync())["pipes"]!.AsArray().FirstOrDefault(pipe => pipe!["name"]!.GetValue<string>() == name);

    public void Signal(PosixSignal signal) => SendSignal(_process.Id, signal switch { PosixSignal.SIGHUP => 1, PosixSignal.SIGINT => 2, PosixSignal.SIGTERM => 15, _ => throw new ArgumentOutOfRangeException(nameof(signal)) });

    /// <summary>It stands still until <see cref="Resume"/>.</summary>
    public void Pause() => SendSignal(_process.Id, StopSignal);

    public void Resume() => SendSignal(_process.Id, ContinueSignal);

    /// <summary>SIGKILL: nothing of it runs any more when this returns.</summary>
    public async Task KillAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
    }

    /// <summary>SIGTERM.</summary>
    /// <returns>Its exit code.</returns>
    public async Task<int> StopAsync()
    {
        Signal(PosixSignal.SIGTERM);
        await _process.WaitForExitAsync().WaitAsync(Wait.Limit);
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Http.Dispose();
        if (!_process.HasExited)
            await KillAsync();
        _process.Dispose();
    }

    private void OnOutput(string? line)
    {
        if (line?.StartsWith("ready ", StringComparison.Ordinal) == true)
            _ready.TrySetResult(line["ready ".Length..]);
    }

    private void OnError(string? line)
    {
        if (line is not null)
            _log.Enqueue(line);
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath), cancellation);
        return new NetworkStream(socket, ownsSocket: true);
    }

    private const int StopSignal = 19, ContinueSignal = 18;

    /// <param name="signal">Its number: 1 hangs up, 2 interrupts, 15 terminates.</param>
    public static void SendSignal(int process, int signal)
    {
        if (Kill(process, signal) != 0)
            throw new InvalidOperationException($"process {process} takes no signal {signal}");
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Kill(int process, int signal);
}
