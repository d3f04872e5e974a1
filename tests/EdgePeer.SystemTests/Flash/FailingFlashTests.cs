using EdgePeer.Agent.Identity;
using EdgePeer.SystemTests.EndToEnd;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Flash;

/// <summary>Agents on a flash that says no: writes and syncs fail at random, and the space ends.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class FailingFlashTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Nothing_is_lost_on_a_flash_whose_writes_and_syncs_fail_at_random()
    {
        int rounds = Effort.Of(usual: 6, full: 60);
        int seed = Effort.Full ? Environment.TickCount : 1;
        var random = new Random(seed);
        var messages = new NumberedMessages("failing", 200);
        await using var flash = await FailingFileSystem.MountAsync();
        var (cable, a, b) = Site.Cables(loss: 0);
        await using var site = await Site.MakeAsync(a, b, cable, null, "6MiB", states: [Path.Combine(flash.Path, "a"), Path.Combine(flash.Path, "b")]);
        await site.StartAsync();
        await using var reading = new ReadingApplication(site.B, messages);
        var sending = new SendingApplication(site.A, messages);
        using var enough = new CancellationTokenSource();
        var flow = sending.SendUntilAsync(enough.Token);
        long failed = 0;
        for (int round = 0; round < rounds; round++)
        {
            flash.Fail(random.Next(30), random.Next(30), random.Next(30));
            await Task.Delay(random.Next(200, 1_500), TestContext.Current.CancellationToken);
            // Killed while it fails: what was acknowledged must have been there before.
            if (round % 3 == 2)
            {
                var victim = random.Next(2) == 0 ? site.A : site.B;
                failed += await FailedSyncsAsync(victim);
                await victim.Agent.KillAsync();
                flash.Fail();
                await victim.StartAsync();
            }
            flash.Fail();
            int before = sending.Durable;
            await Wait.UntilAsync("messages flow again", () => sending.Durable > before || flow.IsFaulted, TimeSpan.FromMinutes(2));
        }
        failed += await FailedSyncsAsync(site.A) + await FailedSyncsAsync(site.B);
        await enough.CancelAsync();
        await flow;
        await reading.UntilAsync(sending.Durable, TimeSpan.FromMinutes(2));
        await site.AssertBooksAsync(sending.Durable);
        reading.Ledger.AssertComplete(sending.Durable, mayComeAgain: true);
        await site.A.AssertHealthyAsync();
        await site.B.AssertHealthyAsync();
        output.WriteLine($"seed {seed}: {rounds} times of failures, {failed} batches failed, {sending.Durable} messages, {sending.Retries} posts made again");
        Assert.True(failed > rounds, $"only {failed} batches failed");
    }

    [Fact]
    public async Task A_flash_that_takes_no_writes_is_seen_in_status_and_a_start_that_waits_for_it_ends_when_told()
    {
        await using var flash = await FailingFileSystem.MountAsync();
        await using var peers = TwoPeers.Make(capacity: "6MiB");
        string onFlash = Directory.CreateDirectory(Path.Combine(flash.Path, "a")).FullName;
        FileKey.Create(onFlash).Dispose();
        Directory.Delete(peers.File("a"), recursive: true);
        File.CreateSymbolicLink(peers.File("a"), onFlash);
        var a = await peers.StartAsync("a");
        Assert.Equal(0, (await a.CommandAsync(["send", "p", "one"])).ExitCode);
        Assert.DoesNotContain("takes no writes", (await a.CommandAsync(["status"])).Output, StringComparison.Ordinal);

        flash.Fail(noSpace: 100);
        var second = a.CommandAsync(["send", "p", "two"]);
        await Wait.UntilAsync("status says it", async () => (await a.CommandAsync(["status"])).Output.Contains("the flash takes no writes: ", StringComparison.Ordinal));
        await a.KillAsync();
        await second;

        // A start syncs what it finds before it is ready.
        flash.Fail(syncs: 100);
        using var starting = Edgepeer.Start(["run", "--config", peers.Configuration("a"), "--socket", peers.Socket("a")]);
        for (string line = "", before = ""; !line.Contains("journal: Failed", StringComparison.Ordinal); before = line)
            line = await starting.StandardError.ReadLineAsync(TestContext.Current.CancellationToken) ?? throw new InvalidOperationException($"it ended by itself: {before}");
        RunningAgent.SendSignal(starting.Id, 15);
        bool ended = starting.WaitForExit(Wait.Limit);
        if (!ended)
            starting.Kill();
        Assert.True(ended, "it did not end");
        Assert.Equal(0, starting.ExitCode);
        Assert.Equal("", await starting.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken));

        flash.Fail();
        a = await peers.StartAsync("a");
        Assert.InRange((long)(await a.PipeAsync("p"))!["queued"]!, 1, 2);
    }

    [Fact]
    public async Task A_full_disk_is_back_pressure_and_says_so()
    {
        var messages = new NumberedMessages("full", 200);
        await using var flash = await FailingFileSystem.MountAsync();
        var (cable, a, b) = Site.Cables(loss: 0);
        await using var site = await Site.MakeAsync(a, b, cable, null, "6MiB", states: [Path.Combine(flash.Path, "a"), Path.Combine(flash.Path, "b")]);
        await site.StartAsync();
        await using var reading = new ReadingApplication(site.B, messages);
        var sending = new SendingApplication(site.A, messages);
        await sending.SendAsync(20, 20, TestContext.Current.CancellationToken);
        await reading.UntilAsync(20, TimeSpan.FromMinutes(1));

        flash.Fail(noSpace: 100);
        var waiting = sending.SendAsync(1, 1, TestContext.Current.CancellationToken);
        await Wait.UntilAsync("the agent says why it waits", () => site.A.Agent.Log.Any(line => line.Contains("No space left", StringComparison.OrdinalIgnoreCase)));
        Assert.False(waiting.IsCompleted);
        Assert.Equal(20, sending.Durable);
        flash.Fail();
        await waiting.WaitAsync(TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken);
        await reading.UntilAsync(21, TimeSpan.FromMinutes(1));
        await site.A.AssertHealthyAsync();
    }

    private static async Task<long> FailedSyncsAsync(Station station) => (long)(await station.Agent.StatusAsync())["journal"]!["failedSyncs"]!;
}
