using EdgePeer.Wire;

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

/// <summary>What recovery met.</summary>
/// <param name="PastUncertain">Records that had been durable are damaged or missing: streams of sequence numbers need a new incarnation.</param>
/// <param name="Damaged">Names each damaged place for a person: segment, offset, what was found.</param>
public sealed record RecoveryReport(int Segments, long Records, long TornBytes, bool PastUncertain, IReadOnlyList<string> Damaged);

/// <summary>Bytes and counts since the start of the process, by cause.</summary>
public sealed record JournalCounters
{
    public long PayloadBytes { get; init; }

    /// <summary>All bytes written to segments, padding and copies included.</summary>
    public long BytesWritten { get; init; }
    public long Syncs { get; init; }
    public long FailedSyncs { get; init; }
    public long CapacityBytes { get; init; }
    public long UsedBytes { get; init; }
    public long SegmentsReclaimed { get; init; }
    public long TornTails { get; init; }
    public long BytesCopied { get; init; }
    public long AppendsRefused { get; init; }
}

/// <summary>
/// The store-and-forward retransmit buffer on flash: one log for all streams, so that one sync serves all of them. A stream
/// is an order of messages named by an opaque key; a fact is a small key with its latest value. Single-threaded and pure:
/// writes leave as batches, and what was asked for is durable when its batch has come back. Format: JOURNAL.md.
/// </summary>
public sealed class Journal
{
    /// <summary>Reads all segments. The first batch syncs what was kept; nothing is durable before it is done.</summary>
    public Journal(JournalOptions options, IFlash flash, IRandom random) => throw new NotSupportedException();

    public RecoveryReport Recovery => throw new NotSupportedException();

    /// <summary>False until recovery's own batch is done.</summary>
    public bool Ready => throw new NotSupportedException();

    public JournalCounters Counters => throw new NotSupportedException();

    /// <summary>All live streams, ordered by share and then key bytes.</summary>
    public IReadOnlyList<JournalStream> Streams() => throw new NotSupportedException();

    /// <summary>All facts, ordered by key bytes.</summary>
    public IReadOnlyList<KeyValuePair<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>> Facts() => throw new NotSupportedException();

    /// <summary>The stream of that share and key; made when it does not exist.</summary>
    public JournalStream Open(JournalShare share, ReadOnlySpan<byte> key) => throw new NotSupportedException();

    /// <summary>Releases all of a stream and drops its key and cursor.</summary>
    public Ticket Forget(StreamId stream) => throw new NotSupportedException();

    /// <summary>Bytes of payload that one message of that length costs the share, overhead included.</summary>
    public static long CostBytes(int totalBytes) => throw new NotSupportedException();

    /// <summary>What the share can still take, in the measure of <see cref="CostBytes"/>.</summary>
    public long RoomBytes(JournalShare share) => throw new NotSupportedException();

    /// <summary>The whole of a share when empty, in the measure of <see cref="CostBytes"/>.</summary>
    public long ShareBytes(JournalShare share) => throw new NotSupportedException();

    /// <summary>
    /// Appends one byte range of a message. Ranges may come in any order; a range already held is not stored twice.
    /// </summary>
    /// <param name="tag">What an application called the message, or zero; the last 4,096 tags are remembered.</param>
    /// <returns>False when the share has no room; nothing has changed.</returns>
    public bool TryAppend(StreamId stream, ulong sequence, int totalBytes, int offset, ReadOnlySpan<byte> bytes, UInt128 tag, out Ticket ticket) =>
        throw new NotSupportedException();

    /// <summary>Drops all messages of the stream below <paramref name="next"/>; the cursor survives restarts.</summary>
    public Ticket Release(StreamId stream, ulong next) => throw new NotSupportedException();

    /// <summary>Drops the messages of the stream at and above <paramref name="next"/>, which becomes its next number: parts of what was never accepted.</summary>
    public Ticket Truncate(StreamId stream, ulong next) => throw new NotSupportedException();

    /// <summary>Sets a fact, or removes it when the value is empty. Key up to 256 bytes, value up to 1,024.</summary>
    public Ticket Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value) => throw new NotSupportedException();

    public bool TryGet(ReadOnlySpan<byte> key, out ReadOnlyMemory<byte> value) => throw new NotSupportedException();

    /// <summary>The first message of the stream at or above <paramref name="from"/>.</summary>
    public bool TryFind(StreamId stream, ulong from, out StoredMessage message) => throw new NotSupportedException();

    /// <summary>The message that carried the tag, also when it has been released since.</summary>
    public bool TryFindTag(UInt128 tag, out StreamId stream, out ulong sequence) => throw new NotSupportedException();

    /// <summary>Reads bytes of a message that are held, synced or not.</summary>
    /// <returns>False when any of them is not held or the medium cannot give it back whole.</returns>
    public bool TryRead(StreamId stream, ulong sequence, int offset, Span<byte> into) => throw new NotSupportedException();

    /// <summary>Someone waits: the next batch need not wait for the sync window.</summary>
    public void Hurry() => throw new NotSupportedException();

    /// <summary>When <see cref="TakeBatch"/> will have something; <see cref="Instant.Never"/> while a batch is out or nothing waits.</summary>
    public Instant CommitAt => throw new NotSupportedException();

    /// <summary>What must be written now; null while a batch is out, nothing waits or the window is still open.</summary>
    public JournalBatch? TakeBatch(Instant now) => throw new NotSupportedException();

    /// <summary>A batch has ended. After a failure what memory holds is written again to a fresh segment.</summary>
    public void OnBatchDone(JournalBatch batch, FlashOutcome outcome, Instant now) => throw new NotSupportedException();

    public Ticket DurableThrough => throw new NotSupportedException();
}
