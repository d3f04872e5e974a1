using EdgePeer.SystemTests.EndToEnd;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Flash;

/// <summary>What real file systems do to a journal, one agent beside another that has no trouble.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class RealFileSystemTests
{
    private readonly NumberedMessages _messages = new("real", 200);

    [Fact]
    public async Task A_disk_that_others_fill_takes_nothing_from_the_journal()
    {
        await using var flash = await FlashImage.MakeAsync(megabytes: 24);
        await using var site = await SiteOnAsync(flash);
        await site.StartAsync();
        using (flash.Fill())
            await FillAndEmptyAsync(site);
        Assert.DoesNotContain(site.A.Agent.Log, line => line.Contains("No space left", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_journal_larger_than_its_file_system_takes_what_there_is_says_so_and_never_stands_still()
    {
        await using var flash = await FlashImage.MakeAsync(megabytes: 12);
        await using var site = await SiteOnAsync(flash, "64MiB");
        await site.StartAsync();
        await UntilLoggedAsync(site.A, "its file system has room for ");
        await FillAndEmptyAsync(site);
        Assert.DoesNotContain(site.A.Agent.Log, line => line.Contains("No space left", StringComparison.Ordinal));
    }

    /// <summary>Nobody reads until the sender's journal is full; it starts again, and all of it arrives, and more.</summary>
    private static async Task FillAndEmptyAsync(Site site)
    {
        var messages = new NumberedMessages("large", 4_000);
        var sending = new SendingApplication(site.A, messages);
        using var enough = new CancellationTokenSource();
        var flow = sending.SendUntilAsync(enough.Token);
        await Wait.UntilAsync("the journal is full", async () => (int)(await site.A.Agent.StatusAsync())["journal"]!["outgoingRoomBytes"]! < 16 << 10 || flow.IsFaulted, TimeSpan.FromMinutes(2));
        await site.A.Agent.KillAsync();
        await site.A.StartAsync();
        await using var reading = new ReadingApplication(site.B, messages);
        int before = sending.Durable;
        await Wait.UntilAsync("messages flow again", () => sending.Durable > before + 100 || flow.IsFaulted, TimeSpan.FromMinutes(2));
        await enough.CancelAsync();
        await flow;
        await reading.UntilAsync(sending.Durable, TimeSpan.FromMinutes(2));
        reading.Ledger.AssertComplete(sending.Durable);
        await site.A.AssertHealthyAsync();
    }

    [Fact]
    public async Task A_file_system_that_turns_read_only_is_named_and_nothing_acknowledged_is_lost()
    {
        Tool.Require("e2fsck", "e2fsprogs");
        Tool.Require("findmnt", "util-linux");
        await using var flash = await FlashImage.MakeAsync(megabytes: 24);
        await using var site = await SiteOnAsync(flash);
        await site.StartAsync();
        var sending = new SendingApplication(site.A, _messages);
        await sending.SendAsync(100, 20, TestContext.Current.CancellationToken);

        await flash.TurnReadOnlyAsync();
        var waiting = sending.SendAsync(20, 20, TestContext.Current.CancellationToken);
        await UntilLoggedAsync(site.A, "Read-only file system");
        Assert.False(waiting.IsCompleted);
        Assert.Equal(100, sending.Durable);
        Assert.NotNull(await site.A.Agent.StatusAsync());

        await site.A.Agent.KillAsync();
        await flash.MountAgainAsync();
        await site.A.StartAsync();
        await waiting.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        await using var reading = new ReadingApplication(site.B, _messages);
        await reading.UntilAsync(120, TimeSpan.FromMinutes(1));
        reading.Ledger.AssertComplete(120);
    }

    [Fact]
    public async Task A_second_agent_on_the_same_state_directory_is_refused_and_the_first_goes_on()
    {
        await using var peers = TwoPeers.Make();
        var a = await peers.StartAsync("a");

        var second = await Edgepeer.RunAsync(["run", "--config", peers.Configuration("a"), "--socket", peers.Socket("second")]);

        Assert.Equal(6, second.ExitCode);
        Assert.Contains($"another agent runs on {peers.File("a")}", second.Errors, StringComparison.Ordinal);
        Assert.Contains("stateDirectory", second.Errors, StringComparison.Ordinal);
        Assert.Equal(0, (await a.CommandAsync(["send", "readings", "still here"])).ExitCode);
        // The lock goes with the process, however it ends.
        await a.KillAsync();
        await peers.StartAsync("a");
    }

    private static Task<Site> SiteOnAsync(FlashImage flash, string capacity = "6MiB")
    {
        var (cable, a, b) = Site.Cables(loss: 0);
        return Site.MakeAsync(a, b, cable, null, capacity, states: [Path.Combine(flash.Path, "a"), "state"]);
    }

    private static Task UntilLoggedAsync(Station station, string words) =>
        Wait.UntilAsync($"the agent says \"{words}\"", () => station.Agent.Log.Any(line => line.Contains(words, StringComparison.Ordinal)), TimeSpan.FromMinutes(1));
}
