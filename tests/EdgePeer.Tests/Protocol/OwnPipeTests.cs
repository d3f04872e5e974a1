using EdgePeer.Protocol;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol;

/// <summary>A pipe that is read where it is written.</summary>
public class OwnPipeTests
{
    [Fact]
    public void Messages_are_handed_over_when_they_are_durable_in_order_and_leave_when_they_are_taken()
    {
        var lab = new Lab(1);
        var a = lab.AddPeer("a");
        a.Send("readings", [0], Receipt.Consumed);
        a.Read("readings", own: true);
        Assert.Empty(a.Payloads);
        a.Send("readings", [1], Receipt.Consumed);
        Assert.True(lab.Run(TimeSpan.FromSeconds(5), () => a.Payloads.Count == 2));
        a.Send("readings", [2], Receipt.Consumed);
        Assert.True(lab.Run(TimeSpan.FromSeconds(5), () => a.Receipts.Count(receipt => receipt.Receipt == Receipt.Consumed) == 3));

        Assert.Equal([0, 1, 2], a.Payloads.Select(payload => payload[0]));
        var books = a.Books("readings");
        Assert.Equal((3, 3, 3, 0), (books.Accepted, books.Delivered, books.Consumed, books.Queued));
    }

    [Theory]
    [InlineData(BacklogOrder.OldestFirst)]
    [InlineData(BacklogOrder.NewestFirst)]
    public void Nobody_is_told_that_a_message_was_taken_before_that_is_on_flash(BacklogOrder order)
    {
        var lab = new Lab(8);
        var a = lab.AddPeer("a", configure: LabPeer.Readings(new PipeOptions { Order = order }));
        a.Consumes = false;
        var reader = a.Read("readings", own: true);
        a.Send("readings", [0], Receipt.Delivered);
        a.Send("readings", [1], Receipt.Consumed, tag: 7);
        Assert.True(lab.Run(TimeSpan.FromSeconds(5), () => a.Payloads.Count == 2));
        var last = a.Delivered[1];
        a.SyncTime = TimeSpan.FromSeconds(1);
        a.Node.Consume(reader, last.Stream, last.Sequence, a.Now);
        lab.Run(TimeSpan.FromMilliseconds(900));
        // The same message once more, from a caller that has not heard.
        a.Send("readings", [1], Receipt.Consumed, tag: 7);
        lab.Run(TimeSpan.Zero);
        Assert.DoesNotContain(a.Receipts, receipt => receipt.Receipt is Receipt.Delivered or Receipt.Consumed);

        lab.Run(TimeSpan.FromSeconds(2));
        Assert.Equal((3, 2), (a.Receipts.Count(receipt => receipt.Receipt == Receipt.Delivered), a.Receipts.Count(receipt => receipt.Receipt == Receipt.Consumed)));
        Assert.Equal((2, 2, 0), (a.Books("readings").Delivered, a.Books("readings").Consumed, a.Books("readings").Queued));
    }

    /// <summary>Seed 911617.</summary>
    [Fact]
    public void What_was_taken_before_a_restart_counts_as_taken_after_it()
    {
        var lab = new Lab(9);
        var a = lab.AddPeer("a");
        a.Read("readings", own: true);
        a.Send("readings", [0], tag: 7);
        Assert.True(lab.Run(TimeSpan.FromSeconds(5), () => a.Receipts.Exists(receipt => receipt.Receipt == Receipt.Delivered)));
        a.Restart();
        a.Receipts.Clear();
        a.Send("readings", [0], Receipt.Consumed, tag: 7);
        lab.Run(TimeSpan.FromSeconds(1));

        Assert.Contains(a.Receipts, receipt => receipt.Receipt == Receipt.Consumed);
        Assert.Equal(1, a.Books("readings").Consumed);
    }

    [Fact]
    public void What_a_reader_leaves_goes_to_the_next_in_order()
    {
        var lab = new Lab(2);
        var a = lab.AddPeer("a");
        a.Consumes = false;
        var first = a.Read("readings", own: true);
        for (byte i = 0; i < 5; i++)
            a.Send("readings", [i]);
        Assert.True(lab.Run(TimeSpan.FromSeconds(5), () => a.Payloads.Count == 5));
        a.Node.Consume(first, a.Delivered[0].Stream, 1, a.Now);
        a.Node.CloseReader(first, a.Now);
        a.Read("readings", own: true);
        lab.Run(TimeSpan.FromSeconds(1));

        Assert.Equal([0, 1, 2, 3, 4, 2, 3, 4], a.Payloads.Select(payload => payload[0]));
    }

