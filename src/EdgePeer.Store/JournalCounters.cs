namespace EdgePeer.Store;

/// <summary>Bytes and counts since the start of the process, by cause.</summary>
public sealed record JournalCounters
{
    public long PayloadBytes { get; init; }

    /// <summary>All bytes written to segments, padding and copies included, without the zeros of new segments.</summary>
    public long BytesWritten { get; init; }

    /// <summary><see cref="BytesWritten"/> by cause.</summary>
    public WrittenBytes Written { get; init; } = new();

    /// <summary>Zeros that new segments were filled with: once in a segment's life, not once in each use.</summary>
    public long BytesPreallocated { get; init; }
    public long Syncs { get; init; }
    public long FailedSyncs { get; init; }
    public long CapacityBytes { get; init; }

    /// <summary>Records that live.</summary>
    public long UsedBytes { get; init; }

    /// <summary>What each share holds, and what it can still take while the other holds what it does.</summary>
    public long OutgoingBytes { get; init; }
    public long IncomingBytes { get; init; }
    public long OutgoingRoomBytes { get; init; }
    public long IncomingRoomBytes { get; init; }
    public long SegmentsReclaimed { get; init; }
    public long TornTails { get; init; }
    public long BytesCopied { get; init; }
    public long AppendsRefused { get; init; }

    /// <summary>Ranges that had been durable and that the medium did not give back when they were to be copied.</summary>
    public long RangesLost { get; init; }
}
