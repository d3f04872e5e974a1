using System.Buffers.Binary;
using EdgePeer.Protocol;
using EdgePeer.Protocol.Pipes;
using Xunit;

namespace EdgePeer.Tests.Protocol;

/// <summary>A message that the flash does not give back any more is given up, counted and named: what is behind it is delivered.</summary>
public class LostMessageTests
{
    [Theory]
    [InlineData(BacklogOrder.OldestFirst)]
    [InlineData(BacklogOrder.NewestFirst)]
    public void What_damage_has_taken_before_it_was_sent_is_passed_by(BacklogOrder order)
    {
        var (lab, a, b) = Site(1, order);
        Queue(lab, a, 10);
        a.Buffer.Lose(3);
        a.Buffer.Lose(4);
        a.Restart();
        lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        Assert.True(lab.Run(TimeSpan.FromSeconds(60), () => a.Books("readings").Queued == 0));
        lab.Run(TimeSpan.FromSeconds(5));
        Assert.Equal([0, 1, 2, 5, 6, 7, 8, 9], Numbers(b).Order());
        AssertBooks(a, delivered: 8, dropped: 2);
        Assert.Contains(a.Reports, report => report.Kind == ReportKind.Gap && report.Text.Contains("message 3 cannot be read back", StringComparison.Ordinal));
        Assert.Equal(2, a.Ended.Count(ended => ended is { Reason: EndReason.Lost, Settled: true }));
    }

    [Theory]
    [InlineData(BacklogOrder.OldestFirst)]
    [InlineData(BacklogOrder.NewestFirst)]
    public void What_does_not_read_back_for_some_seconds_is_given_up_and_its_caller_told(BacklogOrder order)
    {
        var (lab, a, b) = Site(2, order);
        Queue(lab, a, 10);
        a.Buffer.Unreadable.Add(5);
        lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        Assert.True(lab.Run(TimeSpan.FromSeconds(60), () => a.Books("readings").Queued == 0));
        Assert.Equal([0, 1, 2, 3, 4, 6, 7, 8, 9], Numbers(b).Order());
        AssertBooks(a, delivered: 9, dropped: 1);
        lab.Run(TimeSpan.FromSeconds(1));
        var refused = Assert.Single(a.Receipts, receipt => receipt.Receipt == Receipt.Rejected);
        Assert.Equal(5UL, refused.Sequence);
        Assert.Contains("check the medium", refused.Reason, StringComparison.Ordinal);
        Queue(lab, a, 1);
        Assert.True(lab.Run(TimeSpan.FromSeconds(60), () => b.Payloads.Count == 10));
    }

    [Theory]
    [InlineData(BacklogOrder.OldestFirst)]
    [InlineData(BacklogOrder.NewestFirst)]
    public void Flash_that_gives_it_the_next_time_loses_nothing(BacklogOrder order)
    {
        var (lab, a, b) = Site(3, order);
        Queue(lab, a, 10);
        a.Buffer.Unreadable.Add(5);
        lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        lab.Run(TimeSpan.FromSeconds(3));
        Assert.True(a.Books("readings").Queued > 0);
        a.Buffer.Unreadable.Clear();
        Assert.True(lab.Run(TimeSpan.FromSeconds(60), () => a.Books("readings").Queued == 0));
        Assert.Equal(Enumerable.Range(0, 10), Numbers(b).Order());
        AssertBooks(a, delivered: 10, dropped: 0);
    }

    [Theory]
    [InlineData(BacklogOrder.OldestFirst)]
    [InlineData(BacklogOrder.NewestFirst)]
    public void A_large_message_that_breaks_off_in_the_middle_is_settled_with_its_receiver(BacklogOrder order)
    {
        var (lab, a, b) = Site(4, order);
        lab.Connect(a, b, DeliveryTests.Radio, TimeSpan.FromMilliseconds(5));
        lab.Run(TimeSpan.FromSeconds(10));
        a.Send("readings", Payload(0, 20_000));
        Assert.True(lab.Run(TimeSpan.FromSeconds(30), () => a.Books("readings").Queued == 1));
        lab.Run(TimeSpan.FromMilliseconds(700));
        a.Buffer.Unreadable.Add(0);
        Queue(lab, a, 3, from: 1);
        Assert.True(lab.Run(TimeSpan.FromMinutes(3), () => a.Books("readings").Queued == 0));
        Assert.Equal([1, 2, 3], Numbers(b).Order());
        AssertBooks(a, delivered: 3, dropped: 1);
        lab.Run(TimeSpan.FromSeconds(30));
        Assert.Equal((3, 0), (b.Books("readings").Received, b.Books("readings").Waiting));
    }

