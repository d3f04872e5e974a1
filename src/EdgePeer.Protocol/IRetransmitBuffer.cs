using EdgePeer.Wire;

namespace EdgePeer.Protocol;

public enum StreamDirection : byte
{
    Outgoing = 0,
    Incoming = 1,
}

/// <param name="Id">The buffer's own number of the stream.</param>
/// <param name="Base">The first sequence not yet released.</param>
/// <param name="Next">One past the highest sequence ever appended or released.</param>
public readonly record struct MessageStream(uint Id, StreamDirection Direction, StreamKey Key, ulong Base, ulong Next);

/// <summary>A message in the buffer, with the byte ranges held of it, disjoint and ascending.</summary>
public readonly record struct BufferedMessage(ulong Sequence, int TotalBytes, IReadOnlyList<ByteRange> Held)
{
    public bool Complete => Held.Count == 1 && Held[0] == new ByteRange(0, TotalBytes);
}

/// <summary>
/// The store-and-forward retransmit buffer as the node sees it. The journal stands behind it, on a device and in the
/// simulator; its calls return at once, and what they ask for is durable when <see cref="Node.OnDurable"/> says so.
/// </summary>
public interface IRetransmitBuffer
{
    /// <summary>Records that had been durable are damaged or missing: sequence numbers need a new incarnation.</summary>
    bool PastUncertain { get; }

    /// <summary>What was recovered, in a fixed order.</summary>
    IReadOnlyList<MessageStream> Streams();

    /// <summary>Facts whose key begins with the prefix, in the order of their keys.</summary>
    IReadOnlyList<(byte[] Key, byte[] Value)> Facts(ReadOnlySpan<byte> prefix);

    MessageStream Open(StreamDirection direction, in StreamKey key);

    ulong Forget(uint stream);

    /// <summary>Room that a message takes at most, however the network cuts it.</summary>
    long CostBytes(int totalBytes);

    /// <summary>Room that a message of this peer's own takes at most, which is appended in large ranges.</summary>
    long AppendCostBytes(int totalBytes);

    /// <summary>What the direction can still take; it falls too when the other takes what both may use.</summary>
    long RoomBytes(StreamDirection direction);

    long UsedBytes(StreamDirection direction);

    /// <summary>What one direction can hold at most.</summary>
    long ShareBytes { get; }

    /// <summary>What each direction has for itself.</summary>
    long ReservedBytes { get; }

    /// <summary>Room that the direction still needs: the other leaves it free.</summary>
    void Claim(StreamDirection direction, long bytes);

    /// <summary>What the stream's messages take of its share.</summary>
    long UsedBytes(uint stream);

    bool TryAppend(uint stream, ulong sequence, int totalBytes, int offset, ReadOnlySpan<byte> bytes, UInt128 tag, out ulong ticket);

    ulong Release(uint stream, ulong next);

    /// <summary>Drops the messages of [from, to) for good, others below them stay; where nothing is left below, the stream's base moves.</summary>
    /// <returns>False when too many such runs lie above bases: nothing has changed.</returns>
    bool TryRelease(uint stream, ulong from, ulong to, out ulong ticket);

    /// <summary>What is released above the stream's base: ascending, disjoint runs [From, To).</summary>
    IReadOnlyList<(ulong From, ulong To)> ReleasedRuns(uint stream);

    /// <summary>Drops the messages of the stream at and above <paramref name="next"/>, which were begun and never accepted.</summary>
    ulong Truncate(uint stream, ulong next);

    ulong Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value);

    bool TryFind(uint stream, ulong from, out BufferedMessage message);

    bool TryFindTag(UInt128 tag, out uint stream, out ulong sequence);

    bool TryRead(uint stream, ulong sequence, int offset, Span<byte> into);

    /// <summary>Someone waits for what was last asked.</summary>
    void Hurry();
}
