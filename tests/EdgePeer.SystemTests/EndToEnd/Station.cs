using System.Globalization;
using System.Text.Json.Nodes;
using EdgePeer.Agent.Groups;
using EdgePeer.Protocol.Groups;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.EndToEnd;

/// <summary>A peer whose agent is killed and started again: its directory, its identity, and its agent of the moment.</summary>
internal sealed class Station : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _name;
    private readonly string[] _prefix;
    private readonly List<RunningAgent> _lives = [];

    private Station(string name, string[] prefix) => (_name, _prefix) = (name, prefix);

    /// <summary>The agent's latest life; it may have ended.</summary>
    public RunningAgent Agent => _lives[^1];

    public HttpClient Http => _lives.Count > 0 ? Agent.Http : throw new HttpRequestException($"{_name} was never started");

    /// <summary>Writes the configuration and makes the identity.</summary>
    /// <param name="group">Of this test alone: others may run on the machine.</param>
    /// <param name="state">The state directory; by default one beside the configuration.</param>
    /// <param name="prefix">Words before the command, such as <c>ip netns exec NAME</c>.</param>
    public static async Task<Station> MakeAsync(string name, string group, JsonObject transports, string capacity = "16MiB", string[]? prefix = null, string? state = null)
    {
        var station = new Station(name, prefix ?? []);
        var configuration = new JsonObject
        {
            ["name"] = name,
            ["stateDirectory"] = state ?? "state",
            ["group"] = new JsonObject { ["name"] = group, ["secretFile"] = SecretFile },
            ["transports"] = transports,
            ["pipes"] = new JsonObject { [Pipe] = new JsonObject { ["type"] = "reliable" } },
            ["journal"] = new JsonObject { ["capacity"] = capacity, ["syncWindow"] = "20ms" },
        };
        string path = station._directory.Write(ConfigurationFile, configuration.ToJsonString());
        GroupSecretFile.Write(station._directory.File(SecretFile), group, [GroupSecret.OfName(group)]);
        var made = await Edgepeer.RunAsync(["init", "--config", path]);
        Assert.True(made.ExitCode == 0, made.Errors);
        return station;
    }

    /// <summary>Starts the agent and waits until it is ready.</summary>
    public async Task StartAsync() =>
        _lives.Add(await RunningAgent.StartAsync(_directory.File(ConfigurationFile), _directory.File("socket"), prefix: _prefix));

    /// <summary>The pipe's books; null before it was first used.</summary>
    public Task<JsonNode?> PipeAsync() => Agent.PipeAsync(Pipe);

    /// <summary>One number of the pipe's books; 0 before it was first used.</summary>
    public async Task<long> CountAsync(string field) => (long?)(await PipeAsync())?[field] ?? 0;

    /// <summary>The state of the link to the other peer; null while there is none.</summary>
    public async Task<JsonNode?> LinkAsync(string transport) =>
        (await Agent.StatusAsync())["peers"]!.AsArray().SelectMany(peer => peer!["links"]!.AsArray()).FirstOrDefault(link => (string?)link!["transport"] == transport);

    public async Task<bool> IsLinkedAsync(string transport) => (bool?)(await LinkAsync(transport))?["alive"] == true;

    /// <summary>Memory that the agent's process holds now, and at most ever.</summary>
    public (long Kilobytes, long KilobytesMost) ResidentMemory()
    {
        var fields = File.ReadLines($"/proc/{Agent.ProcessId}/status").Select(line => line.Split(':')).Where(field => field[0].StartsWith("Vm", StringComparison.Ordinal)).ToDictionary(field => field[0], field => field[1]);
        return (Kilobytes(fields["VmRSS"]), Kilobytes(fields["VmHWM"]));
    }

    /// <summary>No life of the agent has thrown, and the last one runs.</summary>
    public async Task AssertHealthyAsync()
    {
        Assert.DoesNotContain(_lives.SelectMany(life => life.Log), line => line.StartsWith("   at ", StringComparison.Ordinal) || line.Contains("xception", StringComparison.Ordinal));
        Assert.NotNull(await Agent.StatusAsync());
    }

    /// <summary>What the agent's lives have said, for a test that failed.</summary>
    public string LastWords => string.Join('\n', _lives.SelectMany(life => life.Log).TakeLast(20));

    public async ValueTask DisposeAsync()
    {
        foreach (var life in _lives)
            await life.DisposeAsync();
        _directory.Dispose();
    }

    private static long Kilobytes(string field) => long.Parse(field.Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture);

    /// <summary>The pipe that the configuration has.</summary>
    public const string Pipe = "readings";

    private const string SecretFile = "group.key";
    private const string ConfigurationFile = "edgepeer.json";
}
