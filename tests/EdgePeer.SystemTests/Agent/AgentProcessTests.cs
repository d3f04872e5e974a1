using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Agent;

/// <summary>How `edgepeer run` starts, obeys and ends.</summary>
public sealed class AgentProcessTests
{
    [Fact]
    public async Task It_is_ready_with_its_peer_id_and_ends_with_0_when_told_to()
    {
        await using var peers = TwoPeers.Make();
        var a = await peers.StartAsync("a");

        Assert.Equal(a.Peer, (await Edgepeer.RunAsync(["id", "--config", peers.Configuration("a")])).Output.Trim());
        Assert.Equal(a.Peer, (await a.CommandAsync(["id"])).Output.Trim());
        Assert.Equal(0, await a.StopAsync());
        Assert.False(File.Exists(peers.Socket("a")));
    }

    [Fact]
    public async Task What_was_accepted_is_there_after_a_stop_and_after_a_kill()
    {
        await using var peers = TwoPeers.Make();
        var a = await peers.StartAsync("a");
        await a.CommandAsync(["send", "p", "--lines"], "one\ntwo\n");
        await a.StopAsync();
        a = await peers.StartAsync("a");
        await a.CommandAsync(["send", "p", "three"]);
        await a.KillAsync();
        a = await peers.StartAsync("a");

        Assert.Equal(3, (await a.PipeAsync("p"))!["queued"]!.GetValue<long>());
        var b = await peers.StartAsync("b");
        Assert.Equal(["one", "two", "three"], (await b.CommandAsync(["recv", "p", "--count", "3"])).Lines);
    }

