using EdgePeer.SystemTests.EndToEnd;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Mqtt;

[Collection(EndToEndCollection.Name)]
public sealed class BridgeReloadTests
{
    [Fact]
    public async Task Bridges_are_added_changed_and_removed_while_the_agent_and_other_bridges_run_on()
    {
        await using var broker = await MosquittoBroker.StartAsync();
        await using var device = new BridgedDevice(broker.Port, Readings("farm/a"));
        using var consumer = new Consumer(broker.Port, "farm/#");
        await consumer.HearsAsync();
        await device.StartAsync();
        await device.SendAsync("readings", 0, 5);
        await ConsumedAsync(device, 5);

        await device.ReloadAsync($"{Readings("farm/a")}, {Commands}");
        await Wait.UntilAsync("the new one is up", async () => (await BridgesAsync(device)).SequenceEqual(["readings to-broker farm/a True", "commands from-broker orders/barn True"]));
        await Tool.Run("mosquitto_pub", "-p", $"{broker.Port}", "-q", "1", "-t", "orders/barn", "-m", "1 open");
        await Wait.UntilAsync("it works", async () => (await device.Agent.PipeAsync("commands"))?["accepted"]!.GetValue<long>() == 1);
        // A bridge that was made anew would count from none.
        Assert.Equal(5, await device.CountAsync("published"));

        await device.ReloadAsync($"{Commands}, {Readings("farm/b")}");
        await device.SendAsync("readings", 5, 5);
        await ConsumedAsync(device, 10);
        Assert.Equal(["commands from-broker orders/barn True", "readings to-broker farm/b True"], await BridgesAsync(device));
        Assert.Equal(1, await device.CountAsync("acknowledged"));

        await device.ReloadAsync("");
        Assert.Empty(await BridgesAsync(device));
        await device.SendAsync("readings", 10, 5);
        // It has left the broker, and what is written waits for the next one.
        await consumer.HearsAsync();
        Assert.Equal(10, consumer.Count);
        await device.ReloadAsync(Readings("farm/b"));
        await Wait.UntilAsync("what waited has come", () => consumer.Count == 15);
        var readings = consumer.Messages;
        Assert.Equal(Enumerable.Range(0, 15), readings.Select(message => message.Number));
        Assert.Equal([.. Enumerable.Repeat("farm/a", 5), .. Enumerable.Repeat("farm/b", 10)], readings.Select(message => message.Topic));
    }

    private static Task ConsumedAsync(BridgedDevice device, long count) =>
        Wait.UntilAsync($"{count} are consumed", async () => (await device.Agent.PipeAsync("readings"))!["consumed"]!.GetValue<long>() == count);

    private static async Task<List<string>> BridgesAsync(BridgedDevice device) =>
        [.. (await device.Agent.StatusAsync())["bridges"]!.AsArray().Select(bridge => $"{bridge!["pipe"]} {bridge["direction"]} {bridge["topic"]} {bridge["up"]!.GetValue<bool>()}")];

    private static string Readings(string topic) => $$"""{ "pipe": "readings", "transport": "cloud", "topic": "{{topic}}", "direction": "to-broker", "replayTime": "0s" }""";

    private const string Commands = """{ "pipe": "commands", "transport": "cloud", "topic": "orders/barn", "direction": "from-broker" }""";
}
