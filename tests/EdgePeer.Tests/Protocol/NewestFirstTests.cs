using System.Buffers.Binary;
using EdgePeer.Protocol;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol;

/// <summary>A backlog that leaves newest first: what is new does not wait behind a day of readings, the oldest come too, and nothing comes twice.</summary>
public class NewestFirstTests
{
    [Fact]
    public void A_backlog_leaves_newest_first_with_a_quarter_for_the_oldest_and_each_arrives_once()
    {
        var (lab, a, b) = Site(1);
        Queue(lab, a, 0, 400);
        lab.Connect(a, b, Modem, TimeSpan.FromMilliseconds(5));
        Assert.True(lab.Run(TimeSpan.FromMinutes(5), () => b.Payloads.Count >= 100));
        var first = Numbers(b).Take(100).ToList();
        Assert.Equal(399, first[0]);
        Assert.InRange(first.Count(number => number >= 300), 60, 90);
        Assert.InRange(first.Count(number => number < 40), 10, 40);
        var newest = first.Where(number => number >= 200).ToList();
        Assert.Equal(newest.OrderDescending(), newest);
        Assert.True(lab.Run(TimeSpan.FromMinutes(20), () => a.Books("readings").Consumed == 400));
        Assert.Equal(Enumerable.Range(0, 400), Numbers(b).Order());
        AssertBooks(a, accepted: 400, delivered: 400, expired: 0, dropped: 0);
    }

    [Fact]
    public void What_is_sent_while_a_backlog_drains_passes_it()
    {
        var (lab, a, b) = Site(2);
        Queue(lab, a, 0, 5_000);
        lab.Connect(a, b, Modem, TimeSpan.FromMilliseconds(5));
        Assert.True(lab.Run(TimeSpan.FromMinutes(5), () => b.Payloads.Count >= 200));
        for (int number = 5_000; number < 5_010; number++)
        {
            lab.Run(TimeSpan.FromSeconds(7));
            var sent = lab.Now;
            Queue(lab, a, number, 1);
            Assert.True(lab.Run(TimeSpan.FromMinutes(1), () => Numbers(b).Contains(number)));
            Assert.InRange((lab.Now - sent).TotalSeconds, 0, 10);
        }
        Assert.True(a.Books("readings").Queued > 1_000, $"the backlog has gone, but for {a.Books("readings").Queued}: the test proves nothing; {lab.Now}");
    }

