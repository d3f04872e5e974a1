using EdgePeer.SystemTests.EndToEnd;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Mqtt;

[Collection(EndToEndCollection.Name)]
public sealed class ToBrokerTests
{
    [Fact]
    public async Task Each_message_reaches_a_consumer_in_order_whatever_becomes_of_the_broker_and_of_the_agent()
    {
        int part = Effort.Of(1_000, 4_000);
        await using var broker = await MosquittoBroker.StartAsync(Unlimited);
        await using var way = new TcpProxy(broker.Port);
        await using var device = new BridgedDevice(way.Port, ToBroker("\"replayMessages\": 16000, \"replayTime\": \"10m\""));
        using var consumer = new Consumer(broker.Port, "farm/#");
        await consumer.HearsAsync();
        await device.StartAsync();
        int sent = 0;

        // Up, and slow: a narrow way, and a broker that stands still.
        await device.SendAsync("readings", sent, part);
        sent += part;
        way.BytesPerSecond = 200_000;
        await device.SendAsync("readings", sent, part);
        sent += part;
        for (int i = 0; i < 3; i++)
        {
            long before = await device.CountAsync("acknowledged");
            broker.Pause();
            await Wait.UntilAsync("as many as it may have are on their way", async () => await device.CountAsync("inFlight") == Math.Min(100, sent - await device.CountAsync("acknowledged")));
            broker.Resume();
            await Wait.UntilAsync("it has gone on", async () => await device.CountAsync("acknowledged") > Math.Min(before + 100, sent - 1));
        }
        way.BytesPerSecond = 0;
        await AllComeAsync(consumer, sent);

        // Killed with all that it had not given to its consumer: when it comes back it knows nobody.
        await ForgetAsync(broker, way, device, consumer, sent, part);
        sent += part;
        await AllComeAsync(consumer, sent);
        // All had come before the broker was killed, perhaps.
        await Wait.UntilAsync("what it had forgotten is given again", async () => await device.CountAsync("replayed") > 0);
        Assert.Equal(0, await device.CountAsync("forgotten"));

        // Away, while the agent is killed; then started again with what it had saved, while messages come.
        way.Shut();
        await broker.StopAsync();
        await device.SendAsync("readings", sent, part / 2);
        sent += part / 2;
        await device.KillAsync();
        await device.SendAsync("readings", sent, part / 2);
        sent += part / 2;
        await broker.StartAgainAsync();
        way.Open();
        await Wait.UntilAsync("some are acknowledged", async () => await device.CountAsync("acknowledged") > part / 10);
        await broker.StopAsync();
        await broker.StartAgainAsync();
        await AllComeAsync(consumer, sent);

        // The agent is killed with messages on the way.
        await device.SendAsync("readings", sent, part);
        sent += part;
        await Wait.UntilAsync("some have come", () => consumer.Count > sent - part);
        await device.KillAsync();
        await AllComeAsync(consumer, sent);

        var messages = consumer.Messages;
        Assert.Equal(Enumerable.Range(0, sent), messages.Select(message => message.Number));
        Assert.All(messages.Zip(messages.Skip(1)), pair => Assert.True(pair.First.Sequence < pair.Second.Sequence));
        Assert.All(messages, message => Assert.Equal(("farm/barn-3/readings", device.Agent.Peer), (message.Topic, message.Peer)));
        TestContext.Current.TestOutputHelper!.WriteLine($"{sent} messages, all once and in order; {consumer.Repeats} repeats dropped by their ids");
    }

    [Fact]
    public async Task What_a_broker_forgets_beyond_the_replay_window_is_counted_and_named()
    {
        await using var broker = await MosquittoBroker.StartAsync(Unlimited);
        await using var device = new BridgedDevice(broker.Port, ToBroker("\"replayMessages\": 100, \"replayTime\": \"10m\""));
        await device.StartAsync();
        await device.SendAsync("readings", 0, 1_000);
        await Wait.UntilAsync("all are acknowledged", async () => await device.CountAsync("acknowledged") == 1_000);
        await Wait.UntilAsync("what is outside the window is consumed", async () => await device.CountAsync("held") == 100);

        await broker.KillAsync();
        await broker.StartAgainAsync();
        await Wait.UntilAsync("what is in the window is given again", async () => await device.CountAsync("replayed") == 100);

        Assert.Equal(900, await device.CountAsync("forgotten"));
        Assert.Contains(device.Agent.Log, line => line.Contains("come back without its memory", StringComparison.Ordinal) && line.Contains("900 messages", StringComparison.Ordinal) && line.Contains("readings:3:899", StringComparison.Ordinal));
        await Wait.UntilAsync("the window holds again", async () => await device.CountAsync("held") == 100);
        Assert.Equal(1_100, await device.CountAsync("published"));
    }

