using EdgePeer.Protocol;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol.Security;

/// <summary>Frames that a member made, heard and said again.</summary>
public class ReplayTests
{
    [Fact]
    public void A_packet_that_comes_again_is_refused()
    {
        var wire = new Tapped(1);
        wire.Meet();
        wire.RequireThatMessagesPass();
        wire.Lab.Run(TimeSpan.FromSeconds(1));
        var packets = wire.HeardOf(FrameKind.Packet);
        Assert.True(packets.Count >= 4);
        foreach (var (from, frame) in packets)
        {
            var to = wire.Other(from);
            long taken = to.Node.PacketsTaken, refused = Tapped.Refused(to);
            wire.Inject(to, frame);
            Assert.Equal(taken, to.Node.PacketsTaken);
            Assert.Equal(refused + 1, Tapped.Refused(to));
        }
        wire.RequireThatMessagesPass();
    }

    [Fact]
    public void A_beacon_of_this_boot_that_comes_again_says_nothing()
    {
        var wire = new Tapped(2);
        wire.Meet();
        wire.Lab.Run(TimeSpan.FromMinutes(3));
        foreach (var (from, frame) in wire.HeardOf(FrameKind.Beacon))
        {
            var to = wire.Other(from);
            var sizes = to.Node.Sizes;
            long refused = Tapped.Refused(to);
            wire.Inject(to, frame);
            Assert.Equal(sizes, to.Node.Sizes);
            Assert.Equal(refused + 1, Tapped.Refused(to));
        }
    }

    [Fact]
    public void A_beacon_of_a_past_boot_leads_to_a_handshake_and_ends_nothing()
    {
        var wire = new Tapped(3);
        wire.Meet();
        var old = wire.HeardOf(FrameKind.Beacon).Find(heard => heard.From == wire.A).Frame;
        wire.A.Restart();
        wire.A.Read("commands");
        wire.Lab.Run(TimeSpan.FromMinutes(3));
        wire.RequireThatMessagesPass();
        wire.B.Reports.Clear();

        wire.Inject(wire.B, old);

        Assert.Equal(1, wire.B.Node.Sizes.Openings);
        wire.Lab.Run(TimeSpan.FromMinutes(1));
        Assert.DoesNotContain(wire.B.Reports, report => report.Kind is ReportKind.PeerLost or ReportKind.LinkDown);
        Assert.Equal(0, wire.B.Node.Sizes.Openings);
        wire.RequireThatMessagesPass();
    }

    /// <summary>It is later than all that came here, and tells another address.</summary>
    [Fact]
    public void A_beacon_of_another_line_does_not_move_a_path()
    {
        var lab = new Lab(8);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        lab.Connect(a, b, DeliveryTests.Radio, TimeSpan.FromMilliseconds(1));
        var other = lab.Connect(a, b, DeliveryTests.Radio, TimeSpan.FromMilliseconds(1));
        byte[] last = [];
        other.Tap = (from, frame) =>
        {
            if (from == a && Tapped.KindOf(frame) == FrameKind.Beacon)
                lab.At(lab.Now + TimeSpan.FromSeconds(1), () => b.Node.OnFrame(new TransportId(0), LinkAddress.Broadcast, last = frame, lab.Now));
        };
        LinkStatus Link() => Assert.Single(Assert.Single(b.Node.Status(lab.Now).Peers).Links, link => link.Transport == new TransportId(0) && link.Alive);
        lab.Run(TimeSpan.FromSeconds(30));
        var address = Link().Address;
        b.Reports.Clear();
        for (int minutes = 0; minutes < 10; minutes++)
        {
            lab.Run(TimeSpan.FromMinutes(1));
            Assert.Equal(address, Link().Address);
        }
        Assert.NotEmpty(last);
        Assert.DoesNotContain(b.Reports, report => report.Kind is ReportKind.LinkDown or ReportKind.LinkUp);
    }