    [Fact]
    public void A_link_that_keeps_up_delivers_in_the_order_of_sending()
    {
        var (lab, a, b) = Site(3);
        lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        lab.Run(TimeSpan.FromSeconds(10));
        for (int i = 0; i < 50; i++)
        {
            Queue(lab, a, i, 1);
            lab.Run(TimeSpan.FromMilliseconds(200));
        }
        Assert.Equal(Enumerable.Range(0, 50), Numbers(b));
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Restarts_and_lost_frames_in_the_middle_change_nothing_of_that(int seed)
    {
        var (lab, a, b) = Site(seed);
        Queue(lab, a, 0, 300);
        var line = lab.Connect(a, b, Modem, TimeSpan.FromMilliseconds(5), loss: 0.1);
        int sent = 300;
        for (int i = 0; i < 12; i++)
        {
            lab.Run(TimeSpan.FromSeconds(3 + lab.Random.NextDouble() * 4));
            line.Cut = i % 3 == 1;
            Queue(lab, a, sent, 5);
            sent += 5;
            (i % 2 == 0 ? a : b).Restart();
            if (i % 2 == 1)
                b.Read("readings");
        }
        line.Cut = false;
        Assert.True(lab.Run(TimeSpan.FromMinutes(60), () => Numbers(b).Distinct().Count() == sent && a.Books("readings").Queued == 0));
        // The lab's reader consumes at once, and the flash here forgets nothing.
        Assert.Equal(Enumerable.Range(0, sent), Numbers(b).Order());
        AssertBooks(a, accepted: sent, delivered: sent, expired: 0, dropped: 0);
    }

    [Fact]
    public void What_waits_for_its_turn_expires_in_time_and_leaves_no_gap()
    {
        var (lab, a, b) = Site(7, new PipeOptions { Order = BacklogOrder.NewestFirst, Ttl = TimeSpan.FromMinutes(1) });
        Queue(lab, a, 0, 100);
        lab.Run(TimeSpan.FromSeconds(50));
        Queue(lab, a, 100, 100);
        lab.Run(TimeSpan.FromSeconds(15));
        Assert.Equal(100, a.Books("readings").Expired);
        lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        Assert.True(lab.Run(TimeSpan.FromSeconds(30), () => a.Books("readings").Consumed == 100));
        Assert.Equal(Enumerable.Range(100, 100), Numbers(b).Order());
        Assert.Equal((100, 0), (b.Books("readings").Received, b.Books("readings").Waiting));
        AssertBooks(a, accepted: 200, delivered: 100, expired: 100, dropped: 0);
    }

    [Fact]
    public void A_full_pipe_drops_the_oldest_of_those_that_wait_for_their_turn()
    {
        var (lab, a, b) = Site(8, new PipeOptions { Order = BacklogOrder.NewestFirst, WhenFull = WhenFull.DropOldest, CapacityBytes = 64 << 10 });
        a.Buffer.Capacity = 1 << 20;
        for (int i = 0; i < 3_000; i++)
            Queue(lab, a, i, 1);
        long dropped = a.Books("readings").Dropped;
        Assert.InRange(dropped, 500, 2_900);
        lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        Assert.True(lab.Run(TimeSpan.FromMinutes(2), () => a.Books("readings").Queued == 0));
        Assert.Equal(Enumerable.Range((int)dropped, 3_000 - (int)dropped), Numbers(b).Order());
    }

    [Fact]
    public void Callers_hear_of_their_own_message_whatever_turn_it_had()
    {
        var (lab, a, b) = Site(9);
        for (int i = 0; i < 40; i++)
            a.Send("readings", Payload(i), i % 2 == 0 ? Receipt.Consumed : Receipt.Delivered, tag: (UInt128)(i + 1));
        lab.Run(TimeSpan.FromSeconds(1));
        lab.Connect(a, b, Modem, TimeSpan.FromMilliseconds(5));
        Assert.True(lab.Run(TimeSpan.FromMinutes(5), () => a.Receipts.Count(receipt => receipt.Receipt == Receipt.Consumed) == 20));
        Assert.Equal(Enumerable.Range(0, 20).Select(i => (ulong)i * 2), a.Receipts.Where(receipt => receipt.Receipt == Receipt.Consumed).Select(receipt => receipt.Sequence).Order());
        a.Receipts.Clear();
        a.Send("readings", Payload(6), Receipt.Consumed, tag: 7);
        Assert.True(lab.Run(TimeSpan.FromMinutes(1), () => a.Receipts.Exists(receipt => receipt.Receipt == Receipt.Consumed)));
        Assert.All(a.Receipts, receipt => Assert.Equal(6UL, receipt.Sequence));
    }

    [Fact]
    public void Another_order_holds_from_when_the_lane_is_next_empty()
    {
        var (lab, a, b) = Site(10, new PipeOptions());
        var line = lab.Connect(a, b, Modem, TimeSpan.FromMilliseconds(5));
        Queue(lab, a, 0, 1);
        Assert.True(lab.Run(TimeSpan.FromMinutes(1), () => b.Payloads.Count == 1));
        line.Cut = true;
        lab.Run(TimeSpan.FromMinutes(10));
        Queue(lab, a, 1, 50);
        a.Options = LabPeer.Readings(Newest)(a.Options);
        a.Restart();
        line.Cut = false;
        Assert.True(lab.Run(TimeSpan.FromMinutes(20), () => a.Books("readings").Consumed == 51));
        Assert.Equal(Enumerable.Range(0, 51), Numbers(b));
        Queue(lab, a, 51, 100);
        Assert.True(lab.Run(TimeSpan.FromMinutes(20), () => a.Books("readings").Consumed == 151));
        Assert.NotEqual(Enumerable.Range(0, 151), Numbers(b));
        Assert.Equal(Enumerable.Range(0, 151), Numbers(b).Order());
        // And back.
        a.Options = LabPeer.Readings(new PipeOptions())(a.Options);
        a.Restart();
        lab.Run(TimeSpan.FromSeconds(30));
        Queue(lab, a, 151, 100);
        Assert.True(lab.Run(TimeSpan.FromMinutes(20), () => a.Books("readings").Consumed == 251));
        Assert.Equal(Enumerable.Range(151, 100), Numbers(b).Skip(151));
    }

    [Fact]
    public void A_trace_counts_what_goes_before_a_message_by_turns()
    {
        var (lab, a, _) = Site(11);
        Queue(lab, a, 0, 100);
        Assert.Equal(99, a.Node.Trace(PipeName.Parse("readings"), 3, 0, lab.Now).Ahead);
        Assert.Equal(0, a.Node.Trace(PipeName.Parse("readings"), 3, 99, lab.Now).Ahead);
    }

    private static (Lab Lab, LabPeer A, LabPeer B) Site(int seed, PipeOptions? options = null)
    {
        var lab = new Lab(seed);
        var (a, b) = (lab.AddPeer("a", configure: LabPeer.Readings(options ?? Newest)), lab.AddPeer("b"));
        b.Read("readings");
        return (lab, a, b);
    }

    private static void Queue(Lab lab, LabPeer peer, int from, int count)
    {
        for (int i = 0; i < count; i++)
            peer.Send("readings", Payload(from + i), Receipt.Durable);
        lab.Run(TimeSpan.FromMilliseconds(50));
    }

    private static byte[] Payload(int number)
    {
        byte[] payload = new byte[32];
        BinaryPrimitives.WriteInt32BigEndian(payload, number);
        return payload;
    }

    private static IEnumerable<int> Numbers(LabPeer peer) => peer.Payloads.Select(payload => BinaryPrimitives.ReadInt32BigEndian(payload));

    private static void AssertBooks(LabPeer peer, long accepted, long delivered, long expired, long dropped)
    {
        var books = peer.Books("readings");
        Assert.Equal((accepted, delivered, 0L, expired, dropped), (books.Accepted, books.Delivered, books.Queued, books.Expired, books.Dropped));
    }

    private static readonly PipeOptions Newest = new() { Order = BacklogOrder.NewestFirst };
    private static readonly TransportTraits Modem = DeliveryTests.Radio with { BitsPerSecond = 9_600 };
}
