using EdgePeer.SystemTests.EndToEnd;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Flash;

/// <summary>Two agents on one flash: at any moment, what it holds is all that was acknowledged.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class PowerCutTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Nothing_that_was_acknowledged_is_missing_from_a_flash_that_loses_power()
    {
        int cuts = Effort.Of(usual: 8, full: 200);
        int seed = Effort.Full ? Environment.TickCount : 1;
        var random = new Random(seed);
        var messages = new NumberedMessages("cuts", 200);
        await using var flash = await FlashImage.MakeAsync(megabytes: 48);
        string[] states = [Path.Combine(flash.Path, "a"), Path.Combine(flash.Path, "b")];
        var (cable, a, b) = Site.Cables(loss: 0, bytesPerSecond: 200_000);
        await using var site = await Site.MakeAsync(a, b, cable, null, Capacity, states: states);
        await site.StartAsync();
        await using var reading = new ReadingApplication(site.B, messages);
        var sending = new SendingApplication(site.A, messages);
        using var enough = new CancellationTokenSource();
        var flow = sending.SendUntilAsync(enough.Token);
        int met = 0, kills = 0;
        for (int cut = 0; cut < cuts; cut++)
        {
            int before = sending.Durable;
            await Wait.UntilAsync("messages flow", () => sending.Durable > before || flow.IsFaulted);
            await Task.Delay(random.Next(CutWithinMilliseconds), TestContext.Current.CancellationToken);
            int durable = sending.Durable;
            site.A.Agent.Pause();
            site.B.Agent.Pause();
            int taken = reading.Ledger.Next;
            string copy = await flash.CopyAsync();
            if (cut % 4 == 3)
            {
                var victim = random.Next(2) == 0 ? site.A : site.B;
                await victim.Agent.KillAsync();
                (victim == site.A ? site.B : site.A).Agent.Resume();
                await victim.StartAsync();
                kills++;
            }
            else
            {
                site.A.Agent.Resume();
                site.B.Agent.Resume();
            }
            await flash.LookAsync(copy, place =>
            {
                var kept = JournalOfCopy.Numbers(Path.Combine(place, "a"), CapacityBytes, messages);
                kept.UnionWith(JournalOfCopy.Numbers(Path.Combine(place, "b"), CapacityBytes, messages));
                int[] lost = [.. Enumerable.Range(taken, Math.Max(0, durable - taken)).Where(number => !kept.Contains(number))];
                Assert.True(lost.Length == 0, $"cut {cut} of seed {seed}: of {durable} acknowledged, {taken} taken, {lost.Length} are lost: {string.Join(", ", lost.Take(10))}");
                met += durable > taken ? 1 : 0;
            });
        }
        await enough.CancelAsync();
        await flow;
        await reading.UntilAsync(sending.Durable, TimeSpan.FromMinutes(2));
        reading.Ledger.AssertComplete(sending.Durable, mayComeAgain: true);
        await site.A.AssertHealthyAsync();
        await site.B.AssertHealthyAsync();
        output.WriteLine($"seed {seed}: {cuts} power cuts and {kills} kills of {flash}, {sending.Durable} messages; {met} cuts met acknowledged messages on the way");
        Assert.True(met > cuts / 4, $"only {met} of {cuts} cuts met messages on the way");
    }

    private const string Capacity = "6MiB";
    private const long CapacityBytes = 6 << 20;
    private const int CutWithinMilliseconds = 300;
}
