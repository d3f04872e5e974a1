using EdgePeer.Protocol;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Groups;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol.Security;

/// <summary>One end has ended a session and the other has not, and neither has started anew.</summary>
public sealed class ReturnTests
{
    /// <summary>The one that was removed speaks on, and hears nothing; it has its seed alone to come back by.</summary>
    [Theory]
    [InlineData(false, 10)]
    [InlineData(true, 10)]
    [InlineData(false, 100)]
    [InlineData(true, 100)]
    public void Who_is_removed_and_added_again_comes_back_without_a_restart(bool speaksOn, int secondsOut)
    {
        var site = new Seeded(1);
        site.RequireThatMessagesPass(1);
        for (int i = 0; i < 150; i++)
            site.RequireThatMessagesPass(1);

        site.Hub.Node.UseGroup(site.Hub.Options.GroupSecrets, site.List(2, "hub"), site.Lab.Now);
        int waiting = speaksOn ? 20 : 0;
        site.Send(waiting);
        site.Lab.Run(TimeSpan.FromSeconds(secondsOut));
        site.Hub.Node.UseGroup(site.Hub.Options.GroupSecrets, site.List(3, "hub", "leaf"), site.Lab.Now);

        site.RequireThatMessagesPass(5, TimeSpan.FromMinutes(4));
    }

    /// <summary>As though a copy of it had taken its place for a while.</summary>
    [Fact]
    public void A_peer_whose_session_was_taken_by_a_copy_of_it_comes_back_and_both_are_named()
    {
        var site = new Seeded(2);
        for (int i = 0; i < 100; i++)
            site.RequireThatMessagesPass(1);
        var copy = site.AddCopy();
        Assert.True(site.Lab.Run(TimeSpan.FromMinutes(2), () => site.Hub.Reports.Exists(report => report.Text.Contains("started anew", StringComparison.Ordinal))));
        copy.Cut = true;
        site.RequireThatMessagesPass(5, TimeSpan.FromMinutes(4));
        Assert.Contains(site.Hub.Reports, report => report.Kind == ReportKind.DuplicateIdentity);
    }

    /// <summary>A leaf that has a hub as its seed, on lines without broadcasts.</summary>
    private sealed class Seeded
    {
        private static readonly TransportTraits Traits = new() { FrameBytesMax = 1400, FramingBytes = 28 };
        private readonly P256KeyPair _authority = LabPeer.KeyOf("authority");
        private int _sent;

        public Seeded(int seed)
        {
            Lab = new Lab(seed);
            var list = List(1, "hub", "leaf");
            Hub = Lab.AddPeer("hub", members: list);
            Leaf = Lab.AddPeer("leaf", members: list);
            Lab.Connect(Hub, Leaf, Traits, TimeSpan.FromMilliseconds(1));
            Leaf.Node.AddSeed(new TransportId(0), new LinkAddress([1]), Lab.Now);
            Hub.Read("readings");
        }

        public Lab Lab { get; }

        public LabPeer Hub { get; }

        public LabPeer Leaf { get; }

        public MemberList List(ulong version, params string[] names) =>
            new MemberListDraft("default", version, [.. names.Select(name => new Member(PeerIdentity.Of(LabPeer.KeyOf(name).PublicKey), name))]).Sign(_authority);

        public LabLine AddCopy()
        {
            var copy = Lab.AddPeer("leaf", members: List(1, "hub", "leaf"));
            var line = Lab.Connect(Hub, copy, Traits, TimeSpan.FromMilliseconds(1));
            copy.Node.AddSeed(new TransportId(0), new LinkAddress([1]), Lab.Now);
            return line;
        }

        public void Send(int count)
        {
            for (int i = 0; i < count; i++)
                Leaf.Send("readings", DeliveryTests.Payload(_sent++, 40));
        }

        public void RequireThatMessagesPass(int count, TimeSpan? within = null)
        {
            Send(count);
            Assert.True(Lab.Run(within ?? TimeSpan.FromSeconds(20), () => Hub.Payloads.Count >= _sent), $"{Hub.Payloads.Count} of {_sent} have come; hub: {string.Join("; ", Hub.Reports.TakeLast(6).Select(report => report.Text))}; leaf: {string.Join("; ", Leaf.Reports.TakeLast(8).Select(report => report.Text))}; sizes {Leaf.Node.Sizes} {Hub.Node.Sizes}; {Leaf.Node.Status(Lab.Now).Counters} {Hub.Node.Status(Lab.Now).Counters} sent {Leaf.Lines[0].FramesSent} {string.Join(";", Leaf.Node.Status(Lab.Now).Peers.SelectMany(p => p.Links))}");
            Assert.Equal(_sent, Hub.Payloads.Count);
            for (int i = 0; i < _sent; i++)
                Assert.Equal(DeliveryTests.Payload(i, 40), Hub.Payloads[i]);
        }
    }
}
