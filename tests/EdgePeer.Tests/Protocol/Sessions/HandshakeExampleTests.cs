using EdgePeer.Protocol;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Groups;
using EdgePeer.Protocol.Sessions;
using EdgePeer.Tests.Support;
using EdgePeer.Tests.Wire;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol.Sessions;

/// <summary>WIRE.md gives every byte of a handshake, of the frames beside it and of a packet: all are made anew here, and read by the other end.</summary>
public sealed class HandshakeExampleTests
{
    [Fact]
    public void A_handshake_with_a_stranger_and_the_packet_after_it_are_as_the_document_gives_them()
    {
        var (opener, answerer) = Handshake(HandshakeKind.Stranger);
        byte[] items = DocumentExample.Hex(DocumentExample.Wire, "items");
        byte[] packet = new byte[5 + items.Length + SessionKeys.TagBytes(shortTag: true)];
        var writer = new WireWriter(packet);
        PacketHeader.Write(ref writer, shortTag: true, Labels.With(opener.RemoteLabel, 0), 0x1234, 0x1234 - 200);
        items.CopyTo(packet, writer.Length);
        opener.Seal(0, shortTag: true, 0x1234, packet, writer.Length);
        AssertExample("packet", packet);
        byte[] opened = new byte[items.Length];
        Assert.True(answerer.TryOpen(0, shortTag: true, 0x1234, packet, 5, opened, default));
        Assert.Equal(items, opened);
    }

    [Fact]
    public void A_handshake_with_a_known_peer_is_as_the_document_gives_it() => Handshake(HandshakeKind.Known);

    [Fact]
    public void The_beacon_is_as_the_document_gives_it()
    {
        byte[] frame = new byte[200];
        var writer = new WireWriter(frame);
        var header = new BeaconHeader(true, Legal.BootA, 2);
        header.Write(ref writer);
        new BeaconBody(PeerIdentity.Of(A.PublicKey), 400, 0xCAFEF00D, 0, new LinkAddress([0x2A]), "barn-3").Write(ref writer);
        using var key = Group.BeaconKey(SystemCryptography.Instance, Legal.BootA, CipherSuite.AesCcm8);
        var plain = writer.Written[BeaconHeader.Bytes..].ToArray();
        writer.Take(key.TagBytes);
        byte[] nonce = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
        key.Seal(nonce, frame.AsSpan(0, BeaconHeader.Bytes), plain, writer.Written[BeaconHeader.Bytes..]);
        AssertExample("beacon", writer.Written.ToArray());
    }

    [Fact]
    public void The_cookie_and_the_hint_are_as_the_document_gives_them()
    {
        var writer = new WireWriter(new byte[CookieFrame.Bytes]);
        new CookieFrame(0x5A00, 0xC00C1E).Write(ref writer);
        Group.WriteCode(ref writer);
        AssertExample("cookie", writer.Written.ToArray());
        writer = new WireWriter(new byte[HintFrame.Bytes]);
        new HintFrame(0x77C0).Write(ref writer);
        Group.WriteCode(ref writer);
        AssertExample("hint", writer.Written.ToArray());
    }

    private static (SessionKeys Opener, SessionKeys Answerer) Handshake(HandshakeKind kind)
    {
        string suffix = kind == HandshakeKind.Known ? " known" : "";
        var header = new OpenHeader(kind, (byte)CipherSuite.AesCcm8, 0x5A00, new LinkAddress([0x2A]), 0);
        using var opener = EdgePeer.Protocol.Sessions.Handshake.Open(Context(A, 0x0A), header, Group, kind == HandshakeKind.Known ? B.PublicKey : default);
        var writer = new WireWriter(new byte[200]);
        header.Write(ref writer);
        int headerBytes = writer.Length;
        int padding = Math.Max(0, OpenHeader.FrameBytesMin - headerBytes - opener.MessageBytes(HandshakeParameters.Bytes) - GroupCode.Bytes);
        byte[] parameters = [.. Parameters(Legal.BootA), .. new byte[padding]];
        opener.Write(ref writer, parameters);
        byte[] open = Coded("open" + suffix, ref writer);

        using var answerer = EdgePeer.Protocol.Sessions.Handshake.Answer(Context(B, 0x0B), header, Group);
        byte[] payload = new byte[200];
        Assert.True(answerer.TryRead(open.AsSpan(headerBytes..^GroupCode.Bytes), payload, out int payloadBytes));
        Assert.Equal(HandshakeParameters.Bytes + padding, payloadBytes);
        writer = new WireWriter(new byte[200]);
        new AcceptHeader(kind, header.Label).Write(ref writer);
        parameters = [.. Parameters(Legal.BootB), 0x77, 0xC0];
        answerer.Write(ref writer, parameters);
        byte[] accept = Coded("accept" + suffix, ref writer);
        Assert.True(accept.Length <= open.Length, "an answer is larger than its cause");
        Assert.True(opener.TryRead(accept.AsSpan(AcceptHeader.Bytes..^GroupCode.Bytes), payload, out payloadBytes));
        Assert.Equal(HandshakeParameters.AcceptBytes, payloadBytes);

        if (kind == HandshakeKind.Stranger)
        {
            writer = new WireWriter(new byte[200]);
            new ConfirmHeader(0x77C0).Write(ref writer);
            opener.Write(ref writer, default);
            byte[] confirm = Coded("confirm", ref writer);
            Assert.True(answerer.TryRead(confirm.AsSpan(ConfirmHeader.Bytes..^GroupCode.Bytes), payload, out _));
        }
        Assert.Equal(B.PublicKey, opener.RemoteKey);
        Assert.Equal(A.PublicKey, answerer.RemoteKey);
        return (opener.Finish(true, new(Legal.BootB, 576), 0x5A00, 0x77C0, default), answerer.Finish(false, new(Legal.BootA, 576), 0x77C0, 0x5A00, default));
    }

    private static byte[] Coded(string name, ref WireWriter writer)
    {
        Group.WriteCode(ref writer);
        byte[] frame = writer.Written.ToArray();
        AssertExample(name, frame);
        Assert.True(GroupCode.TrySplit(frame, out var covered, out var code) && Group.Fits(covered, code));
        return frame;
    }

    private static byte[] Parameters(ulong boot)
    {
        var writer = new WireWriter(new byte[HandshakeParameters.Bytes]);
        new HandshakeParameters(boot, 576).Write(ref writer);
        return writer.Written.ToArray();
    }

    private static void AssertExample(string name, byte[] frame) =>
        Assert.Equal(Convert.ToHexString(DocumentExample.Hex(DocumentExample.Wire, name)), Convert.ToHexString(frame));

    private static NodeContext Context(P256KeyPair key, byte ephemeral) => new(
        new NodeOptions { Peer = PeerIdentity.Of(key.PublicKey), Key = key, Cryptography = SystemCryptography.Instance, Name = "example", GroupSecrets = [Secret] },
        new MemoryBuffer(), new Repeated(ephemeral), default);

    private static P256KeyPair Key(byte value) => P256.Import([.. Enumerable.Repeat(value, 32)]);

    private static readonly P256KeyPair A = Key(1), B = Key(2);
    private static readonly GroupSecret Secret = GroupSecret.Of([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
    private static readonly GroupKeys Group = new("farm", Secret.Bytes);

    private sealed class Repeated(byte value) : IRandom
    {
        public void Fill(Span<byte> bytes) => bytes.Fill(value);
    }
}
