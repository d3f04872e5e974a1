using EdgePeer.Protocol;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol;

/// <summary>Messages that end before they are kept: never too early, never both delivered and ended, and always in the books.</summary>
public class EarlyEndTests
{
    [Fact]
    public void What_was_never_sent_expires_when_its_time_is_over_and_not_before()
    {
        var lab = new Lab(1);
        var a = lab.AddPeer("a", configure: LabPeer.Readings(new PipeOptions { Ttl = TimeSpan.FromSeconds(10) }));
        a.Send("readings", [1]);
        a.Send("readings", [2], ttl: TimeSpan.FromSeconds(3));
        lab.Run(TimeSpan.FromSeconds(2.9));
        Assert.DoesNotContain(a.Receipts, receipt => receipt.Receipt == Receipt.Expired);
        lab.Run(TimeSpan.FromSeconds(0.5));
        Assert.Equal(1UL, Assert.Single(a.Receipts, receipt => receipt.Receipt == Receipt.Expired).Sequence);
        lab.Run(TimeSpan.FromSeconds(7));
        Assert.Equal(0UL, a.Receipts[^1].Sequence);
        AssertBooks(a, accepted: 2, delivered: 0, queued: 0, expired: 2, dropped: 0);
    }

    [Fact]
    public void What_comes_after_an_expired_message_is_delivered_in_order_and_the_gap_is_declared()
    {
        var lab = new Lab(2);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        for (byte i = 0; i < 10; i++)
            a.Send("readings", [i], ttl: i % 3 == 1 ? TimeSpan.FromSeconds(1) : null);
        lab.Run(TimeSpan.FromSeconds(3));
        b.Read("readings");
        lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        Assert.True(lab.Run(TimeSpan.FromSeconds(20), () => b.Payloads.Count == 7));
        lab.Run(TimeSpan.FromSeconds(5));
        Assert.Equal([0, 2, 3, 5, 6, 8, 9], b.Payloads.Select(payload => payload[0]));
        AssertBooks(a, accepted: 10, delivered: 7, queued: 0, expired: 3, dropped: 0);
        Assert.Equal((7, 0), (b.Books("readings").Received, b.Books("readings").Waiting));
        Assert.Equal(7, a.Books("readings").Consumed);
    }

    [Fact]
    public void A_message_that_was_kept_there_counts_as_delivered_though_its_time_ran_out_before_the_word_of_it_came()
    {
        var lab = new Lab(3);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        b.Read("readings");
        var line = lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        a.Send("readings", [0]);
        Assert.True(lab.Run(TimeSpan.FromSeconds(20), () => b.Payloads.Count == 1));
        line.Loses = (from, _) => from == b;
        a.Send("readings", [1], ttl: TimeSpan.FromSeconds(2));
        lab.Run(TimeSpan.FromSeconds(4));
        Assert.Equal(2, b.Payloads.Count);
        Assert.False(Assert.Single(a.Ended).Settled);
        AssertBooks(a, accepted: 2, delivered: 1, queued: 1, expired: 0, dropped: 0);
        line.Loses = null;
        Assert.True(lab.Run(TimeSpan.FromSeconds(60), () => a.Receipts.Count(receipt => receipt.Receipt == Receipt.Delivered) == 2));
        AssertBooks(a, accepted: 2, delivered: 2, queued: 0, expired: 0, dropped: 0);
    }

    [Fact]
    public void A_message_that_was_sent_and_lost_ends_when_its_receiver_has_said_that_it_has_not_kept_it()
    {
        var lab = new Lab(4);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        b.Read("readings");
        var line = lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        a.Send("readings", [0]);
        Assert.True(lab.Run(TimeSpan.FromSeconds(20), () => b.Payloads.Count == 1));
        line.Loses = (from, _) => from == a;
        a.Send("readings", [1], ttl: TimeSpan.FromSeconds(2));
        lab.Run(TimeSpan.FromSeconds(4));
        a.Send("readings", [2]);
        Assert.DoesNotContain(a.Receipts, receipt => receipt.Receipt == Receipt.Expired);
        line.Loses = null;
        Assert.True(lab.Run(TimeSpan.FromSeconds(60), () => b.Payloads.Count == 2));
        lab.Run(TimeSpan.FromSeconds(5));
        Assert.Equal([0, 2], b.Payloads.Select(payload => payload[0]));
        Assert.Single(a.Receipts, receipt => receipt.Receipt == Receipt.Expired);
        AssertBooks(a, accepted: 3, delivered: 2, queued: 0, expired: 1, dropped: 0);
    }

    [Theory]
    [InlineData(1UL, true)]
    [InlineData(2UL, false)]
    public void Time_off_counts_as_far_as_the_machine_can_prove_it(ulong bootAfter, bool expires)
    {
        var lab = new Lab(5);
        var a = lab.AddPeer("a");
        a.Send("readings", [1], ttl: TimeSpan.FromMinutes(10));
        lab.Run(TimeSpan.FromMinutes(4));
        // Nine minutes later; the machine ran on, or was off for most of them and started a minute ago.
        lab.Skip(TimeSpan.FromMinutes(9));
        var started = bootAfter == 1 ? new Instant(0) : new Instant(lab.Now.Ticks - TimeSpan.TicksPerMinute);
        a.Options = a.Options with { Machine = new MachineTime(bootAfter, started) };
        a.Restart();
        lab.Run(TimeSpan.FromSeconds(10));
        Assert.Equal(expires ? 1 : 0, a.Books("readings").Expired);
        // What was proven, and the time that it runs: ten minutes at last.
        lab.Run(TimeSpan.FromMinutes(10));
        AssertBooks(a, accepted: 1, delivered: 0, queued: 0, expired: 1, dropped: 0);
    }

