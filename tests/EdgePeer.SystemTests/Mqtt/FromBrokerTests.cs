using System.Globalization;
using EdgePeer.Agent.Identity;
using EdgePeer.SystemTests.EndToEnd;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Mqtt;

[Collection(EndToEndCollection.Name)]
public sealed class FromBrokerTests
{
    [Fact]
    public async Task None_is_lost_while_the_agent_is_killed()
    {
        int count = Effort.Of(1_000, 5_000), kills = Effort.Of(3, 10);
        await using var broker = await MosquittoBroker.StartAsync(Unlimited);
        await using var device = new BridgedDevice(broker.Port, FromBroker);
        await device.StartAsync();
        await Wait.UntilAsync("the bridge is up", device.IsUpAsync);

        var publishing = PublishAsync(broker.Port, "farm/commands", count);
        for (int i = 0; i < kills; i++)
        {
            int stored = count * (i + 1) / (kills + 2);
            await Wait.UntilAsync("some are stored", async () => await StoredAsync(device) > stored);
            await device.KillAsync();
        }
        await publishing;
        await Wait.UntilAsync("all are stored", async () => await StoredAsync(device) >= count && await NothingComesAsync(device), TimeSpan.FromMinutes(3));

        var numbers = await ReadAsync(broker.Port, device);
        Assert.Equal(Enumerable.Range(0, count), numbers.Distinct());
        // Of each kill: what was on flash and not yet acknowledged.
        Assert.InRange(numbers.Count - count, 0, kills);
        TestContext.Current.TestOutputHelper!.WriteLine($"{count} messages through {kills} kills: all there, {numbers.Count - count} twice");
    }

    [Fact]
    public async Task With_the_id_of_a_bridge_none_comes_twice()
    {
        await using var broker = await MosquittoBroker.StartAsync(Unlimited);
        await using var device = new BridgedDevice(broker.Port, FromBroker);
        await device.StartAsync();
        await Wait.UntilAsync("the bridge is up", device.IsUpAsync);

        for (int i = 0; i < 3; i++)
            await Tool.Run("mosquitto_pub", "-p", $"{broker.Port}", "-V", "mqttv5", "-q", "1", "-t", "farm/commands", "-m", "1 open", "-D", "publish", "user-property", "id", "0123456789abcdef-7");
        await Wait.UntilAsync("they are acknowledged", async () => await device.CountAsync("acknowledged") == 3);

        Assert.Equal(1, await StoredAsync(device));
    }

    [Fact]
    public async Task A_full_pipe_is_waited_for_and_a_message_that_never_fits_is_passed_by()
    {
        await using var broker = await MosquittoBroker.StartAsync(Unlimited);
        await using var device = new BridgedDevice(broker.Port, FromBroker, more: ", \"pipes\": { \"commands\": { \"capacity\": \"64KiB\" } }");
        await device.StartAsync();
        await Wait.UntilAsync("the bridge is up", device.IsUpAsync);
        using (var directory = new TemporaryDirectory())
            await Tool.Run("mosquitto_pub", "-p", $"{broker.Port}", "-q", "1", "-t", "farm/commands", "-f", directory.Write("long", new string('x', 40_000)));
        await Wait.UntilAsync("it is passed by", async () => await device.CountAsync("refused") == 1);
        Assert.Contains(device.Agent.Log, line => line.Contains("a message of 40000 bytes from \"farm/commands\" is passed by", StringComparison.Ordinal));

        await PublishAsync(broker.Port, "farm/commands", 400);
        await Wait.UntilAsync("it says why it is down", async () => (await device.DownReasonAsync()).Contains("pipe commands is full", StringComparison.Ordinal));
        Assert.InRange(await StoredAsync(device), 100, 399);

        var numbers = await ReadAsync(broker.Port, device, 400);
        Assert.Equal(Enumerable.Range(0, 400), numbers.Distinct());
    }

