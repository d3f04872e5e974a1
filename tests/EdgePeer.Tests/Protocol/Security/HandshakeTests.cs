using EdgePeer.Protocol;
using EdgePeer.Protocol.Groups;
using EdgePeer.Simulator.Security;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol.Security;

/// <summary>Handshakes between members, on a wire that loses, repeats and delays; and new keys in the middle of traffic.</summary>
public class HandshakeTests
{
    [Theory]
    [InlineData(FrameKind.Beacon, false)]
    [InlineData(FrameKind.Open, false)]
    [InlineData(FrameKind.Accept, false)]
    [InlineData(FrameKind.Confirm, false)]
    [InlineData(FrameKind.Packet, false)]
    [InlineData(FrameKind.Open, true)]
    [InlineData(FrameKind.Accept, true)]
    public void A_handshake_bears_the_loss_of_each_of_its_messages(FrameKind lost, bool known)
    {
        var wire = new Tapped(1);
        if (known)
        {
            wire.Meet();
            wire.RequireThatMessagesPass();
            wire.Lab.Run(TimeSpan.FromMinutes(1));
            wire.Heard.Clear();
            // The other end knows its key, and asks for no more.
            wire.A.Restart();
            wire.A.Read("commands");
        }
        wire.Intercept(lost);
        wire.Meet(5);
        wire.RequireThatMessagesPass(5);
        Assert.Single(wire.A.Node.Status(wire.Lab.Now).Peers);
    }

    [Theory]
    [InlineData(FrameKind.Beacon)]
    [InlineData(FrameKind.Open)]
    [InlineData(FrameKind.Accept)]
    [InlineData(FrameKind.Confirm)]
    [InlineData(FrameKind.Packet)]
    public void A_handshake_bears_it_when_each_of_its_messages_comes_thrice(FrameKind repeated)
    {
        var wire = new Tapped(2);
        wire.Line.Tap = (from, frame) =>
        {
            for (int i = 1; i <= 2 && Tapped.KindOf(frame) == repeated; i++)
                wire.Lab.At(wire.Lab.Now + TimeSpan.FromMilliseconds(i * 3), () => wire.Inject(wire.Other(from), frame));
        };
        wire.Meet(5);
        wire.RequireThatMessagesPass(5);
        wire.Lab.Run(TimeSpan.FromMinutes(1));
        Assert.InRange(wire.A.Node.Sizes.Labels, 1, Limits.KeysPerSessionMax);
        Assert.InRange(wire.B.Node.Sizes.Labels, 1, Limits.KeysPerSessionMax);
    }

    [Theory]
    [InlineData(FrameKind.Open)]
    [InlineData(FrameKind.Accept)]
    [InlineData(FrameKind.Confirm)]
    public void A_handshake_bears_it_when_one_of_its_messages_comes_behind_those_after_it(FrameKind late)
    {
        var wire = new Tapped(3);
        int delayed = 0;
        wire.Line.Loses = (from, frame) =>
        {
            if (Tapped.KindOf(frame) != late || ++delayed > 1)
                return false;
            wire.Lab.At(wire.Lab.Now + TimeSpan.FromMilliseconds(400), () => wire.Inject(wire.Other(from), frame));
            return true;
        };
        wire.Meet(5);
        wire.RequireThatMessagesPass(5);
        Assert.True(delayed > 0);
    }

