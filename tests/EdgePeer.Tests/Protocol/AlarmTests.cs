using System.Globalization;
using EdgePeer.Protocol;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol;

/// <summary>An urgent message passes a backlog of a day: it waits for the frame that is on the air, and for no other.</summary>
public class AlarmTests
{
    [Theory]
    [InlineData("readings")]
    [InlineData("alarms")]
    public void A_message_of_priority_7_is_delivered_within_two_of_the_largest_frames_and_a_round_trip(string pipe)
    {
        var lab = new Lab(1);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        a.Buffer.Capacity = b.Buffer.Capacity = 1L << 30;
        b.Read("readings", window: 1024);
        b.Read("alarms");
        byte[] reading = new byte[32];
        for (int i = 0; i < Backlog; i++)
        {
            a.Send("readings", reading, Receipt.Durable);
            if (i % 50_000 == 0)
                lab.Run(TimeSpan.FromMilliseconds(50));
        }
        var delay = TimeSpan.FromMilliseconds(5);
        var traits = Modem;
        lab.Connect(a, b, traits, delay);
        Assert.True(lab.Run(TimeSpan.FromMinutes(5), () => b.Delivered.Count > 500));

        var times = new List<TimeSpan>();
        for (int i = 0; i < Tries; i++)
        {
            lab.Run(TimeSpan.FromMilliseconds(500 + lab.Random.NextDouble() * 2_000));
            var sent = lab.Now;
            a.Receipts.Clear();
            a.Send(pipe, [1, 2, 3, 4, 5, 6, 7, 8], Receipt.Delivered, lane: 7);
            Assert.True(lab.Run(TimeSpan.FromMinutes(1), () => a.Receipts.Exists(receipt => receipt.Receipt == Receipt.Delivered)));
            times.Add(lab.Now - sent);
        }
        times.Sort();
        var p99 = times[^2];
        // A round trip: there and back, a word of what is kept, and a sync at each end.
        var roundTrip = 2 * delay + traits.Airtime(AnswerBytes) + a.SyncTime + b.SyncTime + HoldBack;
        var bound = 2 * traits.Airtime(traits.FrameBytesMax) + roundTrip;
        Assert.True(p99 <= bound, string.Create(CultureInfo.InvariantCulture, $"p99 {p99.TotalMilliseconds:F0} ms, bound {bound.TotalMilliseconds:F0} ms, median {times[Tries / 2].TotalMilliseconds:F0} ms, longest {times[^1].TotalMilliseconds:F0} ms"));
        Assert.True(a.Books("readings").Queued > Backlog / 2, "the backlog has gone: the test proves nothing");
        TestContext.Current.TestOutputHelper?.WriteLine(string.Create(CultureInfo.InvariantCulture, $"p99 {p99.TotalMilliseconds:F0} ms of {bound.TotalMilliseconds:F0}, median {times[Tries / 2].TotalMilliseconds:F0} ms"));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(7)]
    public void A_message_above_the_default_priority_waits_for_no_window_at_either_end(byte lane)
    {
        var (lab, a, _) = WithWindows();

        var taken = TimeOf(lab, a, [1], lane);

        // Two syncs, and what an idle line needs.
        Assert.InRange(taken, a.SyncTime * 2, a.SyncTime * 2 + TimeSpan.FromMilliseconds(10));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void A_message_of_the_default_priority_and_below_shares_its_syncs(byte lane)
    {
        var (lab, a, _) = WithWindows();

        Assert.InRange(TimeOf(lab, a, [1], lane), a.SyncWindow * 2, a.SyncWindow * 3);
    }

    [Fact]
    public void An_urgent_message_in_parts_hurries_its_receiver_once()
    {
        var (lab, a, b) = WithWindows();
        int before = b.Syncs;

        var taken = TimeOf(lab, a, new byte[100_000], 7);

        Assert.True(taken < a.SyncWindow, $"{taken}");
        Assert.Equal(1, b.Syncs - before);
    }

    private static (Lab Lab, LabPeer A, LabPeer B) WithWindows()
    {
        var lab = new Lab(1);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        lab.Connect(a, b, DeliveryTests.Radio with { BitsPerSecond = 100_000_000 }, TimeSpan.FromMilliseconds(1));
        b.Read("readings");
        // What a first message does beside its own way is not looked at.
        for (byte lane = 0; lane < 8; lane++)
            TimeOf(lab, a, [1], lane);
        lab.Run(TimeSpan.FromSeconds(5));
        a.SyncTime = b.SyncTime = TimeSpan.FromMilliseconds(20);
        a.SyncWindow = b.SyncWindow = TimeSpan.FromSeconds(1);
        return (lab, a, b);
    }

    private static TimeSpan TimeOf(Lab lab, LabPeer a, byte[] payload, byte lane)
    {
        var sent = lab.Now;
        a.Receipts.Clear();
        a.Send("readings", payload, Receipt.Delivered, lane);
        Assert.True(lab.Run(TimeSpan.FromMinutes(1), () => a.Receipts.Exists(receipt => receipt.Receipt == Receipt.Delivered)));
        return lab.Now - sent;
    }

    private const int Backlog = 1_000_000;
    private const int Tries = 100;
    private const int AnswerBytes = 40;

    // How long an answer may wait for the sync that it tells of, and on a slow line a little longer.
    private static readonly TimeSpan HoldBack = TimeSpan.FromMilliseconds(65);

    private static readonly TransportTraits Modem = DeliveryTests.Radio with { BitsPerSecond = 9_600 };
}