    [Fact]
    public async Task A_second_agent_on_the_directory_is_refused_in_one_line()
    {
        await using var peers = TwoPeers.Make();
        await peers.StartAsync("a");

        var second = await Edgepeer.RunAsync(["run", "--config", peers.Configuration("a"), "--socket", peers.Socket("other")]);

        Assert.Equal(6, second.ExitCode);
        Assert.Equal("", second.Output);
        Assert.Single(second.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Fact]
    public async Task A_socket_that_answers_is_left_alone_and_a_dead_one_is_replaced()
    {
        await using var peers = TwoPeers.Make();
        var a = await peers.StartAsync("a");

        var second = await Edgepeer.RunAsync(["run", "--config", peers.Configuration("b"), "--socket", a.SocketPath]);
        Assert.Equal(6, second.ExitCode);
        Assert.Contains("another agent answers", second.Errors, StringComparison.Ordinal);
        Assert.NotNull(await a.StatusAsync());

        await a.KillAsync();
        Assert.True(File.Exists(a.SocketPath));
        a = await peers.StartAsync("a");
        Assert.NotNull(await a.StatusAsync());
    }

    [Fact]
    public async Task A_file_that_is_no_socket_is_not_removed()
    {
        await using var peers = TwoPeers.Make();
        await File.WriteAllTextAsync(peers.Socket("a"), "precious", TestContext.Current.CancellationToken);

        var run = await Edgepeer.RunAsync(["run", "--config", peers.Configuration("a"), "--socket", peers.Socket("a")]);

        Assert.Equal(1, run.ExitCode);
        Assert.Equal("precious", await File.ReadAllTextAsync(peers.Socket("a"), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task What_would_leave_the_machine_without_a_secret_is_refused()
    {
        await using var peers = TwoPeers.Make();
        Change(peers.Configuration("a"), ", \"secretFile\": \"group.key\"", "");
        Change(peers.Configuration("a"), "\"listen\": \"127.0.0.1:", "\"listen\": \"0.0.0.0:");

        var refused = await Edgepeer.RunAsync(["run", "--config", peers.Configuration("a"), "--socket", peers.Socket("a")]);

        Assert.Equal(6, refused.ExitCode);
        Assert.Contains("--insecure-lab", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_bad_configuration_is_refused_whole()
    {
        await using var peers = TwoPeers.Make();
        Change(peers.Configuration("a"), "\"listen\"", "\"lisen\"");

        var refused = await Edgepeer.RunAsync(["run", "--config", peers.Configuration("a"), "--socket", peers.Socket("a")]);

        Assert.Equal(2, refused.ExitCode);
        Assert.Contains($"{peers.Configuration("a")}:3:", refused.Errors, StringComparison.Ordinal);
        Assert.Contains("did you mean \"listen\"?", refused.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Systemd_is_told_of_every_turn_and_fed_while_the_loop_goes_round()
    {
        await using var peers = TwoPeers.Make();
        using var directory = new TemporaryDirectory();
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { ReceiveTimeout = (int)Wait.Limit.TotalMilliseconds };
        systemd.Bind(new UnixDomainSocketEndPoint(directory.File("notify")));
        var environment = new Dictionary<string, string> { ["NOTIFY_SOCKET"] = directory.File("notify"), ["WATCHDOG_USEC"] = "200000" };
        await using var a = await RunningAgent.StartAsync(peers.Configuration("a"), peers.Socket("a"), environment);

        Assert.Equal("READY=1", NextButFood(systemd));
        Assert.Equal("WATCHDOG=1", Receive(systemd));
        Assert.Equal("WATCHDOG=1", Receive(systemd));
        a.Signal(PosixSignal.SIGHUP);
        Assert.StartsWith("RELOADING=1\nMONOTONIC_USEC=", NextButFood(systemd), StringComparison.Ordinal);
        Assert.Equal("READY=1", NextButFood(systemd));
        a.Signal(PosixSignal.SIGTERM);
        Assert.Equal("STOPPING=1", NextButFood(systemd));
    }

    [Fact]
    public async Task A_hang_up_with_a_bad_file_changes_nothing_and_says_why()
    {
        await using var peers = TwoPeers.Make();
        var a = await peers.StartAsync("a");
        string good = await File.ReadAllTextAsync(peers.Configuration("a"), TestContext.Current.CancellationToken);
        Change(peers.Configuration("a"), "\"ethernet\"", "\"ethernot\"");

        a.Signal(PosixSignal.SIGHUP);
        await Wait.UntilAsync("the log says why", () => a.Log.Any(line => line.Contains("not reloaded", StringComparison.Ordinal)));
        Assert.Contains(a.Log, line => line.Contains($"{peers.Configuration("a")}:3:", StringComparison.Ordinal));
        Assert.True((await a.StatusAsync())["transports"]![0]!["up"]!.GetValue<bool>());

        await File.WriteAllTextAsync(peers.Configuration("a"), good.Replace("\"name\": \"a\"", "\"name\": \"other\"", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        a.Signal(PosixSignal.SIGHUP);
        await Wait.UntilAsync("the log says what needs a restart", () => a.Log.Any(line => line.Contains("\"name\" cannot change while the agent runs", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_hang_up_restarts_only_the_transports_that_changed()
    {
        await using var peers = TwoPeers.Make();
        var (a, b) = (await peers.StartAsync("a"), await peers.StartAsync("b"));
        using var pty = new Pty();
        await Wait.UntilAsync("a is heard", async () => (await b.StatusAsync())["peers"]!.AsArray().Count == 1);
        long before = (await a.StatusAsync())["transports"]![0]!["framesSent"]!.GetValue<long>();
        Change(peers.Configuration("a"), "\"transports\": {", $"\"transports\": {{ \"radio\": {{ \"type\": \"serial\", \"port\": \"{pty.Path}\", \"baud\": 57600 }},");

        a.Signal(PosixSignal.SIGHUP);
        await Wait.UntilAsync("the new port is up", async () => (await a.StatusAsync())["transports"]!.AsArray().Any(transport => transport!["name"]!.GetValue<string>() == "radio" && transport["up"]!.GetValue<bool>()));
        var lan = (await a.StatusAsync())["transports"]!.AsArray().Single(transport => transport!["name"]!.GetValue<string>() == "lan")!;
        Assert.True(lan["framesSent"]!.GetValue<long>() >= before, "the transport that did not change was started anew");

        Change(peers.Configuration("a"), "\"pipes\": {", "\"pipes\": { \"urgent\": { \"priority\": 7 }");
        a.Signal(PosixSignal.SIGHUP);
        await Wait.UntilAsync("the pipe's new priority is in force", async () => (await a.CommandAsync(["send", "urgent", "x", "--json"])).Output.Contains("\"priority\":7", StringComparison.Ordinal));
    }

    private static void Change(string path, string from, string to)
    {
        string text = File.ReadAllText(path);
        Assert.Contains(from, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(from, to, StringComparison.Ordinal));
    }

    private static string NextButFood(Socket systemd)
    {
        string state;
        do
            state = Receive(systemd);
        while (state == "WATCHDOG=1");
        return state;
    }

    private static string Receive(Socket systemd)
    {
        byte[] buffer = new byte[256];
        return Encoding.ASCII.GetString(buffer, 0, systemd.Receive(buffer));
    }
}