    [Fact]
    public void Two_who_open_to_each_other_at_once_have_one_session()
    {
        var wire = new Tapped(4, DeliveryTests.Lan with { Broadcast = false });
        wire.A.Node.AddSeed(new TransportId(0), new LinkAddress([2]), wire.Lab.Now);
        wire.B.Node.AddSeed(new TransportId(0), new LinkAddress([1]), wire.Lab.Now);
        wire.Meet(2);
        wire.RequireThatMessagesPass(2);
        wire.Lab.Run(TimeSpan.FromMinutes(1));
        Assert.Contains(wire.HeardOf(FrameKind.Open), heard => heard.From == wire.A);
        Assert.Contains(wire.HeardOf(FrameKind.Open), heard => heard.From == wire.B);
        Assert.Single(wire.HeardOf(FrameKind.Accept));
        Assert.Equal(1, wire.A.Node.Sizes.Labels);
        Assert.Equal(1, wire.B.Node.Sizes.Labels);
        Assert.Single(Assert.Single(wire.A.Node.Status(wire.Lab.Now).Peers).Links);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_restarted_peer_has_a_new_session_without_waiting_for_a_timeout(bool writer)
    {
        var wire = new Tapped(5);
        wire.Meet();
        wire.RequireThatMessagesPass();
        wire.Lab.Run(TimeSpan.FromMinutes(5));
        var restarted = writer ? wire.A : wire.B;
        restarted.Restart();
        restarted.Read(writer ? "commands" : "readings");
        wire.RequireThatMessagesPass(2);
    }

    [Fact]
    public void Keys_are_renewed_by_age_and_nothing_on_the_way_is_lost()
    {
        var wire = new Tapped(6);
        wire.Meet();
        ushort before = LabelOfLast(wire, wire.A);
        int sent = 0;
        for (var until = wire.Lab.Now + Limits.KeysAgeMax + TimeSpan.FromMinutes(2); wire.Lab.Now < until;)
        {
            bool soon = until - wire.Lab.Now < TimeSpan.FromMinutes(4);
            wire.A.Send("readings", DeliveryTests.Payload(sent++, 50), Receipt.Durable);
            wire.Lab.Run(soon ? TimeSpan.FromMilliseconds(50) : TimeSpan.FromMinutes(1));
            if (!soon)
                wire.Heard.Clear();
        }
        wire.Lab.Run(TimeSpan.FromSeconds(5));
        Assert.NotEqual(before, LabelOfLast(wire, wire.A));
        Assert.Equal(sent, wire.B.Payloads.Count);
        var link = Assert.Single(Assert.Single(wire.A.Node.Status(wire.Lab.Now).Peers).Links);
        Assert.Equal(0, link.PacketsLost);
        wire.Lab.Run(TimeSpan.FromMinutes(3));
        Assert.Equal(1, wire.A.Node.Sizes.Labels);
    }

    [Fact]
    public void Keys_that_were_guessed_at_too_often_are_renewed()
    {
        // A million guesses at the real ciphers would take seconds.
        var quick = new SimCryptography(real: false);
        NodeOptions WithKey(NodeOptions options)
        {
            var key = new SimPeerKey(quick.Agreement.Generate(new SeededRandom(options.Name[0])));
            return options with { Key = key, Peer = PeerIdentity.Of(key.PublicKey) };
        }
        var wire = new Tapped(7, a: WithKey, b: WithKey, cryptography: quick);
        wire.Meet();
        wire.RequireThatMessagesPass();
        wire.Lab.Run(TimeSpan.FromSeconds(5));
        ushort before = LabelOfLast(wire, wire.A);
        byte[] forged = [.. wire.HeardOf(FrameKind.Packet).Last(heard => heard.From == wire.A).Frame];
        forged[^1] ^= 1;
        // Ahead of what has come, so that it is not passed by as a repetition.
        forged[3] += 20;
        for (long i = 0; i < Limits.ForgedPerKeysMax; i++)
            wire.Inject(wire.B, forged);
        wire.Lab.Run(TimeSpan.FromMinutes(2));
        wire.RequireThatMessagesPass();
        Assert.NotEqual(before, LabelOfLast(wire, wire.A));
    }

    private static ushort LabelOfLast(Tapped wire, LabPeer from)
    {
        byte[] last = wire.HeardOf(FrameKind.Packet).Last(heard => heard.From == from).Frame;
        return Labels.OfKeys((ushort)((last[1] << 8) | last[2]));
    }
}
