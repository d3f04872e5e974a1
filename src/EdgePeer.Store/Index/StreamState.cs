namespace EdgePeer.Store;

/// <summary>
/// One stream. It is seen in two ways: as asked (what callers see at once), and as written (what the batches handed out so far
/// say): reclaim copies and frees by what is written, so that a release still in the queue never costs a message.
/// </summary>
internal sealed class StreamState(uint id)
{
    private readonly Dictionary<ulong, MessageTally> _incomplete = [];

    public uint Id { get; } = id;
    public JournalShare Share { get; set; }
    public byte[] Key { get; set; } = [];

    public ulong Base { get; set; }
    public ulong Next { get; set; }
    public bool Forgotten { get; set; }

    public ulong WrittenBase { get; set; }
    public ulong WrittenNext { get; set; }
    public bool WrittenForgotten { get; set; }

    /// <summary>The newest segment generation that may hold its records, once it is forgotten.</summary>
    public ulong ForgottenGeneration { get; set; }

    /// <summary>Where its key lies, or the record that says it is forgotten.</summary>
    public Home KeyHome;

    /// <summary>Where its key lies again, in another block, so that no one damaged page takes a stream's name and with it all its messages.</summary>
    public Home SpareKeyHome;

    /// <summary>Where its last release lies, when that is newer than the key's record.</summary>
    public Home CursorHome;

    /// <summary>Released above the base, as asked.</summary>
    public RunList Released { get; } = new();

    /// <summary>Released above the base, as the batches handed out so far say it; runs below the base are left in.</summary>
    public (ulong From, ulong To)[] WrittenReleased { get; set; } = [];

    /// <summary>Where <see cref="WrittenReleased"/> lies.</summary>
    public Home ReleasedHome;

    public RangeList Ranges { get; } = new();

    /// <summary>What must not come back from older segments.</summary>
    public List<VoidMark> Voids { get; } = [];

    /// <summary>Its key and its cursor as records, at their largest.</summary>
    public int RecordBytesMax => RecordWriter.OpenedSize(Id, ulong.MaxValue, ulong.MaxValue, Key.Length) + RecordWriter.ReleaseSize(Id, ulong.MaxValue);

    /// <summary>The message when some of its bytes are missing; null when it is complete or not there.</summary>
    public MessageTally? Incomplete(ulong sequence) => _incomplete.GetValueOrDefault(sequence);

    /// <summary>Takes a run that overlaps nothing held into the index.</summary>
    public void Insert(in RangeRun run)
    {
        Join(Ranges.Add(run));
        if (!run.Whole)
            Tally(run);
    }

    /// <summary>What was appended as the operation of that number is durable at the place given.</summary>
    /// <returns>False when it is released or dropped already.</returns>
    public bool TrySettle(PendingOperation operation, uint segment, int position, bool tagged, out long sizeBytes)
    {
        sizeBytes = 0;
        if (!Ranges.TryCover(operation.Sequence, operation.Offset, out var place))
            return false;
        ref var run = ref Ranges[place];
        if (run.Segment != 0 || run.Position != operation.Number)
            return false;
        run.Segment = segment;
        run.Position = position;
        run.Tagged = tagged;
        sizeBytes = run.SizeOf(Id);
        Join(place);
        return true;
    }

    /// <summary>The room that the messages of [from, below) take.</summary>
    public long RecordBytes(ulong from, ulong below)
    {
        long bytes = 0;
        for (var place = Ranges.FirstAt(from, 0); !Ranges.IsEnd(place) && Ranges[place].Sequence < below; place = Ranges.After(place))
        {
            ref var run = ref Ranges[place];
            int first = run.Sequence < from ? (int)(from - run.Sequence) : 0;
            int end = (int)ulong.Min((uint)run.Count, below - run.Sequence);
            if (Released.Count == 0)
                bytes += run.SizeOf(Id, first, end);
            else
                for (int i = first; i < end; i++)
                    bytes += Released.Contains(run.Sequence + (uint)i) ? 0 : run.SizeOf(Id, i, i + 1);
        }
        return bytes;
    }

    /// <summary>Drops of the first run what is below the sequence.</summary>
    public bool TryDropFirst(ulong below, out RangeRun dropped)
    {
        dropped = default;
        if (Ranges.IsEmpty || Ranges[Ranges.First].Sequence >= below)
            return false;
        ref var run = ref Ranges[Ranges.First];
        int count = (int)ulong.Min((uint)run.Count, below - run.Sequence);
        dropped = run.Part(Id, 0, count);
        _incomplete.Remove(dropped.Sequence);
        if (count == run.Count)
            Ranges.Remove(Ranges.First);
        else
            run.SkipFirst(Id, count);
        return true;
    }

