using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.EndToEnd;

/// <summary>Two agents with nothing between them but a broker.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class BrokerTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Nothing_is_lost_or_doubled_by_kills_of_the_broker_and_of_both_agents(bool secured)
    {
        const int Count = 5_000;
        using var authority = new TestAuthority();
        using var directory = new TemporaryDirectory();
        await using var broker = await MosquittoBroker.StartAsync(secured ? Secured(authority) : null);
        var messages = new NumberedMessages("broker", 256);
        await using var site = await Site.WithBrokerAsync(Transport(broker, secured ? authority : null, directory));
        await site.StartAsync();
        await using var reading = new ReadingApplication(site.B, messages);
        await site.UntilLinkedAsync("cloud");
        var sending = new SendingApplication(site.A, messages);
        long begun = Stopwatch.GetTimestamp();
        // The last ones wait for the last kill: else a quick machine is done before it.
        var killed = new TaskCompletionSource();
        var flow = SendAsync(sending, Count, killed.Task);

        await reading.UntilAsync(Count / 5, TimeSpan.FromMinutes(1));
        await broker.KillAsync();
        await Wait.UntilAsync("the agent says that its broker is gone", async () => !(await CloudAsync(site.A)).Up);
        output.WriteLine((await CloudAsync(site.A)).Reason);
        await broker.StartAgainAsync();
        await reading.UntilAsync(Count * 2 / 5, TimeSpan.FromMinutes(1));
        await site.A.Agent.KillAsync();
        await site.A.StartAsync();
        await reading.UntilAsync(Count * 3 / 5, TimeSpan.FromMinutes(1));
        await site.B.Agent.KillAsync();
        await site.B.StartAsync();
        killed.SetResult();

        await flow;
        await reading.UntilAsync(Count, TimeSpan.FromMinutes(2));
        output.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{Count} messages in {Stopwatch.GetElapsedTime(begun).TotalSeconds:0.0} s; {sending.Retries} posts made again, {reading.Ledger.HandedOverAgain} handed over again under the same identity"));
        await site.AssertBooksAsync(Count);
        reading.Ledger.AssertComplete(Count, mayComeAgain: true);
        await site.A.AssertHealthyAsync();
        await site.B.AssertHealthyAsync();
    }

    [Fact]
    public async Task A_broker_that_is_not_there_harms_nothing_else_and_is_said_once()
    {
        MosquittoBroker.Require();
        var (cable, a, b) = Site.Cables(loss: 0);
        int port = MosquittoBroker.FreePort();
        var messages = new NumberedMessages("beside", 200);
        await using var site = await Site.MakeAsync(Site.Join(a, new JsonObject { ["cloud"] = Mqtt($"mqtt://127.0.0.1:{port}") }), b, cable, null);
        await site.StartAsync();
        await using var reading = new ReadingApplication(site.B, messages);
        await new SendingApplication(site.A, messages).SendAsync(500, 50, TestContext.Current.CancellationToken);
        await reading.UntilAsync(500, TimeSpan.FromMinutes(1));
        reading.Ledger.AssertComplete(500);
        var cloud = await CloudAsync(site.A);
        Assert.False(cloud.Up);
        Assert.Contains($"no connection to mqtt://127.0.0.1:{port}", cloud.Reason, StringComparison.Ordinal);
        Assert.Single(site.A.Agent.Log, line => line.Contains("cloud: down", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Without_the_library_one_line_says_what_to_install_and_the_rest_runs()
    {
        Tool.Require("unshare", "util-linux");
        MosquittoBroker.Require();
        if (!Environment.IsPrivilegedProcess)
            Assert.Skip("hiding a library from one process takes root");
        var (cable, a, b) = Site.Cables(loss: 0);
        var messages = new NumberedMessages("without", 200);
        await using var site = await Site.MakeAsync(
            Site.Join(a, new JsonObject { ["cloud"] = Mqtt("mqtt://127.0.0.1:1") }), b, cable, null, prefix: ["unshare", .. MosquittoBroker.WithoutLibrary]);
        await site.StartAsync();
        await using var reading = new ReadingApplication(site.B, messages);
        await new SendingApplication(site.A, messages).SendAsync(100, 50, TestContext.Current.CancellationToken);
        await reading.UntilAsync(100, TimeSpan.FromMinutes(1));
        string said = Assert.Single(site.A.Agent.Log, line => line.Contains("cloud: ", StringComparison.Ordinal));
        Assert.Contains("install Debian's package libmosquitto1", said, StringComparison.Ordinal);
        Assert.Contains("install Debian's package libmosquitto1", (await CloudAsync(site.A)).Reason, StringComparison.Ordinal);
    }

    private static async Task SendAsync(SendingApplication sending, int count, Task killed)
    {
        while (sending.Durable < count * 4 / 5)
            await sending.SendAsync(Math.Min(Batch, count * 4 / 5 - sending.Durable), Batch, TestContext.Current.CancellationToken);
        await killed;
        while (sending.Durable < count)
            await sending.SendAsync(Math.Min(Batch, count - sending.Durable), Batch, TestContext.Current.CancellationToken);
    }

    private static async Task<(bool Up, string Reason)> CloudAsync(Station station)
    {
        var cloud = (await station.Agent.StatusAsync())["transports"]!.AsArray().Single(transport => (string?)transport!["name"] == "cloud")!;
        return ((bool)cloud["up"]!, (string?)cloud["downReason"] ?? "");
    }

    private static JsonObject Mqtt(string uri) => new() { ["type"] = "mqtt", ["broker"] = uri, ["topicRoot"] = "edgepeer/test" };

    private static JsonObject Transport(MosquittoBroker broker, TestAuthority? authority, TemporaryDirectory directory)
    {
        var transport = Mqtt(broker.Uri);
        if (authority is null)
            return transport;
        PasswordFile.Write(directory.File("password"), Password);
        transport["caFile"] = authority.AuthorityFile;
        transport["user"] = User;
        transport["passwordFile"] = directory.File("password");
        return transport;
    }

    private static MosquittoSetup Secured(TestAuthority authority) => new()
    {
        Certificate = authority.Issue("127.0.0.1"),
        Passwords = [(User, Password)],
        Acl = $"user {User}\ntopic readwrite edgepeer/test/#\n",
    };

    private const string User = "devices";
    private const string Password = "open sesame";
    private const int Batch = 50;
}
