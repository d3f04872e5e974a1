namespace EdgePeer.Store;

/// <summary>Names a stream within one journal; small numbers, kept across restarts while the stream lives.</summary>
public readonly record struct StreamId(uint Value) : IComparable<StreamId>
{
    public int CompareTo(StreamId other) => Value.CompareTo(other.Value);
}

/// <param name="Key">Names the stream for its owner; opaque here, at most 256 bytes.</param>
/// <param name="Base">The first sequence not yet released.</param>
/// <param name="Next">One past the highest sequence ever appended or released.</param>
public sealed record JournalStream(StreamId Id, JournalShare Share, ReadOnlyMemory<byte> Key, ulong Base, ulong Next);

/// <summary>A message as the journal holds it: which of its bytes are there, as disjoint ascending ranges.</summary>
public readonly record struct StoredMessage(ulong Sequence, int TotalBytes, IReadOnlyList<StoredRange> Ranges)
{
    public bool Complete => Ranges.Count == 1 && Ranges[0].Offset == 0 && Ranges[0].Length == TotalBytes;
}

public readonly record struct StoredRange(int Offset, int Length);
