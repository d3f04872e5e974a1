using EdgePeer.Protocol;
using EdgePeer.Protocol.Groups;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol.Groups;

/// <summary>Who is in the list talks, who is not does not, and the newest list finds its way.</summary>
public class MemberGossipTests
{
    [Fact]
    public void A_newer_list_spreads_and_cuts_a_removed_peer_off_everywhere()
    {
        var lab = new Lab(1);
        var (a, b, c) = Site(lab, List(1, "a", "b", "c"));
        c.Read("readings");
        a.Send("readings", [1]);
        Assert.True(lab.Run(TimeSpan.FromSeconds(30), () => c.Payloads.Count == 1 && Knows(b, c)));

        a.Node.UseGroup(a.Options.GroupSecrets, List(2, "a", "b"), lab.Now);
        Assert.False(Knows(a, c));
        Assert.True(lab.Run(TimeSpan.FromSeconds(10), () => b.Node.Members!.Version == 2));
        Assert.False(Knows(b, c));
        a.Send("readings", [2]);
        lab.Run(TimeSpan.FromMinutes(5));
        Assert.Single(c.Payloads);
        Assert.False(Knows(a, c) || Knows(b, c));
        Assert.Equal(1UL, c.Node.Members!.Version);
    }

    [Fact]
    public void Who_comes_with_an_older_list_is_told_the_newer_one_and_who_was_added_is_let_in()
    {
        var lab = new Lab(2);
        var list = List(1, "a", "b");
        var (a, b, c) = Site(lab, list, ofC: List(2, "a", "b", "c"));
        Assert.True(lab.Run(TimeSpan.FromSeconds(10), () => Knows(a, b)));
        lab.Run(TimeSpan.FromSeconds(30));
        Assert.False(Knows(a, c) || Knows(b, c));

        b.Node.UseGroup(b.Options.GroupSecrets, List(2, "a", "b", "c"), lab.Now);
        Assert.True(lab.Run(TimeSpan.FromMinutes(2), () => Knows(a, c) && Knows(b, c)));
        Assert.Equal(2UL, a.Node.Members!.Version);
    }

    [Fact]
    public void A_list_that_the_authority_has_not_signed_changes_nothing()
    {
        var lab = new Lab(3);
        var (a, b, _) = Site(lab, List(1, "a", "b", "c"));
        Assert.True(lab.Run(TimeSpan.FromSeconds(10), () => Knows(a, b)));
        using var other = LabPeer.KeyOf("another authority");
        a.Node.UseGroup(a.Options.GroupSecrets, Draft(5, "a", "b").Sign(other), lab.Now);
        lab.Run(TimeSpan.FromMinutes(1));
        Assert.Equal(1UL, b.Node.Members!.Version);
        Assert.True(Knows(a, b));
    }

    [Fact]
    public void A_full_list_passes_in_frames_of_200_bytes()
    {
        var lab = new Lab(4);
        string[] names = [.. Enumerable.Range(0, Limits.MembersMax - 2).Select(i => $"peer-{i}"), "a", "b"];
        var line = DeliveryTests.Lan with { FrameBytesMax = 200 };
        var (a, b) = (lab.AddPeer("a", members: List(2, names)), lab.AddPeer("b", members: List(1, "a", "b")));
        lab.Connect(a, b, line, TimeSpan.FromMilliseconds(5), 0.1);
        Assert.True(lab.Run(TimeSpan.FromMinutes(2), () => b.Node.Members!.Version == 2));
        Assert.Equal(Limits.MembersMax, b.Node.Members!.Members.Count);
    }

    private static (LabPeer A, LabPeer B, LabPeer C) Site(Lab lab, MemberList list, MemberList? ofC = null)
    {
        var (a, b, c) = (lab.AddPeer("a", members: list), lab.AddPeer("b", members: list), lab.AddPeer("c", members: ofC ?? list));
        lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(2));
        lab.Connect(b, c, DeliveryTests.Lan, TimeSpan.FromMilliseconds(2));
        lab.Connect(a, c, DeliveryTests.Lan, TimeSpan.FromMilliseconds(2));
        return (a, b, c);
    }

    private static bool Knows(LabPeer peer, LabPeer other) => peer.Node.Status(default).Peers.Any(p => p.Peer == other.Options.Peer);

    private static MemberList List(ulong version, params string[] names)
    {
        using var authority = LabPeer.KeyOf("authority");
        return Draft(version, names).Sign(authority);
    }

    private static MemberListDraft Draft(ulong version, params string[] names) =>
        new("default", version, [.. names.Select(name => new Member(IdOf(name), name)).OrderBy(member => member.Peer)]);

    private static PeerId IdOf(string name)
    {
        using var key = LabPeer.KeyOf(name);
        return PeerIdentity.Of(key.PublicKey);
    }
}
