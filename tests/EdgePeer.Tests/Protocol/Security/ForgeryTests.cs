using EdgePeer.Protocol;
using EdgePeer.Protocol.Groups;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol.Security;

/// <summary>Frames that no member made.</summary>
public class ForgeryTests
{
    /// <summary>The whole frame is taken at the end: it was the damage that was refused.</summary>
    [Theory]
    [InlineData(FrameKind.Beacon)]
    [InlineData(FrameKind.Open)]
    [InlineData(FrameKind.Accept)]
    [InlineData(FrameKind.Confirm)]
    [InlineData(FrameKind.Packet)]
    [InlineData(FrameKind.ShortTagPacket)]
    [InlineData(FrameKind.Hint)]
    [InlineData(FrameKind.Cookie)]
    public void A_frame_cut_at_any_byte_or_with_any_bit_flipped_changes_nothing(FrameKind kind)
    {
        var wire = new Tapped(1, kind == FrameKind.ShortTagPacket ? DeliveryTests.Radio : null);
        var (to, frame) = Expected(wire, kind);
        var sizes = to.Node.Sizes;
        long taken = to.Node.PacketsTaken, refused = Tapped.Refused(to);
        void RequireRefused(byte[] damaged)
        {
            wire.Inject(to, damaged);
            Assert.Equal(++refused, Tapped.Refused(to));
            Assert.Equal(taken, to.Node.PacketsTaken);
            Assert.Equal(sizes, to.Node.Sizes);
        }
        for (int length = 0; length < frame.Length; length++)
            RequireRefused(frame[..length]);
        for (int bit = 0; bit < frame.Length * 8; bit++)
        {
            byte[] flipped = [.. frame];
            flipped[bit / 8] ^= (byte)(1 << (bit % 8));
            RequireRefused(flipped);
        }

        wire.Inject(to, frame);

        Assert.Equal(refused, Tapped.Refused(to));
        Assert.True(kind is FrameKind.Cookie or FrameKind.Confirm || to.Node.PacketsTaken > taken || to.Node.Sizes != sizes, $"the undamaged {kind} says nothing either");
    }

    /// <summary>Seed 828183: the label of keys that nobody has used yet is on the wire before the first packet under them.</summary>
    [Fact]
    public void A_forged_first_packet_of_a_session_begins_none()
    {
        var wire = new Tapped(13);
        var (from, first) = wire.Intercept(FrameKind.Packet);
        // What the handshake still has under way comes, and nothing else.
        wire.Line.Cut = true;
        wire.Lab.Run(TimeSpan.FromMilliseconds(10));
        var to = wire.Other(from);
        var sizes = to.Node.Sizes;
        Assert.Equal((0, 0), (sizes.Sessions, sizes.PacketNumbers));
        for (int path = 0; path <= Labels.PathMax; path++)
        {
            byte[] forged = [.. first];
            forged[2] ^= (byte)path;
            forged[^1] ^= 1;
            wire.Inject(to, forged);
            Assert.Equal(sizes, to.Node.Sizes);
        }

        wire.Inject(to, first);

        Assert.Equal((1, 1), (to.Node.Sizes.Sessions, to.Node.Sizes.PacketNumbers));
    }

    [Fact]
    public void A_hint_leads_to_a_handshake_and_ends_nothing()
    {
        var wire = new Tapped(2);
        var (to, hint) = Expected(wire, FrameKind.Hint);
        to.Reports.Clear();
        for (int i = 0; i < 50; i++)
        {
            wire.Inject(to, hint);
            Assert.InRange(to.Node.Sizes.Openings, 0, 1);
            wire.RequireThatMessagesPass();
        }
        Assert.DoesNotContain(to.Reports, report => report.Kind is ReportKind.PeerLost or ReportKind.LinkDown or ReportKind.PeerFound);
        Assert.InRange(to.Node.Sizes.Labels, 1, Limits.KeysPerSessionMax + Limits.AnswersMax);
    }

    [Fact]
    public void Who_has_another_secret_hears_nothing_but_beacons()
    {
        var wire = new Tapped(3, a: options => options with { GroupSecrets = [GroupSecret.OfName("another")] });
        wire.Lab.Run(TimeSpan.FromMinutes(10));
        Assert.All(wire.Heard, heard => Assert.Equal(FrameKind.Beacon, Tapped.KindOf(heard.Frame)));
        Assert.NotEmpty(wire.Heard);
        Assert.Empty(wire.A.Node.Status(wire.Lab.Now).Peers);
        Assert.Empty(wire.B.Node.Status(wire.Lab.Now).Peers);
    }

