using System.Buffers.Binary;
using System.Text;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>
/// What of pipes must outlive a restart beside messages and cursors, as facts of the buffer. Keys are a letter and a name;
/// JOURNAL.md, "Facts of the node".
/// </summary>
internal static class PipeFacts
{
    /// <summary>The incarnation of a lane that is written here, and how much of it was consumed there as far as is known.</summary>
    public static ulong PutLane(IRetransmitBuffer buffer, PipeName pipe, byte lane, Incarnation incarnation, ulong consumed)
    {
        Span<byte> value = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(value, incarnation.Value);
        BinaryPrimitives.WriteUInt64BigEndian(value[8..], consumed);
        return buffer.Put(Key((byte)'i', pipe, lane), value);
    }

    public static bool TryGetLane(IRetransmitBuffer buffer, PipeName pipe, byte lane, out Incarnation incarnation, out ulong consumed)
    {
        byte[]? value = Get(buffer, Key((byte)'i', pipe, lane));
        // Journals of earlier versions have the incarnation alone.
        bool known = value is { Length: 8 or 16 };
        incarnation = known ? new Incarnation(BinaryPrimitives.ReadUInt64BigEndian(value)) : default;
        consumed = value is { Length: 16 } ? BinaryPrimitives.ReadUInt64BigEndian(value.AsSpan(8)) : 0;
        return known;
    }

    /// <summary>The endpoint that a pipe is bound to, and its peer.</summary>
    public static ulong PutBinding(IRetransmitBuffer buffer, PipeName pipe, EndpointName endpoint, PeerId peer)
    {
        Span<byte> value = stackalloc byte[PeerId.SizeBytes + 64];
        peer.Write(value);
        int length = PeerId.SizeBytes + Encoding.ASCII.GetBytes(endpoint.Text, value[PeerId.SizeBytes..]);
        return buffer.Put(Key((byte)'b', pipe), value[..length]);
    }

    public static IEnumerable<(PipeName Pipe, EndpointName Endpoint, PeerId Peer)> Bindings(IRetransmitBuffer buffer)
    {
        foreach (var (key, value) in buffer.Facts("b"u8))
            if (value.Length > PeerId.SizeBytes
                && PipeName.TryParse(Encoding.ASCII.GetString(key.AsSpan(1)), out var pipe)
                && EndpointName.TryParse(Encoding.ASCII.GetString(value.AsSpan(PeerId.SizeBytes)), out var endpoint))
                yield return (pipe, endpoint, PeerId.Read(value));
    }

    /// <summary>An input endpoint of this peer.</summary>
    public static ulong PutEndpoint(IRetransmitBuffer buffer, PipeName pipe, EndpointName endpoint) =>
        buffer.Put(Key((byte)'e', pipe), Encoding.ASCII.GetBytes(endpoint.Text));

    public static IEnumerable<(PipeName Pipe, EndpointName Endpoint)> Endpoints(IRetransmitBuffer buffer)
    {
        foreach (var (key, value) in buffer.Facts("e"u8))
            if (PipeName.TryParse(Encoding.ASCII.GetString(key.AsSpan(1)), out var pipe) && EndpointName.TryParse(Encoding.ASCII.GetString(value), out var endpoint))
                yield return (pipe, endpoint);
    }

    public static ulong PutOrigin(IRetransmitBuffer buffer, uint stream, in StreamOrigin origin)
    {
        Span<byte> value = stackalloc byte[24];
        BinaryPrimitives.WriteUInt64BigEndian(value, origin.From);
        BinaryPrimitives.WriteUInt64BigEndian(value[8..], origin.GapStart);
        BinaryPrimitives.WriteUInt64BigEndian(value[16..], origin.GapEnd);
        return buffer.Put(OriginKey(stream), value);
    }

    public static StreamOrigin GetOrigin(IRetransmitBuffer buffer, uint stream) =>
        Get(buffer, OriginKey(stream)) is { Length: 24 } value
            ? new StreamOrigin(
                BinaryPrimitives.ReadUInt64BigEndian(value),
                BinaryPrimitives.ReadUInt64BigEndian(value.AsSpan(8)),
                BinaryPrimitives.ReadUInt64BigEndian(value.AsSpan(16)))
            : default;

    /// <summary>Messages received on streams that are forgotten since: retired, and wholly consumed.</summary>
    public static ulong PutPastReceived(IRetransmitBuffer buffer, PipeName pipe, long messages)
    {
        Span<byte> value = stackalloc byte[8];
        BinaryPrimitives.WriteInt64BigEndian(value, messages);
        return buffer.Put(Key((byte)'r', pipe), value);
    }

    public static long GetPastReceived(IRetransmitBuffer buffer, PipeName pipe) =>
        Get(buffer, Key((byte)'r', pipe)) is { Length: 8 } value ? BinaryPrimitives.ReadInt64BigEndian(value) : 0;

    public static void RemoveOrigin(IRetransmitBuffer buffer, uint stream) => buffer.Put(OriginKey(stream), default);

    private static byte[]? Get(IRetransmitBuffer buffer, byte[] key)
    {
        foreach (var (found, value) in buffer.Facts(key))
            if (found.AsSpan().SequenceEqual(key))
                return value;
        return null;
    }

    private static byte[] OriginKey(uint stream)
    {
        byte[] key = [(byte)'o', 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32BigEndian(key.AsSpan(1), stream);
        return key;
    }

    private static byte[] Key(byte letter, PipeName pipe) => [letter, .. Encoding.ASCII.GetBytes(pipe.Text)];

    private static byte[] Key(byte letter, PipeName pipe, byte lane) => [letter, (byte)('0' + lane), .. Encoding.ASCII.GetBytes(pipe.Text)];
}
