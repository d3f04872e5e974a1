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

    /// <summary>Takes a range that overlaps none held into the index.</summary>
    public void Insert(in RangeEntry entry)
    {
        Ranges.Add(entry);
        if (!_incomplete.TryGetValue(entry.Sequence, out var tally))
        {
            if (entry.Length == entry.TotalBytes)
                return;
            _incomplete.Add(entry.Sequence, tally = new MessageTally(entry.TotalBytes));
        }
        tally.Hold(entry.Offset, entry.Length);
        if (tally.Complete)
            _incomplete.Remove(entry.Sequence);
    }

    /// <summary>The room that the messages of [from, below) take.</summary>
    public long RecordBytes(ulong from, ulong below)
    {
        long bytes = 0;
        for (var place = Ranges.FirstAt(from, 0); !Ranges.IsEnd(place) && Ranges[place].Sequence < below; place = Ranges.After(place))
            bytes += Released.Count > 0 && Released.Contains(Ranges[place].Sequence) ? 0 : SizeOf(Ranges[place]);
        return bytes;
    }

    /// <summary>Drops the first range when it is below the sequence.</summary>
    public bool TryDropFirst(ulong below, out RangeEntry dropped)
    {
        dropped = default;
        if (Ranges.IsEmpty || Ranges[Ranges.First].Sequence >= below)
            return false;
        dropped = Ranges[Ranges.First];
        _incomplete.Remove(dropped.Sequence);
        Ranges.RemoveFirst();
        return true;
    }

    /// <summary>Drops the first range of [from, below).</summary>
    public bool TryDrop(ulong from, ulong below, out RangeEntry dropped)
    {
        dropped = default;
        var place = Ranges.FirstAt(from, 0);
        if (Ranges.IsEnd(place) || Ranges[place].Sequence >= below)
            return false;
        dropped = Ranges[place];
        _incomplete.Remove(dropped.Sequence);
        Ranges.Remove(place);
        return true;
    }

    /// <summary>Takes ranges out that the medium lost; their messages are incomplete from here on.</summary>
    public void Rebuild(Func<RangeEntry, bool> keep)
    {
        var kept = new List<RangeEntry>();
        while (TryDropFirst(ulong.MaxValue, out var entry))
            if (keep(entry))
                kept.Add(entry);
        foreach (var entry in kept)
            Insert(entry);
    }

    /// <summary>Whether a record of that batch may still speak of the sequence.</summary>
    public bool IsVoid(ulong sequence, ulong batch) => Voids.Exists(mark => mark.Covers(sequence, batch));

    public bool Overlaps(in RangeEntry entry)
    {
        if (_incomplete.TryGetValue(entry.Sequence, out var tally))
            return tally.TotalBytes != entry.TotalBytes || !tally.TryMissing(entry.Offset, entry.Offset + entry.Length, out var missing)
                || missing.Length != entry.Length;
        return Holds(entry.Sequence);
    }

    public bool Holds(ulong sequence)
    {
        var place = Ranges.FirstAt(sequence, 0);
        return !Ranges.IsEnd(place) && Ranges[place].Sequence == sequence;
    }

    /// <summary>The record without a tag: tags live apart and are copied apart.</summary>
    public int SizeOf(in RangeEntry entry) => RecordWriter.RangeSize(Id, entry.Sequence, entry.TotalBytes, entry.Offset, entry.Length);
}
