using System.Buffers.Binary;
using System.Text;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>
/// What of pipes must outlive a restart beside messages and cursors, as facts of the buffer. Keys are a letter, a pipe's name, and a lane where it has one. Other letters:
/// <c>a</c> of advertisements, <c>t</c> of running time.
/// </summary>
internal static class PipeFacts
{
    /// <summary>The incarnation of a lane that is written here, how much of it was consumed there as far as is known, and from where on messages have stamps.</summary>
    public static ulong PutLane(IRetransmitBuffer buffer, PipeName pipe, byte lane, in LaneFact fact)
    {
        Span<byte> value = stackalloc byte[24];
        BinaryPrimitives.WriteUInt64BigEndian(value, fact.Incarnation.Value);
        BinaryPrimitives.WriteUInt64BigEndian(value[8..], fact.Consumed);
        BinaryPrimitives.WriteUInt64BigEndian(value[16..], fact.StampedFrom);
        return buffer.Put(Key((byte)'i', pipe, lane), value);
    }

    public static LaneFact? GetLane(IRetransmitBuffer buffer, PipeName pipe, byte lane)
    {
        // Journals of earlier versions have the incarnation alone, or with the consumed cursor; what they hold has no stamps.
        if (Get(buffer, Key((byte)'i', pipe, lane)) is not { Length: 8 or 16 or 24 } value)
            return null;
        return new LaneFact(
            new Incarnation(BinaryPrimitives.ReadUInt64BigEndian(value)),
            value.Length > 8 ? BinaryPrimitives.ReadUInt64BigEndian(value.AsSpan(8)) : 0,
            value.Length > 16 ? BinaryPrimitives.ReadUInt64BigEndian(value.AsSpan(16)) : ulong.MaxValue);
    }

    /// <summary><see cref="LaneLives"/>.</summary>
    public static ulong PutLives(IRetransmitBuffer buffer, PipeName pipe, byte lane, ReadOnlySpan<byte> lives) => buffer.Put(Key((byte)'h', pipe, lane), lives);

    public static byte[] GetLives(IRetransmitBuffer buffer, PipeName pipe, byte lane) => Get(buffer, Key((byte)'h', pipe, lane)) ?? [];

    /// <summary><see cref="SentMark"/>.</summary>
    public static ulong PutSentMark(IRetransmitBuffer buffer, PipeName pipe, byte lane, ulong mark) => PutNumber(buffer, Key((byte)'s', pipe, lane), mark);

    public static bool TryGetSentMark(IRetransmitBuffer buffer, PipeName pipe, byte lane, out ulong mark) => TryGetNumber(buffer, Key((byte)'s', pipe, lane), out mark);

    public static void RemoveSentMark(IRetransmitBuffer buffer, PipeName pipe, byte lane) => buffer.Put(Key((byte)'s', pipe, lane), default);

    /// <summary>One past the last message of a lane that may expire.</summary>
    public static ulong PutExpiringTo(IRetransmitBuffer buffer, PipeName pipe, byte lane, ulong to) => PutNumber(buffer, Key((byte)'d', pipe, lane), to);

    public static ulong GetExpiringTo(IRetransmitBuffer buffer, PipeName pipe, byte lane) => TryGetNumber(buffer, Key((byte)'d', pipe, lane), out ulong to) ? to : 0;

    /// <summary><see cref="EarlyEnds"/>.</summary>
    public static void PutEnds(IRetransmitBuffer buffer, PipeName pipe, byte lane, byte[] ends) => buffer.Put(Key((byte)'x', pipe, lane), ends);

    public static byte[] GetEnds(IRetransmitBuffer buffer, PipeName pipe, byte lane) => Get(buffer, Key((byte)'x', pipe, lane)) ?? [];

    /// <summary><see cref="TurnList"/>.</summary>
    public static ulong PutTurns(IRetransmitBuffer buffer, PipeName pipe, byte lane, byte[] turns) => buffer.Put(Key((byte)'n', pipe, lane), turns);

    public static byte[] GetTurns(IRetransmitBuffer buffer, PipeName pipe, byte lane) => Get(buffer, Key((byte)'n', pipe, lane)) ?? [];

    /// <summary>The endpoint that a pipe is bound to, and its peer.</summary>
    public static ulong PutBinding(IRetransmitBuffer buffer, PipeName pipe, EndpointName endpoint, PeerId peer)
    {
        Span<byte> value = stackalloc byte[PeerId.SizeBytes + 64];
        peer.Write(value);
        int length = PeerId.SizeBytes + Encoding.ASCII.GetBytes(endpoint.Text, value[PeerId.SizeBytes..]);
        return buffer.Put(Key((byte)'b', pipe), value[..length]);
    }

