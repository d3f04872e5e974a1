using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using EdgePeer.SystemTests.EndToEnd;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Mqtt;

/// <summary>What stands beside a payload, carried within it.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class EnvelopeTests
{
    [Fact]
    public async Task From_one_broker_over_a_pipe_to_another_a_message_stays_what_it_was()
    {
        await using var one = await MosquittoBroker.StartAsync();
        await using var other = await MosquittoBroker.StartAsync();
        var (near, far) = (MosquittoBroker.FreePort(), MosquittoBroker.FreePort());
        await using var barn = new BridgedDevice(one.Port, """{ "pipe": "mirror", "transport": "cloud", "topic": "farm/#", "direction": "from-broker", "envelope": "wrap" }""", transports: Lan(near, far));
        await using var house = new BridgedDevice(other.Port, Unwrap("mirror/{topic}"), transports: Lan(far, near), name: "house");
        // Its session keeps what comes later.
        await SubscribeAsync(other.Port, "-E");
        await barn.StartAsync();
        await house.StartAsync();
        await Wait.UntilAsync("both are up", async () => await barn.IsUpAsync() && await house.IsUpAsync());

        await PublishAsync(one.Port, "farm/a", "-m", "21.5", "-q", "1", "-r", "-D", "publish", "content-type", "text/plain", "-D", "publish", "message-expiry-interval", "3600");
        await PublishAsync(one.Port, "farm/a/b", "-m", "x", "-q", "0", "-D", "publish", "content-type", "text/x");
        await PublishAsync(one.Port, "farm/ä", "-n", "-q", "1");
        // What the other broker keeps under that topic is no more.
        await PublishAsync(one.Port, "farm/a", "-n", "-q", "1", "-r");
        await PublishAsync(one.Port, "farm/kept", "-m", "last", "-q", "1", "-r", "-D", "publish", "content-type", "text/last");
        await Wait.UntilAsync("all are published there", async () => await house.CountAsync("acknowledged") == 5);

        string[][] heard = [.. (await SubscribeAsync(other.Port, "-C", "5", "-W", "30")).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('|'))];
        Assert.Equal(["mirror/farm/a", "mirror/farm/a/b", "mirror/farm/ä", "mirror/farm/a", "mirror/farm/kept"], heard.Select(words => words[0]));
        Assert.Equal(["1", "0", "0", "1", "1"], heard.Select(words => words[1]));
        Assert.Equal(["text/plain", "text/x", "", "", "text/last"], heard.Select(words => words[2]));
        Assert.InRange(int.Parse(heard[0][3], CultureInfo.InvariantCulture), 3_500, 3_600);
        Assert.All(heard[1..], words => Assert.Equal("", words[3]));
        Assert.Equal(["21.5", "x", "", "", "last"], heard.Select(words => words[4]));
        string kept = await Tool.Run("mosquitto_sub", "-p", $"{other.Port}", "-V", "mqttv5", "-t", "mirror/#", "-C", "1", "-W", "20", "-F", "%t|%r|%C|%p");
        Assert.Equal("mirror/farm/kept|1|text/last|last", kept.Trim());
    }

    [Fact]
    public async Task What_is_no_envelope_or_names_no_topic_of_consumers_is_passed_by_counted_and_named_once()
    {
        await using var broker = await MosquittoBroker.StartAsync();
        await using var device = new BridgedDevice(broker.Port, Unwrap("{topic}"));
        await SubscribeAsync(broker.Port, "-E");
        await device.StartAsync();

        string[] lines =
        [
            "21.5",
            """{"topic":"$CONTROL/dynamic-security/v1","retain":false,"payload":"e30="}""",
            """{"topic":"farm/#","retain":false,"payload":""}""",
            $$"""{"topic":"{{new string('/', 199)}}","retain":false,"payload":""}""",
            $$"""{"topic":"{{new string('/', 200)}}","retain":false,"payload":""}""",
            """{"topic":"farm/a","payload":"Z29vZA=="}""",
        ];
        foreach (string line in lines)
            Assert.Equal(0, (await device.Agent.CommandAsync(["send", "mirror", line])).ExitCode);
        await Wait.UntilAsync("the good ones are published", async () => await device.CountAsync("acknowledged") == 2);

        Assert.Equal(4, await device.CountAsync("refused"));
        Assert.Equal(2, await device.CountAsync("published"));
        string named = Assert.Single(device.Agent.Log, line => line.Contains("is passed by", StringComparison.Ordinal));
        Assert.Contains("it is no JSON object", named, StringComparison.Ordinal);
        string heard = await SubscribeAsync(broker.Port, "-C", "2", "-W", "30");
        Assert.EndsWith("farm/a|0|||good\n", heard, StringComparison.Ordinal);
        Assert.True(await device.IsUpAsync());
    }

    [Fact]
    public async Task A_consumer_of_MQTT_3_1_1_drops_repeats_by_the_id_in_the_envelope()
    {
        const int Count = 200;
        await using var broker = await MosquittoBroker.StartAsync();
        await using var device = new BridgedDevice(
            broker.Port, """{ "pipe": "readings", "transport": "cloud", "topic": "farm/{name}/readings", "direction": "to-broker", "envelope": "wrap", "replayTime": "10m" }""");
        string[] consumer = ["-p", $"{broker.Port}", "-V", "mqttv311", "-q", "1", "-c", "-i", "consumer", "-t", "farm/#"];
        await Tool.Run("mosquitto_sub", [.. consumer, "-E"]);
        await device.StartAsync();
        await device.SendAsync("readings", 0, Count);
        await Wait.UntilAsync("all are acknowledged", async () => await device.CountAsync("acknowledged") == Count);
        await device.KillAsync();
        await Wait.UntilAsync("all are acknowledged again", async () => await device.CountAsync("acknowledged") == Count);

        string heard = await Tool.Run("mosquitto_sub", [.. consumer, "-C", $"{2 * Count}", "-W", "30"]);
        var messages = heard.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonNode.Parse(line)!).ToList();
        Assert.Equal(2 * Count, messages.Count);
        var first = messages.DistinctBy(message => message["id"]!.GetValue<string>()).ToList();
        Assert.Equal(Enumerable.Range(0, Count), first.Select(message => int.Parse(Encoding.UTF8.GetString(Convert.FromBase64String(message["payload"]!.GetValue<string>())).Split(' ')[0], CultureInfo.InvariantCulture)));
        Assert.All(first.Zip(first.Skip(1)), pair => Assert.True(pair.First["sequence"]!.GetValue<ulong>() < pair.Second["sequence"]!.GetValue<ulong>()));
        Assert.All(messages, message => Assert.Equal((device.Agent.Peer, "readings"), (message["peer"]!.GetValue<string>(), message["pipe"]!.GetValue<string>())));
    }

    private static string Unwrap(string topic) => $$"""{ "pipe": "mirror", "transport": "cloud", "topic": "{{topic}}", "direction": "to-broker", "envelope": "unwrap" }""";

    private static string Lan(int port, int other) => $$""", "lan": { "type": "ethernet", "listen": "127.0.0.1:{{port}}", "seeds": ["127.0.0.1:{{other}}"] }""";

    private static Task<string> PublishAsync(int port, string topic, params string[] more) => Tool.Run("mosquitto_pub", ["-p", $"{port}", "-V", "mqttv5", "-t", topic, .. more]);

    /// <summary>A session that the broker keeps: what comes for it is printed when it is there again.</summary>
    private static Task<string> SubscribeAsync(int port, params string[] more) =>
        Tool.Run("mosquitto_sub", ["-p", $"{port}", "-V", "mqttv5", "-q", "1", "-c", "-x", "3600", "-i", "consumer", "-t", "#", "-T", "edgepeer/#", "--retain-as-published", "-F", "%t|%r|%C|%E|%p", .. more]);
}
