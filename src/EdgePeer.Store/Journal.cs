using EdgePeer.Wire;

namespace EdgePeer.Store;

/// <summary>
/// The store-and-forward retransmit buffer on flash: one log for all streams, so that one sync serves all of them. A stream
/// is an order of messages named by an opaque key; a fact is a small key with its latest value. Single-threaded and pure:
/// writes leave as batches, and what was asked for is durable when its batch has come back. After a crash the journal holds all that was
/// asked up to some batch, at least the last durable one, and nothing behind it. Format: JOURNAL.md.
/// </summary>
public sealed class Journal
{
    private readonly JournalState _state;
    private readonly Committer _committer;
    private readonly RangeReader _reader;
    private readonly int _tornTails;
    private readonly List<StoredRange> _pieces = [];
    private ulong _ticket;
    private long _payloadBytes;
    private long _appendsRefused;

    /// <summary>Reads the segments' summaries, and of the newest all records. The first batch makes what was kept durable; nothing is durable before it is done.</summary>
    /// <exception cref="JournalFormatException">The journal was written by a newer version.</exception>
    /// <exception cref="ArgumentException">The options leave no room for a journal.</exception>
    public Journal(JournalOptions options, IFlash flash, IRandom random)
        : this(options, flash, random, readAll: false)
    {
    }

    /// <param name="readAll">Summaries are not believed.</param>
    internal Journal(JournalOptions options, IFlash flash, IRandom random, bool readAll)
    {
        _state = JournalState.Create(options with { SegmentBytes = Capacity.SegmentBytesOf(options, flash) });
        var recovery = new Recovery(_state, flash, readAll);
        _tornTails = recovery.TornTails;
        Recovery = recovery.Report;
        _committer = new Committer(_state, flash, random, recovery);
        _reader = new RangeReader(_state, flash, ReadAheadBytes);
    }

    /// <summary>Checks each record of a journal that nobody writes, and changes nothing.</summary>
    /// <exception cref="JournalFormatException">The journal was written by a newer version.</exception>
    public static RecoveryReport Verify(IFlash flash) => new Recovery(JournalState.Create(new JournalOptions()), flash, readAll: true).Report;

    public RecoveryReport Recovery { get; }

    /// <summary>False until recovery's own batch is done.</summary>
    public bool Ready => _committer.Ready;

    public JournalCounters Counters => new()
    {
        PayloadBytes = _payloadBytes,
        BytesWritten = _committer.BytesWritten,
        Written = _committer.Written,
        BytesPreallocated = _committer.BytesPreallocated,
        Syncs = _committer.Syncs,
        FailedSyncs = _committer.FailedSyncs,
        CapacityBytes = _state.Options.CapacityBytes,
        UsedBytes = _state.Used(JournalShare.Outgoing) + _state.Used(JournalShare.Incoming) + _state.Facts.RecordBytes + _state.StreamBytes,
        OutgoingBytes = _state.Used(JournalShare.Outgoing),
        IncomingBytes = _state.Used(JournalShare.Incoming),
        OutgoingRoomBytes = RoomBytes(JournalShare.Outgoing),
        IncomingRoomBytes = RoomBytes(JournalShare.Incoming),
        SegmentsReclaimed = _committer.SegmentsReclaimed,
        TornTails = _tornTails,
        BytesCopied = _committer.BytesCopied,
        AppendsRefused = _appendsRefused,
        RangesLost = _committer.RangesLost,
    };

    /// <summary>All live streams, ordered by share and then key bytes.</summary>
    public IReadOnlyList<JournalStream> Streams() => [.. _state.NamedStreams.Select(Describe)];

    /// <summary>All facts, ordered by key bytes.</summary>
    public IReadOnlyList<KeyValuePair<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>> Facts() =>
        [.. _state.Facts.All.Where(fact => fact.Value.Length > 0).Select(fact => KeyValuePair.Create<ReadOnlyMemory<byte>, ReadOnlyMemory<byte>>(fact.Key, fact.Value))];

