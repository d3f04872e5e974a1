using System.Buffers.Binary;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Groups;
using EdgePeer.Protocol.Noise;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Sessions;

/// <summary>One handshake under way, at one end: Noise XXpsk0 with a stranger, IKpsk0 with a peer whose key is known. WIRE.md, "Handshakes".</summary>
internal sealed class Handshake : IDisposable
{
    private readonly NodeContext _node;
    private readonly HandshakeState _noise;

    /// <param name="remoteKey">The key of the other end, where the opener knows it; else empty.</param>
    private Handshake(NodeContext node, bool opens, in OpenHeader header, GroupKeys group, ReadOnlySpan<byte> remoteKey)
    {
        _node = node;
        Kind = header.Kind;
        Group = group;
        Suite = (CipherSuite)header.Suite;
        Span<byte> prologue = stackalloc byte[PrologueBytes];
        WritePrologue(prologue, header);
        var pattern = Kind == HandshakeKind.Stranger ? HandshakePattern.XXpsk0 : HandshakePattern.IKpsk0;
        var protocol = new NoiseProtocol(pattern, node.Cryptography.Agreement, node.Cryptography.Cipher(CipherSuite.ChaChaPoly));
        _noise = new HandshakeState(protocol, opens, node.Random, prologue, node.Options.Key, remoteKey, group.Psk);
    }

    public HandshakeKind Kind { get; }

    public GroupKeys Group { get; }

    /// <summary>Of packets on the link that the handshake is made on.</summary>
    public CipherSuite Suite { get; }

    public ReadOnlySpan<byte> RemoteKey => _noise.RemoteStatic;

    public static Handshake Open(NodeContext node, in OpenHeader header, GroupKeys group, ReadOnlySpan<byte> remoteKey) => new(node, true, header, group, remoteKey);

    public static Handshake Answer(NodeContext node, in OpenHeader header, GroupKeys group) => new(node, false, header, group, default);

    /// <summary>Length of the next message.</summary>
    public int MessageBytes(int payloadBytes) => _noise.OverheadBytes + payloadBytes;

    /// <summary>Appends the next message.</summary>
    public void Write(ref WireWriter writer, ReadOnlySpan<byte> payload)
    {
        _noise.Write(payload, writer.Take(MessageBytes(payload.Length)));
    }

    /// <summary>Reads the other end's next message.</summary>
    /// <param name="payload">As long as the message; filled from the front.</param>
    /// <returns>False when it is not of this handshake, or not genuine.</returns>
    public bool TryRead(ReadOnlySpan<byte> message, Span<byte> payload, out int payloadBytes)
    {
        payloadBytes = 0;
        return !_noise.IsComplete && !_noise.WritesNext && _noise.TryRead(message, payload, out payloadBytes);
    }

    /// <summary>All messages have passed: what came of them.</summary>
    public SessionKeys Finish(bool initiated, HandshakeParameters there, ushort localLabel, ushort remoteLabel, Instant now)
    {
        byte[] toThere = new byte[NoiseProtocol.KeyBytes], toHere = new byte[NoiseProtocol.KeyBytes];
        _noise.Split(toThere, toHere);
        ulong order = BinaryPrimitives.ReadUInt64BigEndian(_noise.HandshakeHash);
        byte[] remoteKey = _noise.RemoteStatic.ToArray();
        return new SessionKeys(_node.Cryptography, Group, initiated, order, toThere, toHere, now)
        {
            Peer = PeerIdentity.Of(remoteKey),
            PeerKey = remoteKey,
            There = there,
            LocalLabel = localLabel,
            RemoteLabel = remoteLabel,
        };
    }

    public void Dispose() => _noise.Dispose();

    private static void WritePrologue(Span<byte> prologue, in OpenHeader header)
    {
        var writer = new WireWriter(prologue);
        writer.WriteBytes("EdgePeer"u8);
        writer.WriteByte(FrameHead.For(FrameKind.Open, (int)header.Kind));
        writer.WriteByte(header.Suite);
        writer.WriteUInt16(header.Label);
    }

    private const int PrologueBytes = 12;
}