    [Fact]
    public void An_opening_is_answered_anew_by_no_life_more_than_once()
    {
        var wire = new Tapped(4);
        wire.Meet();
        var (opener, opening) = wire.HeardOf(FrameKind.Open)[0];
        var to = wire.Other(opener);
        wire.Lab.Run(TimeSpan.FromMinutes(2));
        Assert.Equal(0, to.Node.Sizes.Answers);
        wire.Inject(to, opening);
        Assert.Equal(0, to.Node.Sizes.Answers);

        // Another life does not remember it, and gets nobody by it.
        wire.Line.Cut = true;
        to.Restart();
        wire.Inject(to, opening);
        Assert.Equal(1, to.Node.Sizes.Answers);
        wire.Lab.Run(TimeSpan.FromMinutes(2));
        wire.Inject(to, opening);
        Assert.Equal(0, to.Node.Sizes.Answers);
        Assert.Empty(to.Node.Status(wire.Lab.Now).Peers);
    }

    [Fact]
    public void The_messages_of_a_handshake_that_is_done_say_nothing_when_they_come_again()
    {
        var wire = new Tapped(5);
        wire.Meet();
        wire.Lab.Run(TimeSpan.FromMinutes(2));
        foreach (var (from, frame) in wire.Heard.FindAll(heard => Tapped.KindOf(heard.Frame) is FrameKind.Accept or FrameKind.Confirm))
        {
            var to = wire.Other(from);
            var sizes = to.Node.Sizes;
            long refused = Tapped.Refused(to);
            wire.Inject(to, frame);
            Assert.Equal(sizes, to.Node.Sizes);
            Assert.Equal(refused + 1, Tapped.Refused(to));
        }
        Assert.NotEmpty(wire.HeardOf(FrameKind.Confirm));
        wire.RequireThatMessagesPass();
    }

    /// <summary>Someone who is quicker than the wire must not become the peer's address, nor make it forget what was said.</summary>
    [Fact]
    public void Whoever_repeats_everything_from_another_address_before_it_comes_does_not_stand_between()
    {
        var wire = new Tapped(6);
        bool races = true;
        wire.Line.Tap = (from, frame) =>
        {
            if (races)
                wire.Lab.At(wire.Lab.Now, () => wire.Inject(wire.Other(from), frame, source: 99));
        };
        wire.Lab.Run(TimeSpan.FromSeconds(30));
        races = false;
        wire.Lab.Run(TimeSpan.FromMinutes(1));
        wire.RequireThatMessagesPass(30);
    }

    [Fact]
    public void A_join_that_is_repeated_from_another_address_leaves_the_path_where_it_is()
    {
        var wire = new Tapped(7);
        wire.Meet();
        wire.RequireThatMessagesPass();
        wire.Lab.Run(TimeSpan.FromSeconds(1));
        // Both go on under the same keys after the line was gone, and join again.
        wire.A.Node.OnTransportDown(new TransportId(0), wire.Lab.Now);
        wire.A.Node.OnTransportUp(new TransportId(0), wire.Line.Traits, wire.Lab.Now);
        int repeated = 0;
        wire.Line.Tap = (from, frame) =>
        {
            if (from == wire.A && Tapped.KindOf(frame) == FrameKind.Packet && repeated++ == 0)
                wire.Lab.At(wire.Lab.Now, () => wire.Inject(wire.B, frame, source: 99));
        };
        wire.RequireThatMessagesPass();
        Assert.True(repeated > 0);
        Assert.DoesNotContain(wire.B.Reports, report => report.Kind == ReportKind.LinkUp && report.Link?.Address == new LinkAddress([99]));
        var link = Assert.Single(Assert.Single(wire.B.Node.Status(wire.Lab.Now).Peers).Links, link => link.Active);
        Assert.Equal(new LinkAddress([1]), link.Address);
    }

