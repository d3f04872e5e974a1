namespace EdgePeer.Store;

/// <summary>All segments: which are free, which is written, and what lives where.</summary>
internal sealed class SegmentTable
{
    // By number; those that the capacity allows are all there, so that number n is at place n - 1.
    private readonly List<Segment> _segments = [];
    private readonly List<Segment> _free = [];
    private readonly int _segmentBytes;

    /// <param name="count">Segments that the capacity allows.</param>
    public SegmentTable(int count, int segmentBytes)
    {
        _segmentBytes = segmentBytes;
        for (uint number = 1; number <= count; number++)
            _segments.Add(new Segment(number));
        Allowed = count;
    }

    public int Allowed { get; }

    public ulong LastGeneration { get; set; }

    public Segment? Active { get; private set; }

    /// <summary>Segments that a new generation may begin in.</summary>
    public int FreeCount => _free.Count;

    public Segment this[uint number] => number <= Allowed ? _segments[(int)number - 1] : _segments.First(segment => segment.Number == number);

    /// <summary>In ascending order of their numbers.</summary>
    public List<Segment> All => _segments;

    /// <summary>A closed segment is there in which nothing lives.</summary>
    public bool AnyDead => _segments.Exists(static segment => segment.Dead);

    /// <summary>Bytes left behind the last durable block of the active segment.</summary>
    public int ActiveRoomBytes => Active is { } active ? _segmentBytes - active.End : 0;

    /// <summary>Adds a file that recovery found, beyond the allowed count too.</summary>
    public Segment Found(uint number, long lengthBytes)
    {
        if (number > Allowed && !_segments.Exists(there => there.Number == number))
            _segments.Insert(_segments.Count(there => there.Number < number), new Segment(number));
        var segment = this[number];
        segment.Exists = true;
        segment.Usable = lengthBytes == _segmentBytes;
        return segment;
    }

    /// <summary>Puts all that is free into the order of use: files that are there first, so that a full disk hurts late.</summary>
    public void Settle()
    {
        _free.Clear();
        foreach (bool usable in (ReadOnlySpan<bool>)[true, false])
            foreach (var segment in _segments)
                if (segment.State == SegmentState.Free && segment.Usable == usable && segment.Number <= Allowed)
                    _free.Add(segment);
    }

    /// <summary>Begins a new generation; the segment written until now is closed.</summary>
    public Segment Open(ulong nonce)
    {
        var next = TakeFree();
        if (Active is { } active)
            active.State = SegmentState.Closed;
        next.State = SegmentState.Active;
        next.Generation = ++LastGeneration;
        next.Nonce = nonce;
        next.Seed = BlockHeader.SeedOf(next.Generation, nonce);
        next.End = 0;
        next.LiveBytes = 0;
        next.SummarySegment = 0;
        Active = next;
        return next;
    }

    /// <summary>
    /// The first batch of a new segment failed: nothing in it counts. The one before must not go on, since what failed may be on flash all the
    /// same: its table would say that the one before ends where it ended then.
    /// </summary>
    public void Abandon()
    {
        Free(Active!);
        Active = null;
    }

    public void CloseActive()
    {
        if (Active is { } active)
            active.State = SegmentState.Closed;
        Active = null;
    }

    /// <summary>Nothing in it counts, durably.</summary>
    public void Free(Segment segment)
    {
        segment.State = SegmentState.Free;
        segment.End = 0;
        foreach (var other in _segments)
            if (other.SummarySegment == segment.Number)
                other.SummarySegment = 0;
        if (segment.Number <= Allowed)
            _free.Add(segment);
    }

    /// <summary>The closed segment in which least lives; the oldest of equals. The oldest of all when asked for.</summary>
    public Segment? ChooseVictim(bool oldest)
    {
        Segment? victim = null;
        foreach (var segment in _segments)
            if (segment.State == SegmentState.Closed && (victim is null || Before(segment, victim, oldest)))
                victim = segment;
        return victim;
    }

    // Several failures or crashes in a row can use up the reserve. The journal then exceeds its capacity by a segment, for a while,
    // rather than stop: what is beyond the allowed count is deleted when it is free.
    private Segment TakeFree()
    {
        if (_free.Count == 0)
        {
            var last = _segments[^1];
            // One that failed at its first batch is there still.
            if (last.State == SegmentState.Free)
                return last;
            var extra = new Segment(last.Number + 1);
            _segments.Add(extra);
            return extra;
        }
        // One that could not be made whole is there too: on a full disk each try would else leave another.
        var next = _free.Find(segment => segment.Usable) ?? _free.Find(segment => segment.Exists) ?? _free[0];
        _free.Remove(next);
        return next;
    }

    private static bool Before(Segment a, Segment b, bool byAge) =>
        !byAge && a.LiveBytes != b.LiveBytes ? a.LiveBytes < b.LiveBytes : a.Generation < b.Generation;

    /// <summary>A segment other than the one named may hold records as old as that generation.</summary>
    public bool AnyAsOldAs(ulong generation, uint except)
    {
        foreach (var segment in _segments)
            if (segment.State != SegmentState.Free && segment.Generation <= generation && segment.Number != except)
                return true;
        return false;
    }

    public void Settle(ref Home home, uint segment, int position, int sizeBytes)
    {
        Retire(ref home);
        home = new Home { Segment = segment, Position = position, SizeBytes = sizeBytes };
        this[segment].LiveBytes += sizeBytes;
    }

    public void Retire(ref Home home)
    {
        if (home.SizeBytes > 0)
            this[home.Segment].LiveBytes -= home.SizeBytes;
        home = default;
    }

    /// <summary>Shrinking the journal: a file that the capacity no longer allows, once it is free.</summary>
    public bool IsSurplus(Segment segment) => segment.State == SegmentState.Free && segment.Exists && (segment.Number > Allowed || !segment.Usable);
}
