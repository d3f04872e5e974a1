using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Agent;

/// <summary>What a person does first: two agents, `send` here, `recv` there.</summary>
public sealed class MessagesTests
{
    [Fact]
    public async Task What_was_consumed_there_still_counts_after_a_restart_here_while_its_reader_is_away()
    {
        await using var peers = TwoPeers.Make();
        RunningAgent a = await peers.StartAsync("a"), b = await peers.StartAsync("b");
        var reading = b.CommandAsync(["recv", "p", "--count", "3"]);
        Assert.Equal(0, (await a.CommandAsync(["send", "p", "--lines"], "1\n2\n3\n")).ExitCode);
        await reading;
        await Wait.UntilAsync("all is known to be consumed", async () => (long)(await a.PipeAsync("p"))!["consumed"]! == 3);
        await b.KillAsync();
        Assert.Equal(0, await a.StopAsync());
        a = await peers.StartAsync("a");
        Assert.Equal(3, (long)(await a.PipeAsync("p"))!["consumed"]!);
    }

    [Fact]
    public async Task Lines_sent_here_come_out_there_once_and_in_order()
    {
        await using var peers = TwoPeers.Make();
        var (a, b) = (await peers.StartAsync("a"), await peers.StartAsync("b"));
        string[] lines = [.. Enumerable.Range(0, 500).Select(number => $"{number} {new string('m', 200)}")];

        var sent = await a.CommandAsync(["send", "readings", "--lines"], string.Join('\n', lines));
        Assert.Equal((0, ""), (sent.ExitCode, sent.Errors));
        var received = await b.CommandAsync(["recv", "readings", "--count", "500"]);

        Assert.Equal((0, ""), (received.ExitCode, received.Errors));
        Assert.Equal(lines, received.Lines);
        Assert.Contains(a.Log, line => line.Contains(" is up (lan 127.0.0.1:", StringComparison.Ordinal));
        await Wait.UntilAsync("the books of both say so", async () =>
            (await a.PipeAsync("readings"))!["delivered"]!.GetValue<long>() == 500 && (await b.PipeAsync("readings"))!["waiting"]!.GetValue<long>() == 0);
    }

    [Fact]
    public async Task A_received_message_has_its_whole_identity()
    {
        await using var peers = TwoPeers.Make();
        var (a, b) = (await peers.StartAsync("a"), await peers.StartAsync("b"));

        var sent = JsonNode.Parse((await a.CommandAsync(["send", "site/alarms", "--priority", "6", "--json", "Grüße"])).Output)!;
        var received = JsonNode.Parse((await b.CommandAsync(["recv", "site/alarms", "--count", "1", "--json"])).Output)!;

        Assert.Equal(["pipe", "from", "incarnation", "sequence", "priority", "payload"], received.AsObject().Select(member => member.Key));
        Assert.Equal(a.Peer, received["from"]!.GetValue<string>());
        Assert.Equal("site/alarms", received["pipe"]!.GetValue<string>());
        Assert.Equal(6, received["priority"]!.GetValue<int>());
        Assert.Equal("Grüße", Encoding.UTF8.GetString(Convert.FromBase64String(received["payload"]!.GetValue<string>())));
        foreach (string field in new[] { "pipe", "from", "incarnation", "sequence", "priority" })
            Assert.Equal(sent[field]!.ToJsonString(), received[field]!.ToJsonString());
    }

    [Fact]
    public async Task A_message_whose_time_is_over_ends_the_wait_with_5_and_the_reason_and_is_in_the_books()
    {
        await using var peers = TwoPeers.Make();
        var (a, b) = (await peers.StartAsync("a"), await peers.StartAsync("b"));

        var expired = await a.CommandAsync(["send", "p", "late", "--ttl", "1s", "--wait", "delivered", "--timeout", "20s"]);
        Assert.Equal(5, expired.ExitCode);
        Assert.Contains("has expired", expired.Errors, StringComparison.Ordinal);
        Assert.Equal(0, (await a.CommandAsync(["send", "p", "in time", "--ttl", "1h"])).ExitCode);
        Assert.Equal(["in time"], (await b.CommandAsync(["recv", "p", "--count", "1"])).Lines);
        await Wait.UntilAsync("the books say so", async () =>
            await a.PipeAsync("p") is { } books && (2, 1, 1, 0) == (Number(books, "accepted"), Number(books, "delivered"), Number(books, "expired"), Number(books, "queued")));
    }