    /// <summary>The stream of that share and key; made when it does not exist.</summary>
    /// <exception cref="InvalidOperationException">Keys of all streams exceed <see cref="StoreLimits.StreamBytesMax"/>: the caller bounds its streams.</exception>
    public JournalStream Open(JournalShare share, ReadOnlySpan<byte> key)
    {
        ArgumentOutOfRangeException.ThrowIfZero(key.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(key.Length, StoreLimits.KeyBytesMax);
        if (_state.Named(share, key) is { } known)
            return Describe(known);
        var stream = _state.Obtain(_state.NextStream);
        stream.Share = share;
        stream.Key = key.ToArray();
        _state.Name(stream);
        if (_state.StreamBytes > _state.Capacity.StreamBytesMax)
            throw new InvalidOperationException("too many streams for the journal's capacity");
        Add(new PendingOperation { Kind = PendingKind.Open, Ticket = NextTicket(), Stream = stream });
        return Describe(stream);
    }

    /// <summary>Releases all of a stream and drops its key and cursor.</summary>
    public Ticket Forget(StreamId stream)
    {
        var forgotten = Find(stream);
        _state.Charge(forgotten.Share, -forgotten.RecordBytes(forgotten.Base, ulong.MaxValue));
        _state.ReleasedRuns -= forgotten.Released.Count;
        _state.Unname(forgotten);
        forgotten.Forgotten = true;
        return Add(new PendingOperation { Kind = PendingKind.Forget, Ticket = NextTicket(), Stream = forgotten });
    }

    /// <summary>
    /// Bytes of room that one message of that length costs the share at most, overhead included: in ranges of 100 bytes and more, cut
    /// differently each time. Room falls by what its records really take.
    /// </summary>
    public static long CostBytes(int totalBytes) => totalBytes + (Capacity.RangeOverheadMax * (2L + (totalBytes / 50)));

    /// <summary>As <see cref="CostBytes"/>, for a message that is appended in large ranges, none below 4 KiB but the last.</summary>
    public static long AppendCostBytes(int totalBytes) => totalBytes + (Capacity.RangeOverheadMax * (2L + (totalBytes / Capacity.RangeBytesMin)));

    /// <summary>
    /// What the share can still take, in the measure of <see cref="CostBytes"/>; less when the other has taken more. Of a message that has begun, only
    /// what is held counts: the caller keeps the rest free, and <see cref="Claim"/>s it.
    /// </summary>
    public long RoomBytes(JournalShare share) => _state.Room(share);

    /// <summary>What a share holds, in the same measure.</summary>
    public long UsedBytes(JournalShare share) => _state.Used(share);

    /// <summary>What a share can hold at most, while the other is empty and claims nothing.</summary>
    public long ShareBytes => _state.Capacity.MessagesBytes - _state.Capacity.ReservedBytes;

    /// <summary>What each share has for itself, however much the other needs.</summary>
    public long ReservedBytes => _state.Capacity.ReservedBytes;

    /// <summary>Room that the share still needs beside what it holds: the other leaves it free.</summary>
    public void Claim(JournalShare share, long bytes) => _state.Claim(share, bytes);

    /// <summary>What a stream's messages take of its share. Looks at all of them: what changes after that shows in <see cref="RoomBytes"/>.</summary>
    public long UsedBytes(StreamId stream) => Find(stream) is var asked ? asked.RecordBytes(asked.Base, ulong.MaxValue) : 0;

    /// <summary>
    /// Appends one byte range of a message, at most <see cref="StoreLimits.AppendBytesMax"/>. Ranges may come in any order; a range
    /// already held is not stored twice, and one of a released message is not stored at all.
    /// </summary>
    /// <param name="tag">What an application called the message, or zero; the last 4,096 tags are remembered.</param>
    /// <returns>False when the share has no room, or when the message is held with another length; nothing has changed.</returns>
    public bool TryAppend(StreamId stream, ulong sequence, int totalBytes, int offset, ReadOnlySpan<byte> bytes, UInt128 tag, out Ticket ticket)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(totalBytes, StoreLimits.MessageBytesMax);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, StoreLimits.AppendBytesMax);
        ArgumentOutOfRangeException.ThrowIfEqual(sequence, ulong.MaxValue);
        ArgumentOutOfRangeException.ThrowIfNegative(offset);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, totalBytes - offset, nameof(bytes));
        if (bytes.IsEmpty && totalBytes > 0)
            throw new ArgumentException("a range has at least one byte", nameof(bytes));
        var into = Find(stream);
        ticket = new Ticket(_ticket);
        if (sequence < into.Base || into.Released.Contains(sequence))
            return true;
        var pieces = _pieces;
        pieces.Clear();
        if (!TryCut(into, sequence, totalBytes, offset, bytes.Length, pieces) || !HasRoom(into, sequence, totalBytes, pieces))
        {
            _appendsRefused++;
            return false;
        }
        for (int i = 0; i < pieces.Count; i++)
        {
            var piece = pieces[i];
            // With the last record: a tag must not be there without what it names.
            var named = i == pieces.Count - 1 ? tag : 0;
            ticket = Append(into, sequence, totalBytes, piece.Offset, bytes.Slice(piece.Offset - offset, piece.Length).ToArray(), named);
        }
        into.Next = ulong.Max(into.Next, sequence + 1);
        return true;
    }

    /// <summary>Drops all messages of the stream below <paramref name="next"/>; the cursor survives restarts.</summary>
    public Ticket Release(StreamId stream, ulong next)
    {
        var released = Find(stream);
        next = released.Released.EndOf(next);
        if (next <= released.Base)
            return new Ticket(_ticket);
        _state.Charge(released.Share, -released.RecordBytes(released.Base, next));
        released.Base = next;
        released.Next = ulong.Max(released.Next, next);
        _state.ReleasedRuns -= released.Released.Count;
        released.Released.RemoveBelow(next);
        _state.ReleasedRuns += released.Released.Count;
        return Add(new PendingOperation { Kind = PendingKind.Release, Ticket = NextTicket(), Stream = released, Sequence = next });
    }

    /// <summary>
    /// Drops the messages of [from, to), which may lie above others that stay: a number so released is never held again, and survives
    /// restarts. Where nothing is left below, the base moves.
    /// </summary>
    /// <param name="to">Not above the stream's next number.</param>
    /// <returns>False when the stream, or all streams together, have too many runs above their bases: nothing has changed.</returns>
    public bool TryRelease(StreamId stream, ulong from, ulong to, out Ticket ticket)
    {
        var released = Find(stream);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(to, released.Next);
        from = ulong.Max(released.Released.EndOf(from), released.Base);
        ticket = new Ticket(_ticket);
        if (from >= to)
            return true;
        if (from == released.Base)
        {
            ticket = Release(stream, to);
            return true;
        }
        int before = released.Released.Count;
        if (released.Released.EndOf(from - 1) != from && released.Released.EndOf(to) == to
            && (before >= StoreLimits.ReleasedRunsMax || _state.ReleasedRuns >= _state.Capacity.ReleasedRunsMax))
            return false;
        _state.Charge(released.Share, -released.RecordBytes(from, to));
        released.Released.Add(from, to);
        _state.ReleasedRuns += released.Released.Count - before;
        ticket = Add(new PendingOperation
        {
            Kind = PendingKind.ReleaseRange,
            Ticket = NextTicket(),
            Stream = released,
            Sequence = from,
            Through = to,
            Runs = released.Released.Copy(),
        });
        return true;
    }

    /// <summary>What is released above the base, as ascending, disjoint runs [From, To).</summary>
    public IReadOnlyList<(ulong From, ulong To)> ReleasedRuns(StreamId stream) => Find(stream).Released.Copy();

    /// <summary>Drops the messages of the stream at and above <paramref name="next"/>, which becomes its next number: parts of what was never accepted.</summary>
    /// <param name="next">One past a message that is held, or the base.</param>
    /// <exception cref="InvalidOperationException">One of them was appended in this life: only what recovery found can be dropped.</exception>
    public Ticket Truncate(StreamId stream, ulong next)
    {
        var cut = Find(stream);
        if (next >= cut.Next)
            return new Ticket(_ticket);
        for (int i = 0; i < _state.Queue.Count; i++)
            if (_state.Queue[i] is { Kind: PendingKind.Range } pending && pending.Stream == cut && pending.Sequence >= next)
                throw new InvalidOperationException($"message {pending.Sequence} was appended in this life");
        if (cut.Released.Count > 0 && cut.Released[^1].To > next)
            throw new InvalidOperationException($"messages up to {cut.Released[^1].To} were released, so accepted before");
        _state.Charge(cut.Share, -cut.RecordBytes(next, ulong.MaxValue));
        while (cut.TryDropLast(next, out var dropped))
            _state.Dead(cut, dropped);
        // Reclaim may write the cursor again before the void is written.
        cut.Next = cut.WrittenNext = next;
        var mark = new VoidMark(next, _committer.LastNumber);
        cut.Voids.Add(mark);
        _state.StreamRemovals = true;
        return Add(new PendingOperation { Kind = PendingKind.Void, Ticket = NextTicket(), Stream = cut, Sequence = next, Mark = mark });
    }

    /// <summary>Sets a fact, or removes it when the value is empty. Key up to 256 bytes, value up to 1,024.</summary>
    /// <exception cref="InvalidOperationException">Facts exceed <see cref="StoreLimits.FactBytesMax"/>: the caller bounds its facts.</exception>
    public Ticket Put(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        ArgumentOutOfRangeException.ThrowIfZero(key.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(key.Length, StoreLimits.KeyBytesMax);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, StoreLimits.FactValueBytesMax);
        var known = _state.Facts.Find(key);
        if (value.SequenceEqual(known?.Value))
            return new Ticket(_ticket);
        var fact = known ?? _state.Facts.Obtain(key);
        byte[] owned = value.ToArray();
        _state.Facts.Set(fact, owned);
        if (_state.Facts.RecordBytes > _state.Capacity.FactBytesMax)
            throw new InvalidOperationException("too many facts for the journal's capacity");
        fact.Queued++;
        return Add(new PendingOperation { Kind = PendingKind.Fact, Ticket = NextTicket(), Fact = fact, Bytes = owned });
    }

    public bool TryGet(ReadOnlySpan<byte> key, out ReadOnlyMemory<byte> value)
    {
        value = _state.Facts.Find(key)?.Value;
        return value.Length > 0;
    }

    /// <summary>The first message of the stream at or above <paramref name="from"/>.</summary>
    public bool TryFind(StreamId stream, ulong from, out StoredMessage message)
    {
        var searched = Find(stream);
        message = default;
        for (ulong at = ulong.Max(from, searched.Base); ;)
        {
            var place = searched.Ranges.FirstAt(at, 0);
            if (searched.Ranges.IsEnd(place))
                return false;
            ref var run = ref searched.Ranges[place];
            ulong sequence = ulong.Max(run.Sequence, at);
            // What is released stays in the index until the release is in a batch.
            at = searched.Released.EndOf(sequence);
            if (at > sequence)
                continue;
            int totalBytes = run.TotalOf((int)(sequence - run.Sequence));
            IReadOnlyList<StoredRange> held = searched.Incomplete(sequence) is { } tally ? [.. tally.Held] : [new StoredRange(0, totalBytes)];
            message = new StoredMessage(sequence, totalBytes, held);
            return true;
        }
    }

    /// <summary>The message that carried the tag, also when it has been released, or its stream forgotten, since.</summary>
    public bool TryFindTag(UInt128 tag, out StreamId stream, out ulong sequence)
    {
        var found = _state.Tags.Find(tag);
        stream = new StreamId(found?.Stream ?? 0);
        sequence = found?.Sequence ?? 0;
        return found is not null;
    }

    /// <summary>Reads bytes of a message that are held, synced or not.</summary>
    /// <returns>False when any of them is not held or the medium cannot give it back whole.</returns>
    public bool TryRead(StreamId stream, ulong sequence, int offset, Span<byte> into)
    {
        var from = Find(stream);
        if (sequence < from.Base || offset < 0 || from.Released.Contains(sequence) || !from.Holds(sequence))
            return false;
        while (!into.IsEmpty)
        {
            if (!from.Ranges.TryCover(sequence, offset, out var place))
                return false;
            ref var run = ref from.Ranges[place];
            var entry = run.Message(from.Id, (int)(sequence - run.Sequence));
            int length = int.Min(into.Length, entry.Offset + entry.Length - offset);
            if (length <= 0 || !_reader.TryRead(from, entry, offset - entry.Offset, into[..length]))
                return false;
            into = into[length..];
            offset += length;
        }
        return true;
    }

    /// <summary>A message that was durable and that the medium did not give back, for the log; each is told once.</summary>
    public bool TryTakeUnreadable(out MissingMessages unreadable) => _state.Unreadable.TryDequeue(out unreadable);

    /// <summary>Someone waits: the next batch need not wait for the sync window.</summary>
    public void Hurry() => _committer.Hurry();

    /// <summary>
    /// When <see cref="TakeBatch"/> must be called next; <see cref="Instant.Never"/> while a batch is out or nothing waits. The start of
    /// time when something new waits: the call then notes the time, and the sync window begins.
    /// </summary>
    public Instant CommitAt => _committer.CommitAt;

    /// <summary>What must be written now; null while a batch is out, nothing waits or the window is still open.</summary>
    public JournalBatch? TakeBatch(Instant now) => _committer.TakeBatch(now);

    /// <summary>A batch has ended. After a failure what memory holds is written again to a fresh segment.</summary>
    public void OnBatchDone(JournalBatch batch, FlashOutcome outcome, Instant now) => _committer.OnBatchDone(batch, outcome, now);

    /// <summary>Nothing more is asked: the next batches say how far the journal went, so that a loss of its end is seen at the next start. Once what was asked is durable.</summary>
    public void NoteEnd() => _committer.NoteEnd();

    public Ticket DurableThrough => _committer.DurableThrough;

    /// <summary>Cuts what is missing of a range into records.</summary>
    private bool TryCut(StreamState stream, ulong sequence, int totalBytes, int offset, int length, List<StoredRange> pieces)
    {
        var tally = stream.Incomplete(sequence);
        if (tally is null && stream.Holds(sequence))
            return TotalOf(stream, sequence) == totalBytes;
        if (tally is not null && tally.TotalBytes != totalBytes)
            return false;
        if (totalBytes == 0)
            pieces.Add(default);
        for (int at = offset, end = offset + length; at < end;)
        {
            var missing = new StoredRange(at, end - at);
            if (tally is not null && !tally.TryMissing(at, end, out missing))
                break;
            int taken = int.Min(missing.Length, _state.Capacity.RangeBytesMax);
            pieces.Add(new StoredRange(missing.Offset, taken));
            at = missing.Offset + taken;
        }
        return true;
    }

    private static int TotalOf(StreamState stream, ulong sequence)
    {
        ref var run = ref stream.Ranges[stream.Ranges.FirstAt(sequence, 0)];
        return run.TotalOf((int)(sequence - run.Sequence));
    }

    private bool HasRoom(StreamState stream, ulong sequence, int totalBytes, List<StoredRange> pieces)
    {
        long recordBytes = 0;
        foreach (var piece in pieces)
            recordBytes += RecordWriter.RangeSize(stream.Id, sequence, totalBytes, piece.Offset, piece.Length);
        return pieces.Count == 0 || recordBytes <= RoomBytes(stream.Share);
    }

    private Ticket Append(StreamState stream, ulong sequence, int totalBytes, int offset, byte[] bytes, UInt128 tag)
    {
        TagState? remembered = null;
        if (tag != 0 && (_state.Tags.Find(tag) is not { } known || known.Stream != stream.Id || known.Sequence != sequence))
            _state.RememberTag(remembered = new TagState(tag, stream.Id, sequence));
        var operation = new PendingOperation
        {
            Kind = PendingKind.Range,
            Ticket = NextTicket(),
            Stream = stream,
            Sequence = sequence,
            TotalBytes = totalBytes,
            Offset = offset,
            Bytes = bytes,
            Tag = remembered,
        };
        var ticket = Add(operation);
        _payloadBytes += bytes.Length;
        var range = new RangeRun(sequence, totalBytes, offset, bytes.Length) { Position = operation.Number };
        stream.Insert(range);
        _state.Charge(stream.Share, range.SizeOf(stream.Id));
        return ticket;
    }

    private ulong NextTicket() => ++_ticket;

    private Ticket Add(PendingOperation operation)
    {
        _state.Queue.Add(operation);
        return new Ticket(operation.Ticket);
    }

    /// <exception cref="ArgumentException">There is no such stream: the caller's bug.</exception>
    private StreamState Find(StreamId id) =>
        _state.TryFind(id.Value, out var stream) && !stream.Forgotten ? stream : throw new ArgumentException($"stream {id.Value} is not open", nameof(id));

    // A page: small messages are mostly read one behind the other.
    private const int ReadAheadBytes = 4096;

    private static JournalStream Describe(StreamState stream) => new(new StreamId(stream.Id), stream.Share, stream.Key, stream.Base, stream.Next);
}