    [Fact]
    public async Task A_broker_that_remembers_its_sessions_and_not_its_last_messages_is_given_them_again_where_that_is_configured()
    {
        await using var broker = await MosquittoBroker.StartAsync(Unlimited);
        await using var way = new TcpProxy(broker.Port);
        await using var device = new BridgedDevice(way.Port, ToBroker("\"replay\": \"always\", \"replayTime\": \"10m\""));
        await device.StartAsync();
        await device.SendAsync("readings", 0, 10);
        await Wait.UntilAsync("they are acknowledged", async () => await device.CountAsync("acknowledged") == 10);
        // It saves its sessions, and is killed with what came later.
        way.Shut();
        await broker.StopAsync();
        await broker.StartAgainAsync();
        using var consumer = new Consumer(broker.Port, "farm/#");
        await consumer.HearsAsync();
        way.Open();
        await Wait.UntilAsync("they are acknowledged again", async () => await device.CountAsync("acknowledged") == 20);

        await AllComeAsync(consumer, 10);
        Assert.Equal(10, await device.CountAsync("replayed"));
        Assert.Equal(0, await device.CountAsync("forgotten"));
    }

    [Fact]
    public async Task What_an_agent_that_was_killed_gives_again_is_no_more_than_its_window()
    {
        await using var broker = await MosquittoBroker.StartAsync(Unlimited);
        await using var device = new BridgedDevice(broker.Port, ToBroker("\"replayMessages\": 50"));
        using var consumer = new Consumer(broker.Port, "farm/#");
        await consumer.HearsAsync();
        await device.StartAsync();
        await device.SendAsync("readings", 0, 500);
        await AllComeAsync(consumer, 500);
        // What counts as consumed is on flash.
        await Wait.UntilAsync("the rest is consumed", async () => (await device.Agent.PipeAsync("readings"))!["consumed"]!.GetValue<long>() >= 450);
        await device.KillAsync();
        await Wait.UntilAsync("what was not consumed is published again", async () => await device.CountAsync("acknowledged") >= 50);
        await consumer.HearsAsync();

        Assert.Equal(500, consumer.Count);
        Assert.InRange(consumer.Repeats, 50, 50);
    }

    [Fact]
    public async Task A_consumed_message_is_one_that_a_broker_acknowledged_a_window_ago()
    {
        await using var broker = await MosquittoBroker.StartAsync(Unlimited);
        await using var device = new BridgedDevice(broker.Port, ToBroker("\"replayTime\": \"0s\""));
        await device.StartAsync();

        var sent = await device.Agent.CommandAsync(["send", "readings", "1 x", "--wait", "consumed", "--timeout", "30s"]);

        Assert.Equal(0, sent.ExitCode);
        Assert.Equal(1, await device.CountAsync("acknowledged"));
    }

