using System.Text.Json.Nodes;
using EdgePeer.Agent.Identity;
using EdgePeer.SystemTests.Support;

namespace EdgePeer.SystemTests.Mqtt;

/// <summary>An agent whose only way out is a broker, with bridges.</summary>
internal sealed class BridgedDevice : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private RunningAgent? _agent;

    /// <param name="port">Of the broker, or of a way to it.</param>
    /// <param name="bridges">The members of `bridges`.</param>
    /// <param name="transport">More members of the transport `cloud`.</param>
    public BridgedDevice(int port, string bridges, string transport = "", string more = "", string capacity = "64MiB")
    {
        _directory.Write("device.json", $$"""
            {
              "name": "barn-3", "stateDirectory": "device",
              "transports": { "cloud": { "type": "mqtt", "broker": "mqtt://127.0.0.1:{{port}}", "topicRoot": "edgepeer/test"{{transport}} } },
              "bridges": [ {{bridges}} ],
              "journal": { "capacity": "{{capacity}}", "syncWindow": "5ms" }{{more}}
            }
            """);
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
