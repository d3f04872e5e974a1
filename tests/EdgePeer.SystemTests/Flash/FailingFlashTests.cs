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