    [Fact]
    public async Task Whoever_waits_for_what_is_held_is_told_what_for()
    {
        await using var broker = await MosquittoBroker.StartAsync(Unlimited);
        await using var device = new BridgedDevice(broker.Port, ToBroker("\"replayTime\": \"1h\""));
        await device.StartAsync();
        await Wait.UntilAsync("the bridge is up", device.IsUpAsync);

        var sent = await device.Agent.CommandAsync(["send", "readings", "1 x", "--wait", "consumed", "--timeout", "3s"]);
        await Wait.UntilAsync("it is held", async () => await device.CountAsync("held") == 1);
        var trace = await device.Agent.CommandAsync(["trace", "--message", "readings:3:0"]);

        Assert.Equal(5, sent.ExitCode);
        Assert.Contains("the bridge here reads pipe readings", sent.Errors, StringComparison.Ordinal);
        Assert.Contains("replay window", sent.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("nobody reads", sent.Errors, StringComparison.Ordinal);
        Assert.Contains("has not consumed it", trace.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_topic_that_is_not_allowed_is_one_line_and_what_was_meant_for_it_waits()
    {
        const string Everything = "topic readwrite #\n";
        await using var broker = await MosquittoBroker.StartAsync(Unlimited with { Acl = "topic readwrite edgepeer/#\ntopic readwrite probe\ntopic read farm/#\n" });
        await using var device = new BridgedDevice(broker.Port, ToBroker());
        using var consumer = new Consumer(broker.Port, "farm/#");
        await consumer.HearsAsync();
        await device.StartAsync();
        await device.SendAsync("readings", 0, 10);

        await Wait.UntilAsync("it says so", async () => (await device.DownReasonAsync()).Contains("does not take what is published to \"farm/{name}/readings\"", StringComparison.Ordinal));
        await Task.Delay(2_000, Cancellation);
        Assert.Single(device.Agent.Log, line => line.Contains("does not take what is published", StringComparison.Ordinal));
        broker.ChangeAcl(Everything);
        await AllComeAsync(consumer, 10);
        Assert.Equal(Enumerable.Range(0, 10), consumer.Messages.Select(message => message.Number));
    }

    /// <summary>mosquitto refuses it by PUBACK, and ends the connection.</summary>
    [Fact]
    public async Task A_message_above_the_brokers_limit_is_named_and_passed_by_and_those_behind_it_come()
    {
        await using var broker = await MosquittoBroker.StartAsync(Unlimited with { More = "max_queued_messages 0\nmessage_size_limit 1000" });
        await using var device = new BridgedDevice(broker.Port, ToBroker());
        using var consumer = new Consumer(broker.Port, "farm/#");
        await consumer.HearsAsync();
        await device.StartAsync();
        await device.SendAsync("readings", 0, 5);
        Assert.Equal(0, (await device.Agent.CommandAsync(["send", "readings", new string('x', 1_001)])).ExitCode);
        await device.SendAsync("readings", 5, 5);

        await AllComeAsync(consumer, 10);
        await Wait.UntilAsync("it is counted", async () => await device.CountAsync("refused") > 0);
        Assert.Contains(device.Agent.Log, line => line.Contains("is passed by: ", StringComparison.Ordinal) && line.Contains("with 1001 bytes (Packet too large)", StringComparison.Ordinal) && line.Contains("message_size_limit", StringComparison.Ordinal));
        await Wait.UntilAsync("the bridge is up with nothing in flight", async () => await device.IsUpAsync() && await device.CountAsync("inFlight") == 0);
    }

    [Fact]
    public async Task A_message_longer_than_the_broker_says_it_takes_is_passed_by()
    {
        await using var broker = await MosquittoBroker.StartAsync(Unlimited with { More = "max_queued_messages 0\nmax_packet_size 2000" });
        await using var device = new BridgedDevice(broker.Port, ToBroker());
        await device.StartAsync();
        Assert.Equal(0, (await device.Agent.CommandAsync(["send", "readings", new string('x', 2_000)])).ExitCode);
        await device.SendAsync("readings", 1, 1);

        await Wait.UntilAsync("both are done with", async () => await device.CountAsync("acknowledged") == 1 && await device.CountAsync("refused") == 1);
        Assert.DoesNotContain(device.Agent.Log, line => line.Contains("bridge readings: down", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_broker_that_acknowledges_nothing_is_one_line_in_either_direction()
    {
        await using var broker = await MosquittoBroker.StartAsync(new MosquittoSetup { More = "max_qos 0" });
        await using var device = new BridgedDevice(broker.Port, $$"""{{ToBroker()}}, { "pipe": "commands", "transport": "cloud", "topic": "farm/commands", "direction": "from-broker" }""");
        await device.StartAsync();
        await device.SendAsync("readings", 0, 1);

        // The bridges come with clean start off, the transport with it.
        await Wait.UntilAsync("each has tried three times", () => broker.Log.Split(" (p5, c0").Length > 6);
        Assert.Single(device.Agent.Log, line => line.Contains("bridge readings: down", StringComparison.Ordinal) && line.Contains("takes messages at QoS 0 only", StringComparison.Ordinal));
        Assert.Single(device.Agent.Log, line => line.Contains("bridge commands: down", StringComparison.Ordinal) && line.Contains("gives \"farm/commands\" at QoS 0 only", StringComparison.Ordinal));
        Assert.All((await device.Agent.StatusAsync())["bridges"]!.AsArray(), bridge => Assert.False(bridge!["up"]!.GetValue<bool>()));
        Assert.True((await device.Agent.StatusAsync())["transports"]![0]!["up"]!.GetValue<bool>());
    }

    [Fact]
    public async Task Over_TLS_with_a_password_messages_go_to_the_broker_and_come_from_it()
    {
        using var authority = new TestAuthority();
        await using var broker = await MosquittoBroker.StartAsync(new MosquittoSetup { Certificate = authority.Issue("127.0.0.1"), Passwords = [("barn", "sesame")] });
        using var directory = new TemporaryDirectory();
        PasswordFile.Write(directory.File("password"), "sesame");
        await using var device = new BridgedDevice(
            broker.Port, $$"""{ "pipe": "back", "transport": "cloud", "topic": "farm/#", "direction": "from-broker" }, {{ToBroker()}}""",
            $", \"user\": \"barn\", \"passwordFile\": \"{directory.File("password")}\", \"caFile\": \"{authority.AuthorityFile}\"", scheme: "mqtts");
        await device.StartAsync();
        await Wait.UntilAsync("it listens", device.IsUpAsync);

        await device.SendAsync("readings", 0, 20);

        await Wait.UntilAsync("all are back", async () => (await device.Agent.PipeAsync("back"))?["accepted"]!.GetValue<long>() == 20);
        Assert.DoesNotContain(device.Agent.Log, line => line.Contains(": down: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_wrong_password_is_one_line()
    {
        await using var broker = await MosquittoBroker.StartAsync(Unlimited with { Passwords = [("barn", "right")] });
        using var directory = new TemporaryDirectory();
        string password = directory.Write("password", "wrong\n");
        File.SetUnixFileMode(password, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        await using var device = new BridgedDevice(broker.Port, ToBroker(), $", \"user\": \"barn\", \"passwordFile\": \"{password}\"");
        await device.StartAsync();

        await Wait.UntilAsync("it says so", async () => (await device.DownReasonAsync()).Contains("check \"user\" and \"passwordFile\"", StringComparison.Ordinal));
        await Task.Delay(2_000, Cancellation);
        Assert.Single(device.Agent.Log, line => line.StartsWith("bridge readings: down", StringComparison.Ordinal) || line.Contains(" bridge readings: down", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Words_of_the_configuration_go_with_each_message()
    {
        await using var broker = await MosquittoBroker.StartAsync(Unlimited);
        await using var device = new BridgedDevice(broker.Port, ToBroker("\"retain\": true, \"contentType\": \"text/plain\", \"expiry\": \"1h\"", topic: "farm/{name}/{pipe}/{sequence}/{id}"));
        await device.StartAsync();
        await device.SendAsync("readings", 7, 1);
        await Wait.UntilAsync("it is acknowledged", async () => await device.CountAsync("acknowledged") == 1);

        // Subscribed afterwards: it is kept.
        string heard = await Tool.Run("mosquitto_sub", "-p", $"{broker.Port}", "-V", "mqttv5", "-t", "farm/#", "-C", "1", "-W", "20", "-F", "%t|%r|%C|%E|%P");

        string[] words = heard.TrimEnd().Split('|');
        Assert.StartsWith("farm/barn-3/readings/0/", words[0], StringComparison.Ordinal);
        Assert.Equal(("1", "text/plain"), (words[1], words[2]));
        Assert.InRange(int.Parse(words[3], System.Globalization.CultureInfo.InvariantCulture), 3_500, 3_600);
        Assert.Contains($"id:{words[0].Split('/')[^1]}", words[4], StringComparison.Ordinal);
    }

    private static async Task ForgetAsync(MosquittoBroker broker, TcpProxy way, BridgedDevice device, Consumer consumer, int sent, int part)
    {
        long before = await device.CountAsync("acknowledged");
        await device.SendAsync("readings", sent, part);
        await Wait.UntilAsync("some are acknowledged", async () => await device.CountAsync("acknowledged") > before + part / 10);
        await broker.KillAsync();
        way.Shut();
        await broker.StartAgainAsync();
        // The bridge comes back when its consumer is there: what nobody has subscribed is nobody's.
        await consumer.HearsAsync();
        way.Open();
    }

    private static Task AllComeAsync(Consumer consumer, int sent) => Wait.UntilAsync($"all {sent} have come", () => consumer.Count == sent, TimeSpan.FromMinutes(3));

    private static string ToBroker(string more = "", string topic = "farm/{name}/readings") =>
        $$"""{ "pipe": "readings", "transport": "cloud", "topic": "{{topic}}", "direction": "to-broker"{{(more == "" ? "" : ", ")}}{{more}} }""";

    // By default mosquitto keeps 1,000 messages for a consumer, and drops what is more.
    private static readonly MosquittoSetup Unlimited = new() { More = "max_queued_messages 0" };

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;
}