    [Fact]
    public async Task Devices_with_a_shared_subscription_share_what_comes()
    {
        const string Shared = """{ "pipe": "commands", "transport": "cloud", "topic": "$share/barns/farm/+", "direction": "from-broker" }""";
        await using var broker = await MosquittoBroker.StartAsync(Unlimited);
        await using var one = new BridgedDevice(broker.Port, Shared);
        await using var other = new BridgedDevice(broker.Port, Shared, name: "barn-4");
        await one.StartAsync();
        await other.StartAsync();
        await Wait.UntilAsync("both bridges are up", async () => await one.IsUpAsync() && await other.IsUpAsync());

        await PublishAsync(broker.Port, "farm/commands", 100);
        await Wait.UntilAsync("all are stored", async () => await one.CountAsync("acknowledged") + await other.CountAsync("acknowledged") == 100);

        Assert.Equal(100, await StoredAsync(one) + await StoredAsync(other));
        Assert.InRange(await StoredAsync(one), 1, 99);
    }

    [Fact]
    public async Task A_subscription_that_is_refused_is_one_line_and_the_rest_runs_on()
    {
        await using var broker = await MosquittoBroker.StartAsync(Unlimited with { Subscribable = ["edgepeer/#"] });
        await using var device = new BridgedDevice(broker.Port, FromBroker);
        await device.StartAsync();

        await Wait.UntilAsync("it has asked three times", () => broker.Log.Split("farm/commands (QoS 1)").Length > 3);
        Assert.False(await device.IsUpAsync());
        Assert.Contains("does not let this peer read \"farm/commands\" (Not authorized): allow its user to read there", await device.DownReasonAsync(), StringComparison.Ordinal);
        Assert.Single(device.Agent.Log, line => line.Contains("does not let this peer read", StringComparison.Ordinal));
        Assert.True((await device.Agent.StatusAsync())["transports"]![0]!["up"]!.GetValue<bool>());
    }

    private static async Task PublishAsync(int port, string topic, int count)
    {
        using var process = Edgepeer.Start("mosquitto_pub", ["-p", $"{port}", "-q", "1", "-t", topic, "-l"]);
        for (int number = 0; number < count; number++)
            await process.StandardInput.WriteAsync($"{number} ".PadRight(200, 'x') + "\n");
        process.StandardInput.Close();
        await process.WaitForExitAsync(Cancellation);
        Assert.Equal(0, process.ExitCode);
    }

    private static async Task<long> StoredAsync(BridgedDevice device) => (await device.Agent.PipeAsync("commands"))?["accepted"]!.GetValue<long>() ?? 0;

    private static async Task<bool> NothingComesAsync(BridgedDevice device)
    {
        long before = await StoredAsync(device);
        // There is nothing to wait for where nothing is to come.
        await Task.Delay(500, Cancellation);
        return await device.IsUpAsync() && await StoredAsync(device) == before;
    }

    /// <summary>Reads the pipe at another peer, which meets the device at the same broker.</summary>
    /// <param name="atLeast">Waits for so many; null for what is there.</param>
    private static async Task<List<int>> ReadAsync(int port, BridgedDevice device, int? atLeast = null)
    {
        string configuration = device.File("reader.json");
        await File.WriteAllTextAsync(configuration, $$"""
            {
              "name": "reader", "stateDirectory": "reader",
              "transports": { "cloud": { "type": "mqtt", "broker": "mqtt://127.0.0.1:{{port}}", "topicRoot": "edgepeer/test" } }
            }
            """, Cancellation);
        FileKey.Create(device.File("reader")).Dispose();
        await using var reader = await RunningAgent.StartAsync(configuration, device.File("reader.sock"));
        long count = atLeast ?? await StoredAsync(device);
        var received = await reader.CommandAsync(["recv", "commands", "--count", count.ToString(CultureInfo.InvariantCulture)]);
        Assert.Equal(0, received.ExitCode);
        return [.. received.Lines.Select(line => int.Parse(line.AsSpan(0, line.IndexOf(' ', StringComparison.Ordinal)), CultureInfo.InvariantCulture))];
    }

    private const string FromBroker = """{ "pipe": "commands", "transport": "cloud", "topic": "farm/commands", "direction": "from-broker" }""";

    // By default mosquitto keeps 1,000 messages for a device that is away, and drops what is more.
    private static readonly MosquittoSetup Unlimited = new() { More = "max_queued_messages 0" };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;
}