    [Fact]
    public void A_full_pipe_that_drops_lets_the_oldest_go_and_takes_the_new_one()
    {
        var lab = new Lab(6);
        var (a, b) = (lab.AddPeer("a", configure: LabPeer.Readings(new PipeOptions { WhenFull = WhenFull.DropOldest })), lab.AddPeer("b"));
        a.Buffer.Capacity = 40_000;
        for (byte i = 0; i < 100; i++)
        {
            a.Send("readings", [i, .. new byte[990]], Receipt.Delivered);
            lab.Run(TimeSpan.FromMilliseconds(50));
        }
        var books = a.Books("readings");
        Assert.Equal(100, books.Accepted);
        Assert.InRange(books.Dropped, 60, 66);
        Assert.Equal(books.Dropped, a.Receipts.Count(receipt => receipt.Receipt == Receipt.Rejected));
        b.Read("readings");
        lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        Assert.True(lab.Run(TimeSpan.FromSeconds(60), () => a.Books("readings").Queued == 0));
        Assert.Equal(Enumerable.Range((int)books.Dropped, 100 - (int)books.Dropped), b.Payloads.Select(payload => (int)payload[0]));
        AssertBooks(a, accepted: 100, delivered: 100 - books.Dropped, queued: 0, expired: 0, dropped: books.Dropped);
    }

    [Fact]
    public void A_less_urgent_message_never_drops_a_more_urgent_one()
    {
        var lab = new Lab(7);
        var a = lab.AddPeer("a", configure: LabPeer.Readings(new PipeOptions { WhenFull = WhenFull.DropOldest }));
        a.Buffer.Capacity = 40_000;
        for (int i = 0; i < 30; i++)
            a.Send("readings", new byte[990], lane: 6);
        lab.Run(TimeSpan.FromSeconds(1));
        int taken = 0;
        for (; taken < 10 && a.TrySend("readings", new byte[990], lane: 2); taken++)
            lab.Run(TimeSpan.FromMilliseconds(50));
        var lanes = a.Books("readings").Lanes;
        Assert.Equal(30UL, lanes.Single(lane => lane.Lane == 6).Next - lanes.Single(lane => lane.Lane == 6).Base);
        Assert.True(a.TrySend("readings", new byte[990], lane: 7), "the most urgent one takes the place of another");
    }

    /// <summary>What the known bug breaks is counted as both: so this scenario is one that catches it, whatever seeds meet.</summary>
    [Theory]
    [InlineData(NodeFaults.None, false)]
    [InlineData(NodeFaults.SentMarkNotKept, true)]
    public void What_was_sent_before_a_restart_and_kept_there_does_not_expire_here(NodeFaults faults, bool expires)
    {
        var lab = new Lab(12);
        var (a, b) = (lab.AddPeer("a", faults, configure: LabPeer.Readings(new PipeOptions { Ttl = TimeSpan.FromSeconds(30) })), lab.AddPeer("b"));
        for (byte i = 0; i < 200; i++)
            a.Send("readings", [i], Receipt.Durable);
        b.Read("readings");
        var line = lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        // No word comes of what is kept.
        line.Loses = (from, _) => from == b && b.Payloads.Count > 0;
        Assert.True(lab.Run(TimeSpan.FromSeconds(10), () => b.Payloads.Count > 0));
        line.Cut = true;
        lab.Run(TimeSpan.FromSeconds(1));
        a.Restart();
        lab.Run(TimeSpan.FromSeconds(60));
        int kept = b.Payloads.Count;
        (line.Cut, line.Loses) = (false, null);
        lab.Run(TimeSpan.FromSeconds(60));
        var books = a.Books("readings");
        Assert.Equal(kept, b.Payloads.Count);
        Assert.Equal(expires, books.Expired > 200 - kept);
        Assert.Equal(expires, books.Delivered < kept);
    }

    [Fact]
    public void Books_and_ends_are_the_same_after_a_restart()
    {
        var lab = new Lab(8);
        var (a, b) = (lab.AddPeer("a", configure: LabPeer.Readings(new PipeOptions { WhenFull = WhenFull.DropOldest, Ttl = TimeSpan.FromMinutes(1) })), lab.AddPeer("b"));
        for (byte i = 0; i < 20; i++)
            a.Send("readings", [i], ttl: i is 3 or 7 or 8 or 15 ? TimeSpan.FromSeconds(1) : null, tag: (UInt128)(i + 1));
        lab.Run(TimeSpan.FromSeconds(5));
        var before = a.Books("readings");
        a.Restart();
        lab.Run(TimeSpan.FromSeconds(1));
        var after = a.Books("readings");
        Assert.Equal((20, 4, 16), (after.Accepted, after.Expired, after.Queued));
        Assert.Equal((before.Accepted, before.Expired, before.Queued), (after.Accepted, after.Expired, after.Queued));
        a.Receipts.Clear();
        a.Send("readings", [8], tag: 9);
        lab.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(Receipt.Expired, Assert.Single(a.Receipts).Receipt);
        b.Read("readings");
        lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        Assert.True(lab.Run(TimeSpan.FromSeconds(30), () => a.Books("readings").Queued == 0));
        Assert.Equal(16, b.Payloads.Count);
        AssertBooks(a, accepted: 20, delivered: 16, queued: 0, expired: 4, dropped: 0);
    }

    private static void AssertBooks(LabPeer peer, long accepted, long delivered, long queued, long expired, long dropped)
    {
        var books = peer.Books("readings");
        Assert.Equal((accepted, delivered, queued, expired, dropped), (books.Accepted, books.Delivered, books.Queued, books.Expired, books.Dropped));
    }
}
