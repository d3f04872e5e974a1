using System.Buffers.Binary;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Groups;
using EdgePeer.Protocol.Sessions;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Discovery;

/// <summary>Seals the beacons of this boot, and opens those of the group. WIRE.md, "Beacon".</summary>
internal sealed class BeaconSealer(NodeContext node)
{
    private uint _next;

    /// <returns>The length of the frame.</returns>
    public int Seal(in BeaconBody beacon, bool shortTag, Span<byte> frame)
    {
        var writer = new WireWriter(frame);
        var header = new BeaconHeader(shortTag, node.Boot, _next++);
        header.Write(ref writer);
        beacon.Write(ref writer);
        using var key = KeyFor(node.Groups[0], header);
        var body = writer.Written[BeaconHeader.Bytes..];
        writer.Take(key.TagBytes);
        Span<byte> nonce = stackalloc byte[ICipherKey.NonceBytes];
        WriteNonce(nonce, header.Counter);
        key.Seal(nonce, writer.Written[..BeaconHeader.Bytes], body, writer.Written[BeaconHeader.Bytes..]);
        return writer.Length;
    }

    /// <param name="secret">Which of the group's secrets it is sealed under.</param>
    public FrameFault TryOpen(in BeaconHeader header, ReadOnlySpan<byte> frame, out BeaconBody beacon, out int secret)
    {
        beacon = default;
        secret = 0;
        int bodyBytes = frame.Length - BeaconHeader.Bytes - SessionKeys.TagBytes(header.ShortTag);
        if (bodyBytes <= 0 || bodyBytes > BeaconBody.BytesMax)
            return FrameFault.Malformed;
        Span<byte> body = stackalloc byte[BeaconBody.BytesMax];
        Span<byte> nonce = stackalloc byte[ICipherKey.NonceBytes];
        WriteNonce(nonce, header.Counter);
        for (; secret < node.Groups.Count; secret++)
        {
            using var key = KeyFor(node.Groups[secret], header);
            if (key.TryOpen(nonce, frame[..BeaconHeader.Bytes], frame[BeaconHeader.Bytes..], body[..bodyBytes]))
                return BeaconBody.TryRead(body[..bodyBytes], out beacon) ? FrameFault.None : FrameFault.Malformed;
        }
        return FrameFault.NotForUs;
    }

    private ICipherKey KeyFor(GroupKeys group, in BeaconHeader header) => group.BeaconKey(node.Cryptography, header.Boot, SessionKeys.Suite(header.ShortTag));

    private static void WriteNonce(Span<byte> nonce, uint counter)
    {
        nonce.Clear();
        BinaryPrimitives.WriteUInt32BigEndian(nonce[8..], counter);
    }
}