    [Fact]
    public void Who_has_another_secret_is_named_once_an_hour_to_whoever_reads_the_log()
    {
        var wire = new Tapped(12, b: options => options with { GroupSecrets = [GroupSecret.OfName("another")] });
        wire.Lab.Run(TimeSpan.FromMinutes(50));
        Assert.Single(wire.A.Reports, report => report.Text.Contains("no secret of this group opens", StringComparison.Ordinal));
        wire.Lab.Run(TimeSpan.FromMinutes(50));
        Assert.Equal(2, wire.A.Reports.Count(report => report.Text.Contains("no secret of this group opens", StringComparison.Ordinal)));
    }

    [Fact]
    public void Who_has_another_secret_gets_no_answer_to_an_opening()
    {
        var wire = new Tapped(4, a: options => options with { GroupSecrets = [GroupSecret.OfName("another")] });
        wire.A.Node.AddSeed(new TransportId(0), new LinkAddress([2]), wire.Lab.Now);
        wire.Lab.Run(TimeSpan.FromMinutes(2));
        Assert.NotEmpty(wire.HeardOf(FrameKind.Open));
        Assert.DoesNotContain(wire.Heard, heard => heard.From == wire.B && Tapped.KindOf(heard.Frame) != FrameKind.Beacon);
        Assert.Equal(0, wire.B.Node.Sizes.Answers);
    }

    [Fact]
    public void Guessing_labels_finds_nothing_and_is_answered_by_few_hints()
    {
        var wire = new Tapped(5);
        wire.Meet();
        wire.RequireThatMessagesPass();
        wire.Lab.Run(TimeSpan.FromSeconds(5));
        long taken = wire.B.Node.PacketsTaken, refused = Tapped.Refused(wire.B);
        int heard = wire.Heard.Count;
        for (int label = 0; label <= ushort.MaxValue; label++)
            wire.Inject(wire.B, [FrameHead.For(FrameKind.Packet), (byte)(label >> 8), (byte)label, .. new byte[30]], source: 99);
        Assert.Equal(taken, wire.B.Node.PacketsTaken);
        Assert.Equal(refused + ushort.MaxValue + 1, Tapped.Refused(wire.B));
        wire.RequireThatMessagesPass();
        Assert.InRange(wire.HeardOf(FrameKind.Hint).Count, 0, 1);
        Assert.True(wire.Heard.Count > heard);
    }

    [Fact]
    public void A_packet_from_another_address_is_read_once_and_moves_nothing()
    {
        var wire = new Tapped(6);
        wire.Meet();
        wire.RequireThatMessagesPass();
        wire.Lab.Run(TimeSpan.FromSeconds(5));
        var (from, packet) = wire.Intercept(FrameKind.Packet, () => wire.A.Send("readings", DeliveryTests.Payload(9, 50), Receipt.Durable));
        Assert.Equal(wire.A, from);
        long taken = wire.B.Node.PacketsTaken;

        wire.Inject(wire.B, packet, source: 99);
        wire.Inject(wire.B, packet);

        Assert.Equal(taken + 1, wire.B.Node.PacketsTaken);
        wire.Lab.Run(TimeSpan.FromSeconds(5));
        Assert.Equal(2, wire.B.Payloads.Count);
        var link = Assert.Single(Assert.Single(wire.B.Node.Status(wire.Lab.Now).Peers).Links);
        Assert.Equal(new LinkAddress([1]), link.Address);
        Assert.Equal(0, wire.B.Node.Sizes.Openings);
    }

    /// <summary>A frame that the peer waits for, which has not come.</summary>
    private static (LabPeer To, byte[] Frame) Expected(Tapped wire, FrameKind kind)
    {
        switch (kind)
        {
            case FrameKind.Packet or FrameKind.ShortTagPacket:
                wire.Meet(30);
                wire.Lab.Run(TimeSpan.FromSeconds(5));
                var packet = wire.Intercept(kind, () => wire.A.Send("readings", DeliveryTests.Payload(1, 30)));
                return (wire.Other(packet.From), packet.Frame);
            case FrameKind.Hint:
                wire.Meet();
                wire.RequireThatMessagesPass();
                wire.Lab.Run(TimeSpan.FromMinutes(2));
                // The label of what one sends is what the other end would not know.
                var (sender, sent) = wire.HeardOf(FrameKind.Packet)[^1];
                var writer = new WireWriter(new byte[HintFrame.Bytes]);
                new HintFrame((ushort)((sent[1] << 8) | sent[2])).Write(ref writer);
                Tapped.Group.WriteCode(ref writer);
                return (sender, writer.Written.ToArray());
            case FrameKind.Cookie:
                var opening = wire.Intercept(FrameKind.Open);
                writer = new WireWriter(new byte[CookieFrame.Bytes]);
                new CookieFrame((ushort)((opening.Frame[2] << 8) | opening.Frame[3]), 77).Write(ref writer);
                Tapped.Group.WriteCode(ref writer);
                return (opening.From, writer.Written.ToArray());
            default:
                var caught = wire.Intercept(kind);
                return (wire.Other(caught.From), caught.Frame);
        }
    }
}
