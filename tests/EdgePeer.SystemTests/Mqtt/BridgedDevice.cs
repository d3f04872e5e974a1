using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using EdgePeer.Agent.Identity;
using EdgePeer.SystemTests.Support;

namespace EdgePeer.SystemTests.Mqtt;

/// <summary>An agent with bridges, whose only way out is a broker unless it is given another.</summary>
internal sealed class BridgedDevice : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Func<string, string> _configure;
    private RunningAgent? _agent;

    /// <param name="port">Of the broker, or of a way to it.</param>
    /// <param name="bridges">The members of `bridges`.</param>
    /// <param name="transport">More members of the transport `cloud`.</param>
    /// <param name="transports">More transports.</param>
    /// <param name="scheme">Of the broker's address.</param>
    public BridgedDevice(int port, string bridges, string transport = "", string more = "", string capacity = "64MiB", string transports = "", string scheme = "mqtt", string name = "barn-3")
    {
        _configure = list => _directory.Write("device.json", $$"""
            {
              "name": "{{name}}", "stateDirectory": "device",
              "transports": { "cloud": { "type": "mqtt", "broker": "{{scheme}}://127.0.0.1:{{port}}", "topicRoot": "edgepeer/test"{{transport}} }{{transports}} },
              "bridges": [ {{list}} ],
              "journal": { "capacity": "{{capacity}}", "syncWindow": "5ms" }{{more}}
            }
            """);
        _configure(bridges);
        FileKey.Create(_directory.File("device")).Dispose();
    }

    public RunningAgent Agent => _agent!;

    public string File(string name) => _directory.File(name);

    public async Task StartAsync() => _agent = await RunningAgent.StartAsync(_directory.File("device.json"), _directory.File("device.sock"));

    /// <summary>SIGKILL, and started again.</summary>
    public async Task KillAsync()
    {
        await EndAsync();
        await StartAsync();
    }

    /// <summary>SIGKILL.</summary>
    public async Task EndAsync()
    {
        await Agent.KillAsync();
        await Agent.DisposeAsync();
    }

    /// <summary>Sends messages of 256 bytes, each with its number first, and returns when they are durable.</summary>
    public async Task SendAsync(string pipe, int first, int count)
    {
        var sent = await Agent.CommandAsync(["send", pipe, "--lines"], string.Concat(Enumerable.Range(first, count).Select(number => $"{number} ".PadRight(256, 'x') + "\n")));
        if (sent.ExitCode != 0)
            throw new InvalidOperationException($"send ended with {sent.ExitCode}: {sent.Errors}");
    }

    /// <summary>SIGHUP with other bridges; returns when the agent has said that it has taken, or refused, them.</summary>
    public async Task ReloadAsync(string bridges)
    {
        int said = Said();
        _configure(bridges);
        Agent.Signal(PosixSignal.SIGHUP);
        await Wait.UntilAsync("the agent has reloaded", () => Said() > said);

        int Said() => Agent.Log.Count(line => line.Contains("reloaded; ", StringComparison.Ordinal));
    }

    /// <summary>The first bridge, as the status shows it.</summary>
    public async Task<JsonNode> BridgeAsync() => (await Agent.StatusAsync())["bridges"]!.AsArray()[0]!;

    public async Task<long> CountAsync(string counter) => (await BridgeAsync())[counter]!.GetValue<long>();

    public async Task<bool> IsUpAsync() => (await BridgeAsync())["up"]!.GetValue<bool>();

    public async Task<string> DownReasonAsync() => (await BridgeAsync())["downReason"]?.GetValue<string>() ?? "";

    public async ValueTask DisposeAsync()
    {
        if (_agent is not null)
            await _agent.DisposeAsync();
        _directory.Dispose();
    }
}
