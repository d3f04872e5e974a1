using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.EndToEnd;

/// <summary>SIGKILL at random moments, to the sender and to the receiver, over the cable and over the radio.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class KillTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Nothing_is_lost_or_doubled_by_kills_of_sender_and_receiver()
    {
        int each = Effort.Of(usual: 6, full: 50);
        int seed = Effort.Full ? Environment.TickCount : 1;
        var random = new Random(seed);
        var messages = new NumberedMessages("kills", MessageBytes);
        await using var site = await Site.WithBothAsync(cableBytesPerSecond: 100_000);
        await site.StartAsync();
        await using var reading = new ReadingApplication(site.B, messages);
        var sending = new SendingApplication(site.A, messages);
        using var enough = new CancellationTokenSource();
        var flow = SendUntilAsync(site, sending, enough.Token);
        var kills = new KillCounts();
        // The first half over the cable, the second over the radio alone.
        for (int round = 0; round < 2 * each; round++)
        {
            site.Cable!.Cut = round >= each;
            await KillOnceAsync(site, sending, reading, random, sender: round % 2 == 0, kills);
        }
        await enough.CancelAsync();
        await flow;
        site.Cable!.Cut = false;

        await reading.UntilAsync(sending.Durable, TimeSpan.FromMinutes(2));
        await site.AssertBooksAsync(sending.Durable);
        reading.Ledger.AssertComplete(sending.Durable, mayComeAgain: true);
        await site.A.AssertHealthyAsync();
        await site.B.AssertHealthyAsync();
        output.WriteLine(
            $"seed {seed}: {kills.OfSender} kills of the sender, {kills.OfReceiver} of the receiver; {kills.MetUnacknowledged} met unacknowledged messages, "
            + $"{kills.BetweenDurableAndKept} fell between durable and kept; {sending.Durable} messages, {sending.Retries} posts made again, {reading.Ledger.HandedOverAgain} handed over again under the same identity");
        Assert.Equal(2 * each, kills.MetUnacknowledged);
        Assert.InRange(kills.BetweenDurableAndKept, Effort.Of(usual: 4, full: 20), 2 * each);
    }

    /// <summary>Kills one of them at a random moment at which messages are on the way, and counts what that met.</summary>
    private static async Task KillOnceAsync(Site site, SendingApplication sending, ReadingApplication reading, Random random, bool sender, KillCounts kills)
    {
        int before = reading.Ledger.Next;
        var victim = sender ? site.A : site.B;
        for (bool met = false; !met;)
        {
            // The flow runs again after the last kill.
            await reading.UntilAsync(before + 1, TimeSpan.FromMinutes(1));
            await Task.Delay(random.Next(KillWithinMilliseconds));
            await Wait.UntilAsync("messages are on the way", async () => await site.A.CountAsync("queued") > 0);
            int durable = sending.Durable;
            await victim.Agent.KillAsync();
            // The one that lives says what was on the way: the sender what is queued, the receiver what has not come.
            if (sender)
            {
                long kept = await site.B.CountAsync("received");
                met = sending.Durable > kept;
                kills.BetweenDurableAndKept += met ? 1 : 0;
            }
            else
            {
                met = await site.A.CountAsync("queued") > 0;
            }
            await victim.StartAsync();
            // Its journal's own word: what it had kept when it was killed, read before much more can have come.
            if (!sender && met && durable > await site.B.CountAsync("received"))
                kills.BetweenDurableAndKept++;
            before = reading.Ledger.Next;
        }
        kills.MetUnacknowledged++;
        kills.OfSender += sender ? 1 : 0;
        kills.OfReceiver += sender ? 0 : 1;
    }

    /// <summary>Sends without end, a few seconds of the radio ahead at most.</summary>
    private static async Task SendUntilAsync(Site site, SendingApplication sending, CancellationToken enough)
    {
        while (!enough.IsCancellationRequested)
        {
            try
            {
                if (await site.A.CountAsync("queued") < QueuedMax)
                    await sending.SendAsync(Batch, Batch, CancellationToken.None);
                else
                    await Task.Delay(LookAgainAfter, CancellationToken.None);
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                // The sender's agent is down.
                await Task.Delay(LookAgainAfter, CancellationToken.None);
            }
        }
    }

    private sealed class KillCounts
    {
        public int OfSender, OfReceiver, MetUnacknowledged, BetweenDurableAndKept;
    }

    private const int MessageBytes = 200;
    private const int Batch = 20;

    // Two seconds of the radio.
    private const int QueuedMax = 50;
    private const int KillWithinMilliseconds = 250;
    private static readonly TimeSpan LookAgainAfter = TimeSpan.FromMilliseconds(5);
}