    [Fact]
    public void What_does_not_read_back_at_its_receiver_is_passed_by_and_named()
    {
        var (lab, a, b) = Site(5, BacklogOrder.OldestFirst);
        b.Buffer.UnreadableHere.UnionWith([5, 6, 9]);
        lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        Queue(lab, a, 12);
        Assert.True(lab.Run(TimeSpan.FromSeconds(60), () => b.Payloads.Count == 9));
        lab.Run(TimeSpan.FromSeconds(5));
        Assert.Equal([0, 1, 2, 3, 4, 7, 8, 10, 11], Numbers(b));
        Assert.Equal(3, b.Reports.Count(report => report.Kind == ReportKind.Gap && report.Text.Contains("is passed by: check the medium", StringComparison.Ordinal)));
        // What was delivered stays delivered there; here they count as received and lost.
        AssertBooks(a, delivered: 12, dropped: 0);
        AssertReceived(b, received: 12, lost: 3, waiting: 0);
        b.Restart();
        AssertReceived(b, received: 12, lost: 3, waiting: 0);
        Assert.True(lab.Run(TimeSpan.FromSeconds(60), () => a.Books("readings").Consumed == 12));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void What_was_passed_by_stays_so_through_a_restart_though_nothing_before_it_was_taken(bool goneWithTheRestart)
    {
        var (lab, a, b) = Site(7, BacklogOrder.OldestFirst);
        b.Buffer.UnreadableHere.UnionWith([0, 3]);
        b.Consumes = false;
        lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        Queue(lab, a, 10);
        Assert.True(lab.Run(TimeSpan.FromSeconds(60), () => b.Payloads.Count == 8));
        AssertReceived(b, received: 10, lost: 2, waiting: 8);
        lab.Run(TimeSpan.FromSeconds(1));

        if (goneWithTheRestart)
            b.Buffer.Lose(3, StreamDirection.Incoming);
        b.Restart();
        b.Payloads.Clear();
        b.Consumes = true;
        b.Read("readings");
        lab.Run(TimeSpan.FromSeconds(1));
        Assert.Equal([1, 2, 4, 5, 6, 7, 8, 9], Numbers(b));
        AssertReceived(b, received: 10, lost: 2, waiting: 0);
        Assert.Equal(2, b.Reports.Count(report => report.Kind == ReportKind.Gap));
    }

    [Fact]
    public void A_crash_between_the_count_and_the_release_counts_once_and_is_made_good()
    {
        var (lab, a, b) = Site(8, BacklogOrder.OldestFirst);
        b.Buffer.UnreadableHere.Add(2);
        lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        a.Send("readings", Payload(0, 32), Receipt.Consumed);
        a.Send("readings", Payload(1, 32), Receipt.Consumed);
        Assert.True(lab.Run(TimeSpan.FromSeconds(60), () => a.Books("readings").Consumed == 2));
        b.Buffer.ReleasesFail = true;
        a.Send("readings", Payload(2, 32), Receipt.Consumed);
        Assert.True(lab.Run(TimeSpan.FromSeconds(60), () => b.Books("readings").Lost == 1));
        b.Buffer.ReleasesFail = false;
        b.Restart();
        Assert.True(lab.Run(TimeSpan.FromSeconds(60), () => a.Receipts.Count(receipt => receipt.Receipt == Receipt.Consumed) == 3));
        AssertReceived(b, received: 3, lost: 1, waiting: 0);
    }

    [Fact]
    public void Of_more_runs_than_are_remembered_those_behind_wait_until_what_is_before_them_is_taken()
    {
        const int Runs = Limits.LostRunsMax + 8;
        var lab = new Lab(9);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        b.Node.CloseReader(b.Read("readings"), lab.Now);
        Queue(lab, a, Runs * 2 + 1);
        Assert.True(lab.Run(TimeSpan.FromSeconds(60), () => a.Books("readings").Queued == 0));
        for (ulong i = 0; i < Runs; i++)
            b.Buffer.Lose((i * 2) + 1, StreamDirection.Incoming);
        b.Consumes = false;
        var reader = b.Read("readings", window: Runs * 2);
        lab.Run(TimeSpan.FromMinutes(1));
        Assert.Equal(Limits.LostRunsMax + 1, b.Payloads.Count);
        b.Consumes = true;
        b.Node.Consume(reader, b.Delivered[^1].Stream, b.Delivered[^1].Sequence, lab.Now);
        Assert.True(lab.Run(TimeSpan.FromSeconds(10), () => b.Payloads.Count == Runs + 1));
        AssertReceived(b, received: Runs * 2 + 1, lost: Runs, waiting: 0);
    }

    [Fact]
    public void A_sender_that_no_longer_has_what_damage_took_here_is_told_of_by_what_is_missing_alone()
    {
        var (lab, a, b) = Site(10, BacklogOrder.OldestFirst);
        b.Consumes = false;
        lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        Queue(lab, a, 10);
        Assert.True(lab.Run(TimeSpan.FromSeconds(60), () => a.Books("readings").Queued == 0));
        b.Buffer.Lose(4, StreamDirection.Incoming);
        b.Restart();
        b.Payloads.Clear();
        b.Read("readings");
        Assert.True(lab.Run(TimeSpan.FromSeconds(60), () => b.Payloads.Count == 9));
        Assert.EndsWith("messages 4 to 4 will not come: their sender no longer has them", Assert.Single(b.Reports, report => report.Kind == ReportKind.Gap).Text, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_reader_of_its_own_pipe_cannot_read_is_given_up()
    {
        var lab = new Lab(6);
        var a = lab.AddPeer("a");
        a.Consumes = false;
        var reader = a.Read("readings", own: true);
        Queue(lab, a, 4);
        lab.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(4, a.Payloads.Count);
        a.Node.PassBy(reader, a.Delivered[1].Stream, 1, a.Now);
        a.Node.Consume(reader, a.Delivered[3].Stream, 3, a.Now);
        lab.Run(TimeSpan.FromSeconds(1));
        AssertBooks(a, delivered: 3, dropped: 1);
        Assert.Contains(a.Reports, report => report.Text.Contains("message 1 cannot be read back", StringComparison.Ordinal));
        Queue(lab, a, 1, from: 4);
        lab.Run(TimeSpan.FromSeconds(1));
        Assert.Equal(5, a.Payloads.Count);
    }

    private static (Lab Lab, LabPeer A, LabPeer B) Site(int seed, BacklogOrder order)
    {
        var lab = new Lab(seed);
        var (a, b) = (lab.AddPeer("a", configure: LabPeer.Readings(new PipeOptions { Order = order })), lab.AddPeer("b"));
        b.Read("readings");
        return (lab, a, b);
    }

    private static void Queue(Lab lab, LabPeer peer, int count, int from = 0)
    {
        for (int i = 0; i < count; i++)
            peer.Send("readings", Payload(from + i, 32));
        lab.Run(TimeSpan.FromMilliseconds(50));
    }

    private static byte[] Payload(int number, int length)
    {
        byte[] payload = new byte[length];
        BinaryPrimitives.WriteInt32BigEndian(payload, number);
        return payload;
    }

    private static IEnumerable<int> Numbers(LabPeer peer) => peer.Payloads.Select(payload => BinaryPrimitives.ReadInt32BigEndian(payload));

    private static void AssertReceived(LabPeer peer, long received, long lost, long waiting)
    {
        var books = peer.Books("readings");
        Assert.Equal((received, lost, waiting, received - lost - waiting), (books.Received, books.Lost, books.Waiting, books.Consumed));
    }

    private static void AssertBooks(LabPeer peer, long delivered, long dropped)
    {
        var books = peer.Books("readings");
        Assert.Equal((delivered + dropped, delivered, 0L, 0L, dropped), (books.Accepted, books.Delivered, books.Queued, books.Expired, books.Dropped));
    }
}