    [Fact]
    public void A_join_of_before_does_not_bring_a_path_back_to_where_its_peer_was()
    {
        var wire = new Tapped(9, DeliveryTests.Radio);
        wire.Meet(60);
        wire.RequireThatMessagesPass();
        void MoveA()
        {
            wire.A.Node.OnTransportDown(new TransportId(0), wire.Lab.Now);
            wire.A.Node.OnTransportUp(new TransportId(0), wire.Line.Traits, wire.Lab.Now);
        }
        LinkAddress Address() => Assert.Single(Assert.Single(wire.B.Node.Status(wire.Lab.Now).Peers).Links, link => link.Active).Address;
        var first = Address();
        var (from, join) = wire.Intercept(FrameKind.ShortTagPacket, MoveA);
        Assert.Equal(wire.A, from);
        MoveA();
        wire.RequireThatMessagesPass(60);
        var address = Address();
        Assert.NotEqual(first, address);
        wire.Lab.Run(TimeSpan.FromMinutes(1));
        wire.B.Reports.Clear();

        wire.Inject(wire.B, join);

        Assert.Equal(address, Address());
        Assert.DoesNotContain(wire.B.Reports, report => report.Kind == ReportKind.LinkUp);
        wire.RequireThatMessagesPass(60);
    }

    /// <summary>The beacon makes its sender's next life greet the address that it had, and someone hands that greeting to the other peer.</summary>
    [Fact]
    public void A_handshake_that_is_passed_on_does_not_move_the_path_of_who_answers()
    {
        var wire = new Tapped(10, DeliveryTests.Radio);
        wire.Meet(60);
        byte[] old = wire.HeardOf(FrameKind.Beacon).Find(heard => heard.From == wire.B).Frame;
        wire.B.Restart();
        wire.B.Read("readings");
        wire.RequireThatMessagesPass(60);
        wire.Lab.Run(TimeSpan.FromMinutes(2));
        LinkAddress Address() => Assert.Single(Assert.Single(wire.B.Node.Status(wire.Lab.Now).Peers).Links, link => link.Active).Address;
        var address = Address();
        wire.B.Reports.Clear();

        wire.Inject(wire.B, old);

        wire.Lab.Run(TimeSpan.FromMinutes(1));
        Assert.Equal(address, Address());
        Assert.DoesNotContain(wire.B.Reports, report => report.Kind is ReportKind.LinkUp or ReportKind.LinkDown);
        wire.RequireThatMessagesPass(60);
    }

    /// <summary>Someone takes packets off the line and gives them later, the last one first.</summary>
    [Fact]
    public void Packets_that_are_held_back_and_given_in_another_order_bring_each_message_once_and_in_order()
    {
        var wire = new Tapped(11);
        wire.Meet();
        var held = new List<(LabPeer From, byte[] Frame)>();
        wire.Line.Loses = (from, frame) =>
        {
            bool isHeld = Tapped.KindOf(frame) == FrameKind.Packet && wire.Lab.Random.NextDouble() < 0.5;
            if (isHeld)
                held.Add((from, frame));
            return isHeld;
        };
        for (int round = 0; round < 50; round++)
        {
            wire.A.Send("readings", DeliveryTests.Payload(round, 60));
            wire.Lab.Run(TimeSpan.FromMilliseconds(200));
            for (int i = held.Count - 1; i >= 0; i--)
                wire.Inject(wire.Other(held[i].From), held[i].Frame);
            held.Clear();
        }
        Assert.True(wire.Lab.Run(TimeSpan.FromMinutes(2), () => wire.B.Payloads.Count == 50), $"{wire.B.Payloads.Count} of 50 have arrived");
        for (int i = 0; i < 50; i++)
            Assert.Equal(DeliveryTests.Payload(i, 60), wire.B.Payloads[i]);
        Assert.DoesNotContain(wire.B.Reports, report => report.Kind is ReportKind.PeerLost or ReportKind.LinkDown);
    }
}