    [Fact]
    public void A_restart_hands_over_again_what_was_not_taken()
    {
        var lab = new Lab(3);
        var a = lab.AddPeer("a");
        a.Consumes = false;
        var reader = a.Read("readings", own: true);
        for (byte i = 0; i < 4; i++)
            a.Send("readings", [i], lane: i % 2 == 0 ? (byte)3 : (byte)5);
        Assert.True(lab.Run(TimeSpan.FromSeconds(5), () => a.Payloads.Count == 4));
        a.Node.Consume(reader, a.Delivered.Find(delivery => delivery.Stream.Lane == 5)!.Stream, 0, a.Now);
        lab.Run(TimeSpan.FromSeconds(1));
        a.Payloads.Clear();
        a.Restart();
        a.Read("readings", own: true);
        a.Send("readings", [9], lane: 5);
        lab.Run(TimeSpan.FromSeconds(1));

        Assert.Equal([3, 0, 2, 9], a.Payloads.Select(payload => payload[0]));
    }

    [Fact]
    public void A_message_whose_time_is_over_ends_unless_a_reader_has_it()
    {
        var lab = new Lab(4);
        var a = lab.AddPeer("a");
        a.Consumes = false;
        var reader = a.Read("readings", window: 2, own: true);
        for (byte i = 0; i < 4; i++)
            a.Send("readings", [i], ttl: TimeSpan.FromSeconds(2));
        lab.Run(TimeSpan.FromSeconds(5));
        Assert.Equal([0, 1], a.Payloads.Select(payload => payload[0]));
        Assert.Equal((2, 2), (a.Books("readings").Expired, a.Books("readings").Queued));

        a.Node.Consume(reader, a.Delivered[0].Stream, 0, a.Now);
        a.Node.CloseReader(reader, a.Now);
        a.Read("readings", own: true);
        lab.Run(TimeSpan.FromSeconds(2));

        Assert.Equal(2, a.Payloads.Count);
        var books = a.Books("readings");
        Assert.Equal((4, 1, 3, 0), (books.Accepted, books.Delivered, books.Expired, books.Queued));
    }

    [Fact]
    public void Of_a_newest_first_pipe_each_message_is_handed_over_once_and_leaves()
    {
        var lab = new Lab(7);
        var a = lab.AddPeer("a", configure: LabPeer.Readings(new PipeOptions { Order = BacklogOrder.NewestFirst }));
        for (byte i = 0; i < 50; i++)
            a.Send("readings", [i], Receipt.Durable);
        lab.Run(TimeSpan.FromSeconds(1));
        a.Read("readings", own: true);
        Assert.True(lab.Run(TimeSpan.FromSeconds(60), () => a.Payloads.Count == 50));
        lab.Run(TimeSpan.FromSeconds(5));

        Assert.Equal(50, a.Payloads.Select(payload => payload[0]).Distinct().Count());
        Assert.Equal(49, a.Payloads[0][0]);
        Assert.Equal(a.Delivered.Select(delivery => delivery.Sequence).Order(), a.Delivered.Select(delivery => delivery.Sequence));
        Assert.Equal((50, 50, 0), (a.Books("readings").Accepted, a.Books("readings").Consumed, a.Books("readings").Queued));
    }

    [Fact]
    public void What_another_peer_reads_stays_its_own_and_what_is_read_here_is_offered_to_nobody()
    {
        var lab = new Lab(5);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        b.Read("readings");
        a.Send("readings", [0]);
        Assert.True(lab.Run(TimeSpan.FromSeconds(20), () => b.Payloads.Count == 1));
        a.Read("readings", own: true);
        a.Send("readings", [1]);
        b.Read("alarms");
        a.Read("alarms", own: true);
        a.Send("alarms", [2]);
        lab.Run(TimeSpan.FromSeconds(20));

        Assert.Equal([0, 1], b.Payloads.Select(payload => payload[0]));
        Assert.Equal([2], a.Payloads.Select(payload => payload[0]));
        Assert.Contains(a.Reports, report => report.Kind == ReportKind.Warning && report.Text.Contains("which was the first to read it", StringComparison.Ordinal));
    }

    [Fact]
    public void A_binding_to_oneself_ends_by_a_word_and_others_may_read_then()
    {
        var lab = new Lab(6);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        a.Consumes = false;
        var reader = a.Read("readings", own: true);
        a.Send("readings", [0]);
        b.Read("readings");
        lab.Run(TimeSpan.FromSeconds(20));
        Assert.Empty(b.Payloads);
        a.Node.CloseReader(reader, a.Now);
        a.Node.UnbindOwn([PipeName.Parse("alarms")]);

        Assert.True(lab.Run(TimeSpan.FromSeconds(20), () => b.Payloads.Count == 1));
        a.Restart();
        Assert.DoesNotContain(a.Books("readings").Endpoints, endpoint => endpoint.Peer == a.Options.Peer && !endpoint.Local);
    }
}
