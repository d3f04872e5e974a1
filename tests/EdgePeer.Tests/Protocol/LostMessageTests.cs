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
        // What was delivered stays delivered there; here they count as never come.
        AssertBooks(a, delivered: 12, dropped: 0);
        Assert.Equal((9, 0), (b.Books("readings").Received, b.Books("readings").Waiting));
        b.Restart();
        Assert.Equal((9, 0), (b.Books("readings").Received, b.Books("readings").Waiting));
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

    private static void AssertBooks(LabPeer peer, long delivered, long dropped)
    {
        var books = peer.Books("readings");
        Assert.Equal((delivered + dropped, delivered, 0L, 0L, dropped), (books.Accepted, books.Delivered, books.Queued, books.Expired, books.Dropped));
    }
}
