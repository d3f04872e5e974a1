using EdgePeer.Protocol;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Groups;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol.Security;

/// <summary>Who has the secret and does not belong, who says to be another, and secrets that are replaced.</summary>
public class MembershipTests
{
    [Fact]
    public void A_peer_that_a_newer_list_lacks_is_cut_off_at_once_and_gets_no_other_session()
    {
        var (a, b) = (KeyOf("a"), KeyOf("b"));
        var wire = new Tapped(1, a: options => options with { Members = List(1, a, b) }, b: options => options with { Members = List(1, a, b) });
        wire.Meet();
        wire.RequireThatMessagesPass();
        wire.Heard.Clear();

        wire.B.Node.UseMembers(List(2, b), wire.Lab.Now);

        Assert.Empty(wire.B.Node.Status(wire.Lab.Now).Peers);
        wire.A.Send("readings", DeliveryTests.Payload(2, 50), Receipt.Durable);
        wire.Lab.Run(TimeSpan.FromMinutes(5));
        Assert.Empty(wire.B.Node.Status(wire.Lab.Now).Peers);
        Assert.DoesNotContain(wire.A.Node.Status(wire.Lab.Now).Peers.SelectMany(peer => peer.Links), link => link.Alive);
        Assert.Single(wire.B.Payloads);
        Assert.Contains(wire.B.Reports, report => report.Kind == ReportKind.Warning && report.Text.Contains("not in the member list", StringComparison.Ordinal));
        // An older list brings nobody back.
        wire.B.Node.UseMembers(List(1, a, b), wire.Lab.Now);
        Assert.Equal(2UL, wire.B.Node.Members!.Version);
    }

    [Fact]
    public void Who_says_a_members_id_and_has_another_key_is_not_that_member()
    {
        var (member, b) = (KeyOf("member"), KeyOf("b"));
        var wire = new Tapped(2, a: options => options with { Peer = PeerIdentity.Of(member.PublicKey) }, b: options => options with { Members = List(1, member, b) });
        wire.A.Node.AddSeed(new TransportId(0), new LinkAddress([2]), wire.Lab.Now);
        wire.A.Send("readings", DeliveryTests.Payload(1, 50), Receipt.Durable);
        wire.Lab.Run(TimeSpan.FromMinutes(5));
        Assert.NotEmpty(wire.HeardOf(FrameKind.Open));
        Assert.Empty(wire.B.Node.Status(wire.Lab.Now).Peers);
        Assert.Empty(wire.B.Payloads);
    }

    [Fact]
    public void Without_a_list_a_copied_id_is_known_by_what_its_key_says()
    {
        var copied = PeerIdentity.Of(KeyOf("member").PublicKey);
        var wire = new Tapped(3, a: options => options with { Peer = copied });
        wire.Lab.Run(TimeSpan.FromSeconds(20));
        Assert.All(wire.B.Node.Status(wire.Lab.Now).Peers, peer => Assert.Equal(PeerIdentity.Of(KeyOf("a").PublicKey), peer.Peer));
    }

    [Fact]
    public void Two_with_one_key_both_say_so_and_have_no_session()
    {
        var wire = new Tapped(4, b: options => options with { Peer = PeerIdentity.Of(KeyOf("a").PublicKey), Key = KeyOf("a") });
        wire.Lab.Run(TimeSpan.FromMinutes(2));
        Assert.Contains(wire.A.Reports, report => report.Kind == ReportKind.DuplicateIdentity);
        Assert.Contains(wire.B.Reports, report => report.Kind == ReportKind.DuplicateIdentity);
        Assert.Empty(wire.A.Node.Status(wire.Lab.Now).Peers);
        Assert.Empty(wire.B.Node.Status(wire.Lab.Now).Peers);
    }

    [Fact]
    public void Sessions_that_rest_on_a_removed_secret_are_over_at_once()
    {
        var wire = new Tapped(5);
        wire.Meet();
        wire.RequireThatMessagesPass();
        wire.Lab.Run(TimeSpan.FromSeconds(1));
        var (_, packet) = wire.Intercept(FrameKind.Packet, () => wire.A.Send("readings", DeliveryTests.Payload(2, 50), Receipt.Durable));

        wire.B.Node.UseGroup([New], null, wire.Lab.Now);

        Assert.Empty(wire.B.Node.Status(wire.Lab.Now).Peers);
        long taken = wire.B.Node.PacketsTaken;
        wire.Inject(wire.B, packet);
        wire.Lab.Run(TimeSpan.FromMinutes(2));
        Assert.Equal(taken, wire.B.Node.PacketsTaken);
        Assert.Empty(wire.B.Node.Status(wire.Lab.Now).Peers);
    }

    /// <summary>The handshake was made before the secret went, and its first packet comes after.</summary>
    [Fact]
    public void Keys_that_wait_for_their_first_packet_are_over_with_their_secret()
    {
        var wire = new Tapped(6);
        var (from, packet) = wire.Intercept(FrameKind.Packet);
        var to = wire.Other(from);
        // The last message of the handshake is still on its way.
        wire.Line.Cut = true;
        wire.Lab.Run(TimeSpan.FromMilliseconds(5));
        Assert.Empty(to.Node.Status(wire.Lab.Now).Peers);

        to.Node.UseGroup([New], null, wire.Lab.Now);
        wire.Inject(to, packet);

        Assert.Empty(to.Node.Status(wire.Lab.Now).Peers);
        Assert.Equal(0, to.Node.PacketsTaken);
    }

    [Fact]
    public void A_secret_is_replaced_on_three_peers_without_a_stop()
    {
        var lab = new Lab(7);
        var peers = new[] { lab.AddPeer("a"), lab.AddPeer("b"), lab.AddPeer("c") };
        var line = lab.Connect(peers[0], peers[1], DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        line.Attach(peers[2]);
        peers[0].Read("readings");
        IReadOnlyList<GroupSecret>[] steps = [[Old, New], [New, Old], [New]];
        int sent = 0;
        void Send()
        {
            peers[1].Send("readings", DeliveryTests.Payload(sent++, 50));
            peers[2].Send("readings", DeliveryTests.Payload(sent++, 50));
            Assert.True(lab.Run(TimeSpan.FromSeconds(10), () => peers[0].Payloads.Count == sent), $"{peers[0].Payloads.Count} of {sent} messages have come");
        }
        Send();
        foreach (var peer in peers)
            peer.Reports.Clear();
        foreach (var step in steps)
        {
            foreach (var peer in peers)
            {
                peer.Node.UseGroup(step, null, lab.Now);
                Send();
            }
            // The new first secret leads to new keys, one pair after the other.
            lab.Run(TimeSpan.FromMinutes(3));
            Send();
        }
        Assert.All(peers, peer => Assert.DoesNotContain(peer.Reports, report => report.Kind is ReportKind.PeerLost or ReportKind.LinkDown));
        Assert.All(peers, peer => Assert.Equal(2, peer.Node.Status(lab.Now).Peers.Count));
    }

    private static MemberList List(ulong version, params P256KeyPair[] members) =>
        new MemberListDraft("default", version, [.. members.Select(key => new Member(PeerIdentity.Of(key.PublicKey), "member"))]).Sign(KeyOf("authority"));

    private static P256KeyPair KeyOf(string name) => P256.Import(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(name)));

    private static readonly GroupSecret Old = GroupSecret.OfName("default"), New = GroupSecret.OfName("the next");
}
