using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using EdgePeer.Agent.Cli;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Agent;

/// <summary>Words, exit codes and what is printed.</summary>
public sealed class CommandTests
{
    [Theory]
    [InlineData("send p x")]
    [InlineData("recv p --count 1")]
    [InlineData("recv p --timeout 5s --reconnect --count 1")]
    [InlineData("send p x --timeout 5s")]
    [InlineData("status")]
    [InlineData("queue p")]
    [InlineData("id")]
    public async Task Without_an_agent_a_command_ends_with_3_and_says_how_to_start_one(string words)
    {
        using var directory = new TemporaryDirectory();

        var result = await Edgepeer.RunAsync([.. words.Split(' '), "--socket", directory.File("none.sock")]);

        Assert.Equal((3, ""), (result.ExitCode, result.Output));
        Assert.Contains("edgepeer run", result.Errors, StringComparison.Ordinal);
        Assert.Contains(directory.File("none.sock"), result.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "Required command")]
    [InlineData("sned p x", "sned")]
    [InlineData("send", "argument missing")]
    [InlineData("send a|b x", "not a pipe's name")]
    [InlineData("send p x --priority 8", "0 to 7")]
    [InlineData("send p x --wait never", "never")]
    [InlineData("send p x --lines", "give one of them")]
    [InlineData("send p x --ttl soon", "such as \"1h\"")]
    [InlineData("send p x --ttl 0s", "a second or more")]
    [InlineData("send p x --type stream", "not in this version")]
    [InlineData("recv p --type bogus", "use reliable")]
    [InlineData("recv p --count 0", "from 1")]
    [InlineData("recv p --as a|b", "not an endpoint's name")]
    [InlineData("recv p --timeout soon", "such as \"20ms\"")]
    [InlineData("run", "--config")]
    [InlineData("config check /nowhere/c.json", "no such file")]
    [InlineData("run --config /nowhere/c.json", "`edgepeer init --dir /nowhere` writes")]
    [InlineData("run --config c.json", "`edgepeer init --dir .` writes")]
    [InlineData("completion csh", "csh")]
    public async Task Wrong_words_end_with_2_and_say_which(string words, string said)
    {
        var result = await Edgepeer.RunAsync(words.Split(' ', StringSplitOptions.RemoveEmptyEntries));

        Assert.Equal((2, ""), (result.ExitCode, result.Output));
        Assert.Contains(said, result.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Init_writes_a_configuration_that_runs_and_never_overwrites()
    {
        using var directory = new TemporaryDirectory();
        string path = Path.Combine(directory.Path, "here", "edgepeer.json");

        var made = await Edgepeer.RunAsync(["init", "--dir", directory.File("here")]);
        var id = await Edgepeer.RunAsync(["id", "--config", path]);
        var check = await Edgepeer.RunAsync(["config", "check", path]);
        var again = await Edgepeer.RunAsync(["init", "--dir", directory.File("here")]);
        var other = await Edgepeer.RunAsync(["init", "--config", path]);

        Assert.Equal((0, id.Output), (made.ExitCode, made.Output));
        Assert.Contains("new secret", made.Errors, StringComparison.Ordinal);
        Assert.Equal((0, ""), (check.ExitCode, check.Errors));
        Assert.Equal((6, 6), (again.ExitCode, other.ExitCode));
        await using var agent = await RunningAgent.StartAsync(path, directory.File("s"));
        Assert.Equal(id.Output.Trim(), agent.Peer);
    }

    [Fact]
    public async Task What_Init_has_written_as_comments_can_be_taken_into_use()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.File("edgepeer.json");
        await Edgepeer.RunAsync(["init", "--dir", directory.Path]);
        string text = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        string all = Regex.Replace(text, """^( *)// ((, )?"(radio|cloud|readings|bridges|statusPage|api)": )""", "$1$2", RegexOptions.Multiline);
        await File.WriteAllTextAsync(path, all.Replace(", \"group\": \"edgepeer\" }", " }", StringComparison.Ordinal), TestContext.Current.CancellationToken);

        var check = await Edgepeer.RunAsync(["config", "check", path]);

        Assert.Equal((0, ""), (check.ExitCode, check.Errors));
        Assert.Equal(6 * "// ".Length, text.Length - all.Length);
    }

    [Fact]
    public async Task The_schema_is_printed_as_it_is_embedded()
    {
        var schema = await Edgepeer.RunAsync(["config", "schema"]);

        Assert.Equal(0, schema.ExitCode);
        Assert.Equal("EdgePeer configuration", JsonNode.Parse(schema.Output)!["title"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_full_pipe_ends_with_6_partly_with_7_and_a_waiting_one_with_5()
    {
        await using var peers = TwoPeers.Make("\"refusing\": { \"whenFull\": \"reject\" }, \"waiting\": { \"whenFull\": \"block\" }", capacity: "4MiB");
        var a = await peers.StartAsync("a");
        string large = new('x', 60_000);

        // Nobody reads: four megabytes of journal are full before that much of messages.
        var partly = await a.CommandAsync(["send", "refusing", "--lines"], string.Concat(Enumerable.Repeat(large + "\n", 60)));
        var refused = await a.CommandAsync(["send", "refusing"], large);
        var none = await a.CommandAsync(["send", "refusing", "--lines"], large + "\n");
        var waited = await a.CommandAsync(["send", "waiting", "--timeout", "3s"], large);

        Assert.Equal(7, partly.ExitCode);
        Assert.Contains("refused", partly.Errors, StringComparison.Ordinal);
        Assert.Equal((6, 6, 5), (refused.ExitCode, none.ExitCode, waited.ExitCode));
        Assert.Contains("no room for outgoing messages", waited.Errors, StringComparison.Ordinal);
        Assert.Contains("journal.capacity", waited.Errors, StringComparison.Ordinal);
        foreach (string view in new[] { "status", "queue" })
            Assert.Contains("nearly no room for outgoing messages", (await a.CommandAsync([view])).Output, StringComparison.Ordinal);
        var pipe = (await a.PipeAsync("refusing"))!;
        Assert.Equal(pipe["accepted"]!.GetValue<long>(), pipe["queued"]!.GetValue<long>());
    }

    [Fact]
    public async Task A_pipe_that_is_full_by_its_own_capacity_is_not_called_a_full_journal()
    {
        await using var peers = TwoPeers.Make("\"blk\": { \"capacity\": \"64KiB\" }, \"refusing\": { \"capacity\": \"64KiB\", \"whenFull\": \"reject\" }");
        var a = await peers.StartAsync("a");
        string lines = string.Concat(Enumerable.Repeat(new string('x', 1_000) + "\n", 200));

        var sent = await a.CommandAsync(["send", "blk", "--lines", "--timeout", "3s"], lines);
        var refused = await a.CommandAsync(["send", "refusing", "--lines"], lines);

        Assert.Equal((5, 7), (sent.ExitCode, refused.ExitCode));
        Assert.Contains("pipe blk is full by its own capacity; ", sent.Errors, StringComparison.Ordinal);
        Assert.Contains("give the pipe's capacity more", sent.Errors, StringComparison.Ordinal);
        long taken = (await a.PipeAsync("blk"))!["accepted"]!.GetValue<long>();
        Assert.InRange(taken, 1, 100);
        Assert.Contains($"; {taken} lines were taken before", sent.Errors, StringComparison.Ordinal);
        Assert.Contains("pipe refusing is full by its own capacity; whenFull", refused.Errors, StringComparison.Ordinal);

        using var waiting = Edgepeer.Start(["send", "blk", new string('x', 1_000), "--socket", a.SocketPath]);
        await Wait.UntilAsync("it waits", async () => (await a.PipeAsync("blk"))!["sendsWaiting"]!.GetValue<int>() == 1);
        string status = (await a.CommandAsync(["status"])).Output;
        waiting.Kill();
        Assert.Contains("pipe blk is full by its own capacity: 1 message waits for it; ", status, StringComparison.Ordinal);
        Assert.DoesNotContain("the journal has no room", status, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Room_that_is_kept_free_for_other_pipes_is_said_to_be()
    {
        await using var peers = TwoPeers.Make("\"alarms\": { \"share\": \"1MiB\" }, \"z\": {}", capacity: "4MiB");
        var a = await peers.StartAsync("a");
        await a.CommandAsync(["send", "alarms", "first"]);

        var sent = await a.CommandAsync(["send", "z", "--lines", "--timeout", "5s"], string.Concat(Enumerable.Repeat(new string('x', 10_000) + "\n", 500)));

        Assert.Equal(5, sent.ExitCode);
        Assert.Contains("pipe z has no room: what the journal has left", sent.Errors, StringComparison.Ordinal);
        Assert.Contains("their share", sent.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("the journal has no room", sent.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Views_are_tables_for_people_and_JSON_for_programs()
    {
        await using var peers = TwoPeers.Make();
        var (a, _) = (await peers.StartAsync("a"), await peers.StartAsync("b"));
        await a.CommandAsync(["send", "readings", "one"]);
        await Wait.UntilAsync("a knows b", async () => (await a.StatusAsync())["peers"]!.AsArray().Count > 0);

        foreach (var (view, told) in new[] { ("status", "journal:"), ("peers", "PEER"), ("links", "lan"), ("pipes", "readings"), ("queue", "readings") })
        {
            var table = await a.CommandAsync([view]);
            var json = await a.CommandAsync([view, "--json"]);
            Assert.Equal((view, 0, 0), (view, table.ExitCode, json.ExitCode));
            Assert.Contains(told, table.Output, StringComparison.Ordinal);
            Assert.NotNull(JsonNode.Parse(Assert.Single(json.Lines)));
        }
    }

    [Fact]
    public async Task A_watched_view_comes_again_until_interrupted()
    {
        await using var peers = TwoPeers.Make();
        var a = await peers.StartAsync("a");
        using var watch = Edgepeer.Start(["queue", "--watch", "--json", "--socket", a.SocketPath]);

        for (int i = 0; i < 3; i++)
            Assert.NotNull(JsonNode.Parse((await watch.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken))!));
        RunningAgent.SendSignal(watch.Id, 2);
        await watch.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(Wait.Limit, TestContext.Current.CancellationToken);

        Assert.Equal(0, watch.ExitCode);
    }

    [Theory]
    [InlineData("status --watch --json")]
    [InlineData("pipes --watch")]
    public async Task A_watched_view_ends_when_nobody_reads_it_any_more(string words)
    {
        await using var peers = TwoPeers.Make();
        var a = await peers.StartAsync("a");

        string program = Path.Combine(AppContext.BaseDirectory, "edgepeer.dll");
        using var piped = Edgepeer.Start("sh", ["-c", $"{{ dotnet '{program}' {words} --socket '{a.SocketPath}'; echo \"ended with $?\" >&2; }} | head -c 10"]);
        string errors = await piped.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken).WaitAsync(Wait.Limit, TestContext.Current.CancellationToken);

        Assert.Contains("Broken pipe", errors, StringComparison.Ordinal);
        Assert.EndsWith("ended with 1\n", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Help_says_what_the_exit_codes_mean()
    {
        var help = await Edgepeer.RunAsync(["--help"]);

        Assert.Equal((0, ""), (help.ExitCode, help.Errors));
        foreach (var code in Enum.GetValues<ExitCode>())
            Assert.Matches($@"(^|\s){(int)code} [a-z]", help.Output);
        Assert.Contains("  send ", help.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("run")]
    [InlineData("send")]
    [InlineData("recv")]
    [InlineData("trace")]
    [InlineData("config check")]
    [InlineData("journal verify")]
    [InlineData("group members add")]
    public async Task Help_needs_none_of_the_words_that_it_lists(string words)
    {
        var help = await Edgepeer.RunAsync([.. words.Split(' '), "--help"]);

        Assert.Equal((0, ""), (help.ExitCode, help.Errors));
        Assert.Contains($"edgepeer {words}", help.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_directory_in_place_of_a_file_is_called_one()
    {
        using var directory = new TemporaryDirectory();

        foreach (string[] words in new string[][] { ["config", "check", directory.Path], ["send", "p", "--file", directory.Path, "--socket", directory.File("none.sock")] })
        {
            var result = await Edgepeer.RunAsync(words);
            Assert.Equal(2, result.ExitCode);
            Assert.Contains("is a directory", result.Errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_configuration_that_runs_badly_is_good_with_a_warning()
    {
        using var directory = new TemporaryDirectory();
        string open = directory.Write("open.json", "{ \"name\": \"a\", \"stateDirectory\": \"s\", \"transports\": { \"lan\": { \"type\": \"ethernet\", \"listen\": \"0.0.0.0:47474\" } } }");
        string none = directory.Write("none.json", "{ \"name\": \"a\", \"stateDirectory\": \"s\" }");

        var (outside, alone) = (await Edgepeer.RunAsync(["config", "check", open]), await Edgepeer.RunAsync(["config", "check", none]));

        Assert.Equal((0, 0), (outside.ExitCode, alone.ExitCode));
        Assert.Contains($"{open}: warning: `edgepeer run` refuses it as it is", outside.Errors, StringComparison.Ordinal);
        Assert.Contains($"{none}: warning: no transports", alone.Errors, StringComparison.Ordinal);
        Assert.Contains("add \"transports\"", alone.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bash_completes_words_by_the_printed_script()
    {
        var (bash, zsh, fish) = (await Edgepeer.RunAsync(["completion", "bash"]), await Edgepeer.RunAsync(["completion", "zsh"]), await Edgepeer.RunAsync(["completion", "fish"]));
        Assert.Equal((0, 0, 0), (bash.ExitCode, zsh.ExitCode, fish.ExitCode));
        Assert.Contains("compdef _edgepeer edgepeer", zsh.Output, StringComparison.Ordinal);
        Assert.Contains("complete -c edgepeer", fish.Output, StringComparison.Ordinal);

        string asked = $"edgepeer() {{ dotnet '{Path.Combine(AppContext.BaseDirectory, "edgepeer.dll")}' \"$@\"; }}\n{bash.Output}\nCOMP_LINE='edgepeer send p --w' COMP_POINT=19 COMP_CWORD=3 COMP_WORDS=(edgepeer send p --w)\n_edgepeer\necho \"${{COMPREPLY[@]}}\"";
        using var shell = Edgepeer.Start("bash", ["-c", asked]);
        string completed = await shell.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);

        Assert.Equal("--wait", completed.Trim());
    }

    [Fact]
    public async Task A_receipt_that_no_peer_can_give_ends_with_4_and_one_that_nobody_gives_with_5()
    {
        await using var peers = TwoPeers.Make();
        var a = await peers.StartAsync("a");
        var alone = await a.CommandAsync(["send", "p", "x", "--wait", "delivered", "--timeout", "3s"]);
        var b = await peers.StartAsync("b");
        await Wait.UntilAsync("a knows b", async () => (await a.StatusAsync())["peers"]!.AsArray().Count > 0);
        var unread = await a.CommandAsync(["send", "p", "x", "--wait", "delivered", "--timeout", "3s"]);
        await b.CommandAsync(["recv", "p", "--count", "2"]);
        await b.KillAsync();
        var away = await a.CommandAsync(["send", "p", "x", "--wait", "consumed", "--timeout", "5s"]);

        Assert.Equal((4, 5, 4), (alone.ExitCode, unread.ExitCode, away.ExitCode));
        Assert.Contains("no way to any other peer", alone.Errors, StringComparison.Ordinal);
        Assert.Contains("nobody reads pipe p yet", unread.Errors, StringComparison.Ordinal);
        Assert.Contains($"no way to peer {b.Peer}", away.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Who_reads_a_pipe_where_it_is_written_is_told_so()
    {
        await using var peers = TwoPeers.Make();
        var a = await peers.StartAsync("a");
        await a.CommandAsync(["send", "p", "x"]);

        var own = await a.CommandAsync(["recv", "p", "--count", "1", "--timeout", "3s"]);

        Assert.Equal(5, own.ExitCode);
        Assert.Contains("a writes pipe p itself", own.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Recv_without_a_message_in_time_ends_with_5()
    {
        await using var peers = TwoPeers.Make();
        var a = await peers.StartAsync("a");

        var result = await a.CommandAsync(["recv", "p", "--count", "1", "--timeout", "5s"]);

        Assert.Equal((5, ""), (result.ExitCode, result.Output));
        Assert.Contains("--timeout waits longer", result.Errors, StringComparison.Ordinal);
    }
}