    /// <summary>Drops of the first run that reaches into [from, below) what does.</summary>
    public bool TryDrop(ulong from, ulong below, out RangeRun dropped)
    {
        dropped = default;
        var place = Ranges.FirstAt(from, 0);
        if (Ranges.IsEnd(place) || Ranges[place].Sequence >= below)
            return false;
        var run = Ranges[place];
        int first = run.Sequence < from ? (int)(from - run.Sequence) : 0;
        int end = (int)ulong.Min((uint)run.Count, below - run.Sequence);
        dropped = run.Part(Id, first, end);
        _incomplete.Remove(dropped.Sequence);
        Ranges.Remove(place);
        if (first > 0)
            Ranges.Add(run.Part(Id, 0, first));
        if (end < run.Count)
            Ranges.Add(run.Part(Id, end, run.Count));
        return true;
    }

    /// <summary>Drops of the last run what is at or above the sequence.</summary>
    public bool TryDropLast(ulong from, out RangeRun dropped)
    {
        dropped = default;
        if (Ranges.IsEmpty || Ranges[Ranges.Last].LastSequence < from)
            return false;
        var run = Ranges[Ranges.Last];
        Ranges.Remove(Ranges.Last);
        int kept = run.Sequence < from ? (int)(from - run.Sequence) : 0;
        dropped = run.Part(Id, kept, run.Count);
        _incomplete.Remove(dropped.LastSequence);
        if (kept > 0)
            Ranges.Add(run.Part(Id, 0, kept));
        return true;
    }

    /// <summary>The medium lost a range: its message is incomplete from here on, or gone.</summary>
    /// <returns>What the index held of it; a count of zero when it held nothing there any more.</returns>
    public RangeRun Lose(in RangeRun lost)
    {
        if (!TryIsolate(lost, out var place))
            return default;
        var run = Ranges[place];
        Ranges.Remove(place);
        if (run.Whole)
            return run;
        _incomplete.Remove(run.Sequence);
        for (place = Ranges.FirstAt(run.Sequence, 0); !Ranges.IsEnd(place) && Ranges[place].Sequence == run.Sequence; place = Ranges.After(place))
            Tally(Ranges[place]);
        return run;
    }

    /// <summary>What lay at one place lies at another now, without tags; messages of it that are no longer there are passed over.</summary>
    /// <returns>The bytes of records that moved.</returns>
    public long Move(in RangeRun moved, uint segment, int position)
    {
        long bytes = 0;
        for (int i = 0; i < moved.Count; i++)
        {
            var message = moved.Message(Id, i);
            int size = (int)message.SizeOf(Id);
            if (TryIsolate(message, out var place))
            {
                ref var run = ref Ranges[place];
                run.Segment = segment;
                run.Position = position;
                run.Tagged = false;
                bytes += size;
                Join(place);
            }
            position += size;
        }
        return bytes;
    }

    /// <summary>Makes the message, or range, a run of its own where it still lies as given.</summary>
    private bool TryIsolate(in RangeRun message, out RangeList.Place place)
    {
        if (!Ranges.TryCover(message.Sequence, message.Offset, out place))
            return false;
        var run = Ranges[place];
        int index = (int)(message.Sequence - run.Sequence);
        if (run.Segment != message.Segment || run.PositionOf(Id, index) != message.Position)
            return false;
        if (run.Count == 1)
            return true;
        Ranges.Remove(place);
        if (index > 0)
            Ranges.Add(run.Part(Id, 0, index));
        if (index + 1 < run.Count)
            Ranges.Add(run.Part(Id, index + 1, run.Count));
        place = Ranges.Add(run.Message(Id, index));
        return true;
    }

    private void Join(RangeList.Place place)
    {
        if (Ranges.TryPrevious(place, out var previous) && Ranges[previous].TryJoin(Id, Ranges[place]))
            Ranges.Remove(place);
    }

    private void Tally(in RangeRun range)
    {
        if (!_incomplete.TryGetValue(range.Sequence, out var tally))
            _incomplete.Add(range.Sequence, tally = new MessageTally(range.TotalBytesMin));
        tally.Hold(range.Offset, range.Length);
        if (tally.Complete)
            _incomplete.Remove(range.Sequence);
    }

    /// <summary>Whether a record of that batch may still speak of the sequence.</summary>
    public bool IsVoid(ulong sequence, ulong batch) => Voids.Exists(mark => mark.Covers(sequence, batch));

    /// <summary>Something of the message, or of the range, is held.</summary>
    public bool Overlaps(in RangeRun message)
    {
        if (_incomplete.TryGetValue(message.Sequence, out var tally))
            return tally.TotalBytes != message.TotalOf(0) || !tally.TryMissing(message.Offset, message.Offset + message.Length, out var missing)
                || missing.Length != message.Length;
        return Holds(message.Sequence);
    }

    public bool Holds(ulong sequence) => HoldsAny(sequence, sequence);

    /// <summary>Something of the messages from the first to the last is held.</summary>
    public bool HoldsAny(ulong first, ulong last)
    {
        var place = Ranges.FirstAt(first, 0);
        return !Ranges.IsEnd(place) && Ranges[place].Sequence <= last;
    }
}
