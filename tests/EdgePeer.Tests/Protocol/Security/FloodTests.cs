using EdgePeer.Protocol;
using EdgePeer.Protocol.Sessions;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol.Security;

public class FloodTests
{
    /// <summary>All of them genuine, as if heard over years, each from an address of its own.</summary>
    [Fact]
    public void A_thousand_recorded_openings_are_bounded_asked_for_cookies_and_keep_no_member_out()
    {
        var wire = new Tapped(1);
        wire.Line.Cut = true;
        wire.Lab.Run(TimeSpan.FromSeconds(1));
        wire.Heard.Clear();
        for (int i = 0; i < 1_000; i++)
        {
            byte[] opening = Opening(wire, i);
            wire.Lab.At(wire.Lab.Now + TimeSpan.FromMilliseconds(i / 4), () => wire.Inject(wire.B, opening, source: (byte)(10 + (opening[^1] % 200))));
        }
        wire.Lab.At(wire.Lab.Now + TimeSpan.FromMilliseconds(100), () => wire.Line.Cut = false);
        wire.Lab.Run(TimeSpan.FromMilliseconds(100));
        int answersMost = 0;
        Assert.True(
            wire.Lab.Run(TimeSpan.FromSeconds(10), () =>
            {
                answersMost = Math.Max(answersMost, wire.B.Node.Sizes.Answers);
                return Tapped.LinksUp(wire.B) == 1;
            }),
            "the member does not get in");

        Assert.InRange(answersMost, 1, Limits.AnswersMax);
        Assert.InRange(wire.B.Node.Sizes.Labels, 1, Limits.AnswersMax + Limits.OpeningsMax + Limits.KeysPerSessionMax);
        int accepts = wire.HeardOf(FrameKind.Accept).Count(heard => heard.From == wire.B);
        Assert.InRange(accepts, 1, Limits.HandshakesAtOnceMax + (10 * Limits.HandshakesPerSecondMax));
        Assert.Contains(wire.HeardOf(FrameKind.Cookie), heard => heard.From == wire.B);
        wire.RequireThatMessagesPass();
        wire.Lab.Run(TimeSpan.FromMinutes(2));
        Assert.Equal(0, wire.B.Node.Sizes.Answers);
        Assert.Equal(1, wire.B.Node.Sizes.Labels);
    }

    [Fact]
    public void Beacons_repeated_from_many_addresses_are_greeted_within_limits_and_members_go_on()
    {
        var wire = new Tapped(2);
        wire.Meet();
        wire.RequireThatMessagesPass();
        var beacon = wire.HeardOf(FrameKind.Beacon).Find(heard => heard.From == wire.A).Frame;
        for (int i = 0; i < 1_000; i++)
        {
            wire.Inject(wire.B, beacon, source: (byte)(10 + (i % 200)));
            if (i % 50 == 0)
                wire.RequireThatMessagesPass();
            var link = wire.B.Node.Status(wire.Lab.Now).Peers.Single().Links.Single(link => link.Active);
            Assert.Equal(new LinkAddress([1]), link.Address);
            Assert.InRange(wire.B.Node.Sizes.Openings, 0, Limits.OpeningsMax);
            Assert.InRange(wire.B.Node.Status(wire.Lab.Now).Peers.Single().Links.Count, 1, Limits.PathsPerSessionMax);
        }
        wire.Lab.Run(TimeSpan.FromMinutes(10));
        Assert.Equal(0, wire.B.Node.Sizes.Openings);
        Assert.Single(wire.B.Node.Status(wire.Lab.Now).Peers.Single().Links);
        wire.RequireThatMessagesPass();
    }

    private static byte[] Opening(Tapped wire, int number)
    {
        var context = new NodeContext(wire.A.Options, wire.A.Buffer, wire.Lab.Random, default);
        var header = new OpenHeader(HandshakeKind.Stranger, 1, Labels.OfKeys((ushort)((number + 1) * 8)), default, 0);
        using var handshake = Handshake.Open(context, header, Tapped.Group, default);
        var writer = new WireWriter(new byte[200]);
        header.Write(ref writer);
        var parameters = new WireWriter(new byte[HandshakeParameters.Bytes]);
        new HandshakeParameters(context.Boot, 1_400).Write(ref parameters);
        byte[] payload = [.. parameters.Written, .. new byte[OpenHeader.FrameBytesMin - writer.Length - handshake.MessageBytes(HandshakeParameters.Bytes) - GroupCode.Bytes]];
        handshake.Write(ref writer, payload);
        Tapped.Group.WriteCode(ref writer);
        return writer.Written.ToArray();
    }
}