    [Fact]
    public async Task Trace_says_where_a_message_is_and_why_it_is_there()
    {
        await using var peers = TwoPeers.Make();
        var a = await peers.StartAsync("a");

        await a.CommandAsync(["send", "p", "first"]);
        string message = JsonNode.Parse((await a.CommandAsync(["send", "p", "second", "--ttl", "1h", "--json"])).Output)!["message"]!.GetValue<string>();
        var queued = await a.CommandAsync(["trace", "--message", message]);
        Assert.Equal(0, queued.ExitCode);
        Assert.Contains($"{message}: queued: nobody reads pipe p yet; 1 message goes before it; it expires in 3", queued.Output, StringComparison.Ordinal);

        var b = await peers.StartAsync("b");
        Assert.Equal(2, (await b.CommandAsync(["recv", "p", "--count", "2"])).Lines.Length);
        await Wait.UntilAsync("both have been taken there", async () =>
            JsonNode.Parse((await a.CommandAsync(["trace", "--message", message, "--json"])).Output)!["place"]!.GetValue<string>() == "consumed");
        var unknown = await a.CommandAsync(["trace", "--message", "p:never-sent"]);
        Assert.Equal(1, unknown.ExitCode);
        Assert.Contains("is remembered", unknown.Errors, StringComparison.Ordinal);
        var later = await a.CommandAsync(["trace", "--message", "p:3:99"]);
        Assert.Equal(1, later.ExitCode);
        Assert.Contains("p:3:99: unknown: the next message", later.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_waits_for_the_receipt_that_was_asked_for()
    {
        await using var peers = TwoPeers.Make();
        var (a, b) = (await peers.StartAsync("a"), await peers.StartAsync("b"));

        Assert.Equal("durable", await ReceiptAsync(a.CommandAsync(["send", "p", "one", "--json"])));
        var delivered = a.CommandAsync(["send", "p", "two", "--wait", "delivered", "--json"]);
        var consumed = a.CommandAsync(["send", "other", "three", "--wait", "consumed", "--json"]);
        await Wait.UntilAsync("all are durable", async () => await a.PipeAsync("p") is { } p && p["accepted"]!.GetValue<long>() == 2 && await a.PipeAsync("other") is not null);
        Assert.False(delivered.IsCompleted || consumed.IsCompleted, "nobody has bound the pipe yet");

        Assert.Equal(["one", "two"], (await b.CommandAsync(["recv", "p", "--count", "2"])).Lines);
        Assert.Equal("delivered", await ReceiptAsync(delivered));
        Assert.Equal(["three"], (await b.CommandAsync(["recv", "other", "--count", "1"])).Lines);
        Assert.Equal("consumed", await ReceiptAsync(consumed));
    }

    [Fact]
    public async Task What_is_written_into_a_closed_pipe_is_not_consumed()
    {
        await using var peers = TwoPeers.Make();
        var (a, b) = (await peers.StartAsync("a"), await peers.StartAsync("b"));
        await a.CommandAsync(["send", "p", "--lines"], "one\ntwo\nthree");

        string program = Path.Combine(AppContext.BaseDirectory, "edgepeer.dll");
        using var piped = Edgepeer.Start("sh", ["-c", $"dotnet '{program}' recv p --socket '{b.SocketPath}' --timeout 20s | true"]);
        string errors = await piped.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        await piped.WaitForExitAsync(TestContext.Current.CancellationToken);

        Assert.Contains("Broken pipe", errors, StringComparison.Ordinal);
        Assert.Equal(["one", "two", "three"], (await b.CommandAsync(["recv", "p", "--count", "3"])).Lines);
    }

    [Fact]
    public async Task A_send_whose_receipt_does_not_come_in_time_ends_and_the_message_stays()
    {
        await using var peers = TwoPeers.Make();
        var a = await peers.StartAsync("a");

        var waiting = a.CommandAsync(["send", "p", "one", "--wait", "delivered", "--timeout", "5s"]);
        await Wait.UntilAsync("it is accepted", async () => await a.PipeAsync("p") is { } pipe && pipe["accepted"]!.GetValue<long>() == 1);

        Assert.Equal(4, (await waiting).ExitCode);
        Assert.Equal(1, (await a.PipeAsync("p"))!["queued"]!.GetValue<long>());
    }

    [Fact]
    public async Task A_large_file_comes_out_as_it_went_in()
    {
        await using var peers = TwoPeers.Make();
        var (a, b) = (await peers.StartAsync("a"), await peers.StartAsync("b"));
        using var directory = new TemporaryDirectory();
        byte[] bytes = new byte[500_000];
        new Random(7).NextBytes(bytes);
        await File.WriteAllBytesAsync(directory.File("picture"), bytes, TestContext.Current.CancellationToken);

        var sent = await a.CommandAsync(["send", "files", "--file", directory.File("picture")]);
        Assert.Equal((0, ""), (sent.ExitCode, sent.Errors));
        var received = JsonNode.Parse((await b.CommandAsync(["recv", "files", "--count", "1", "--json"])).Output)!;

        Assert.Equal(bytes, Convert.FromBase64String(received["payload"]!.GetValue<string>()));
    }

    [Fact]
    public async Task Lines_sent_while_the_agent_is_killed_again_and_again_are_stored_once()
    {
        await using var peers = TwoPeers.Make();
        var a = await peers.StartAsync("a");
        string[] lines = [.. Enumerable.Range(0, 3000).Select(number => number.ToString(CultureInfo.InvariantCulture))];

        using var sender = Edgepeer.Start(["send", "readings", "--lines", "--socket", a.SocketPath, "--timeout", "2m"]);
        for (int kill = 0; kill < 3; kill++)
        {
            await WriteAsync(sender.StandardInput, lines[(kill * 1000)..(kill * 1000 + 500)]);
            await Wait.UntilAsync("some of it is accepted", async () => await a.PipeAsync("readings") is { } pipe && pipe["accepted"]!.GetValue<long>() > kill * 1000);
            await WriteAsync(sender.StandardInput, lines[(kill * 1000 + 500)..(kill * 1000 + 1000)]);
            await a.KillAsync();
            a = await peers.StartAsync("a");
        }
        sender.StandardInput.Close();
        await sender.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Wait.Limit, TestContext.Current.CancellationToken);
        Assert.Equal(0, sender.ExitCode);

        var b = await peers.StartAsync("b");
        var received = await b.CommandAsync(["recv", "readings", "--count", "3000"]);

        Assert.Equal(lines, received.Lines);
        Assert.Equal(3000, (await a.PipeAsync("readings"))!["accepted"]!.GetValue<long>());
    }

    [Fact]
    public async Task Recv_ends_with_3_when_its_agent_goes_and_reconnects_when_told_to()
    {
        await using var peers = TwoPeers.Make();
        var (a, b) = (await peers.StartAsync("a"), await peers.StartAsync("b"));
        using var plain = Edgepeer.Start(["recv", "first", "--socket", b.SocketPath]);
        using var patient = Edgepeer.Start(["recv", "second", "--count", "2", "--reconnect", "--socket", b.SocketPath]);
        await a.CommandAsync(["send", "first", "one"]);
        await a.CommandAsync(["send", "second", "one"]);
        Assert.Equal("one", await plain.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        Assert.Equal("one", await patient.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));

        await b.KillAsync();
        await plain.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Wait.Limit, TestContext.Current.CancellationToken);
        Assert.Equal(3, plain.ExitCode);

        await peers.StartAsync("b");
        await a.CommandAsync(["send", "second", "two"]);
        Assert.Equal("two", await patient.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken));
        await patient.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Wait.Limit, TestContext.Current.CancellationToken);
        Assert.Equal(0, patient.ExitCode);
    }

    private static async Task<string> ReceiptAsync(Task<CommandResult> send)
    {
        var sent = await send;
        Assert.Equal((0, ""), (sent.ExitCode, sent.Errors));
        return JsonNode.Parse(sent.Output)!["receipt"]!.GetValue<string>();
    }

    private static async Task WriteAsync(StreamWriter input, string[] lines)
    {
        await input.WriteAsync(string.Join('\n', lines) + "\n");
        await input.FlushAsync();
    }

    private static long Number(JsonNode books, string name) => books[name]!.GetValue<long>();
}