    public static void RemoveBinding(IRetransmitBuffer buffer, PipeName pipe) => buffer.Put(Key((byte)'b', pipe), default);

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
        var value = new byte[8 + origin.Gaps.Count * 16 + (origin.Life == LaneLife.Unknown ? 0 : 8)];
        BinaryPrimitives.WriteUInt64BigEndian(value, origin.NeverCame);
        for (int i = 0; i < origin.Gaps.Count; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(value.AsSpan(8 + i * 16), origin.Gaps[i].Start);
            BinaryPrimitives.WriteUInt64BigEndian(value.AsSpan(16 + i * 16), origin.Gaps[i].End);
        }
        if (origin.Life != LaneLife.Unknown)
        {
            BinaryPrimitives.WriteUInt32BigEndian(value.AsSpan(value.Length - 8), origin.Life.Number);
            BinaryPrimitives.WriteUInt32BigEndian(value.AsSpan(value.Length - 4), origin.Life.Nonce);
        }
        return buffer.Put(OriginKey(stream), value);
    }

    public static StreamOrigin GetOrigin(IRetransmitBuffer buffer, uint stream)
    {
        var gaps = new List<(ulong, ulong)>();
        if (Get(buffer, OriginKey(stream)) is not { Length: >= 8 } value)
            return new StreamOrigin(0, gaps, LaneLife.Unknown);
        // Earlier versions wrote one gap always, an empty one too.
        for (int at = 8; at + 16 <= value.Length; at += 16)
            gaps.Add((BinaryPrimitives.ReadUInt64BigEndian(value.AsSpan(at)), BinaryPrimitives.ReadUInt64BigEndian(value.AsSpan(at + 8))));
        // Streams of a sender whose lives are not known have none.
        var life = value.Length % 16 != 0 ? LaneLife.Unknown : new LaneLife(BinaryPrimitives.ReadUInt32BigEndian(value.AsSpan(value.Length - 8)), BinaryPrimitives.ReadUInt32BigEndian(value.AsSpan(value.Length - 4)));
        return new StreamOrigin(BinaryPrimitives.ReadUInt64BigEndian(value), gaps, life);
    }

    /// <summary>Messages received on streams that are forgotten since: retired, and wholly consumed.</summary>
    /// <param name="lost">Of those, not given back by the flash.</param>
    public static ulong PutPastReceived(IRetransmitBuffer buffer, PipeName pipe, long messages, long lost)
    {
        Span<byte> value = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(value, messages);
        BinaryPrimitives.WriteInt64BigEndian(value[8..], lost);
        return buffer.Put(Key((byte)'r', pipe), value);
    }

    public static (long Messages, long Lost) GetPastReceived(IRetransmitBuffer buffer, PipeName pipe)
    {
        // Earlier versions knew of none that were lost.
        if (Get(buffer, Key((byte)'r', pipe)) is not { Length: 8 or 16 } value)
            return (0, 0);
        return (BinaryPrimitives.ReadInt64BigEndian(value), value.Length > 8 ? BinaryPrimitives.ReadInt64BigEndian(value.AsSpan(8)) : 0);
    }

    public static void RemoveOrigin(IRetransmitBuffer buffer, uint stream) => buffer.Put(OriginKey(stream), default);

    /// <summary><see cref="LostHere"/>.</summary>
    public static ulong PutLost(IRetransmitBuffer buffer, uint stream, long count, RangeSet runs)
    {
        var value = new byte[8 + runs.Count * 16];
        BinaryPrimitives.WriteInt64BigEndian(value, count);
        for (int i = 0; i < runs.Count; i++)
        {
            BinaryPrimitives.WriteUInt64BigEndian(value.AsSpan(8 + i * 16), runs[i].Start);
            BinaryPrimitives.WriteUInt64BigEndian(value.AsSpan(16 + i * 16), runs[i].End);
        }
        return buffer.Put(LostKey(stream), value);
    }

    public static (long Count, RangeSet Runs) GetLost(IRetransmitBuffer buffer, uint stream)
    {
        var runs = new RangeSet();
        if (Get(buffer, LostKey(stream)) is not { Length: >= 8 } value)
            return (0, runs);
        for (int at = 8; at + 16 <= value.Length; at += 16)
            runs.Add(BinaryPrimitives.ReadUInt64BigEndian(value.AsSpan(at)), BinaryPrimitives.ReadUInt64BigEndian(value.AsSpan(at + 8)));
        return (BinaryPrimitives.ReadInt64BigEndian(value), runs);
    }

    public static void RemoveLost(IRetransmitBuffer buffer, uint stream)
    {
        if (Get(buffer, LostKey(stream)) is not null)
            buffer.Put(LostKey(stream), default);
    }

    private static ulong PutNumber(IRetransmitBuffer buffer, byte[] key, ulong number)
    {
        Span<byte> value = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64BigEndian(value, number);
        return buffer.Put(key, value);
    }

    private static bool TryGetNumber(IRetransmitBuffer buffer, byte[] key, out ulong number)
    {
        byte[]? value = Get(buffer, key);
        number = value is { Length: 8 } ? BinaryPrimitives.ReadUInt64BigEndian(value) : 0;
        return value is { Length: 8 };
    }

    private static byte[]? Get(IRetransmitBuffer buffer, byte[] key)
    {
        foreach (var (found, value) in buffer.Facts(key))
            if (found.AsSpan().SequenceEqual(key))
                return value;
        return null;
    }

    private static byte[] OriginKey(uint stream) => StreamFactKey((byte)'o', stream);

    private static byte[] LostKey(uint stream) => StreamFactKey((byte)'l', stream);

    private static byte[] StreamFactKey(byte letter, uint stream)
    {
        byte[] key = [letter, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32BigEndian(key.AsSpan(1), stream);
        return key;
    }

    private static byte[] Key(byte letter, PipeName pipe) => [letter, .. Encoding.ASCII.GetBytes(pipe.Text)];

    private static byte[] Key(byte letter, PipeName pipe, byte lane) => [letter, (byte)('0' + lane), .. Encoding.ASCII.GetBytes(pipe.Text)];
}

/// <param name="StampedFrom">The first message with a <see cref="MessageStamp"/>; the largest number where the journal is of a version without.</param>
internal readonly record struct LaneFact(Incarnation Incarnation, ulong Consumed, ulong StampedFrom);
