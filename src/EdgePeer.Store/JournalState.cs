using System.Diagnostics.CodeAnalysis;

namespace EdgePeer.Store;

/// <summary>All that the journal knows: the index of what lives on flash, and what waits to get there.</summary>
internal sealed class JournalState(JournalOptions options)
{
    private readonly SortedDictionary<uint, StreamState> _streams = [];
    private readonly SortedDictionary<byte[], StreamState> _names = new(ByteOrder.Instance);
    private readonly long[] _used = new long[2];
    private readonly long[] _claimed = new long[2];

    public JournalOptions Options { get; } = options;

    public Capacity Capacity { get; } = new(options);

    public SegmentTable Segments { get; private set; } = new(0, 0);

    public FactTable Facts { get; } = new();

    public TagTable Tags { get; private set; } = new(0);

    public PendingQueue Queue { get; } = new();

    /// <summary>The id of the next new stream.</summary>
    public uint NextStream { get; set; } = 1;

    /// <summary>By id, forgotten ones included.</summary>
    public IEnumerable<StreamState> Streams => _streams.Values;

    /// <summary>By share and key, without forgotten ones.</summary>
    public IEnumerable<StreamState> NamedStreams => _names.Values;

    public long StreamBytes { get; private set; }

    /// <summary>Messages that did not read back and that nobody has been told of.</summary>
    public Queue<MissingMessages> Unreadable { get; } = new();

    private readonly HashSet<(uint Stream, ulong Sequence)> _knownUnreadable = [];

    public void NoteUnreadable(StreamState stream, ulong sequence)
    {
        if (_knownUnreadable.Count < StoreLimits.UnreadableMax && _knownUnreadable.Add((stream.Id, sequence)))
            Unreadable.Enqueue(new MissingMessages(new JournalStream(new StreamId(stream.Id), stream.Share, stream.Key, stream.Base, stream.Next), sequence, sequence));
    }

    /// <summary>Streams whose key may lie in one place only.</summary>
    public List<StreamState> SingleKeys { get; } = [];

    /// <summary>Runs released above the base, of all streams.</summary>
    public int ReleasedRuns { get; set; }

    public static JournalState Create(JournalOptions options)
    {
        var state = new JournalState(options);
        state.Segments = new SegmentTable(state.Capacity.Segments, state.Capacity.SegmentBytes);
        state.Tags = new TagTable(state.Capacity.TagsMax);
        return state;
    }

    public long Used(JournalShare share) => _used[(int)share];

    public void Charge(JournalShare share, long bytes) => _used[(int)share] += bytes;

    public void Claim(JournalShare share, long bytes) => _claimed[(int)share] = bytes;

    /// <summary>
    /// What the share can still take: what the other holds and claims is left to it, and at least its reserved part. No claim reaches into
    /// what this one has for itself.
    /// </summary>
    public long Room(JournalShare share)
    {
        int other = 1 - (int)share;
        long left = long.Clamp(_used[other] + _claimed[other], Capacity.ReservedBytes, Capacity.MessagesBytes - Capacity.ReservedBytes);
        return long.Max(0, Capacity.MessagesBytes - long.Max(left, _used[other]) - Used(share));
    }

    public bool TryFind(uint id, [MaybeNullWhen(false)] out StreamState stream) => _streams.TryGetValue(id, out stream);

    public StreamState? Named(JournalShare share, ReadOnlySpan<byte> key) => _names.GetValueOrDefault(NameOf(share, key));

    /// <summary>The stream of that id, made when recovery meets it first.</summary>
    public StreamState Obtain(uint id)
    {
        if (!_streams.TryGetValue(id, out var stream))
            _streams.Add(id, stream = new StreamState(id));
        NextStream = uint.Max(NextStream, id + 1);
        return stream;
    }

    public void Name(StreamState stream)
    {
        _names[NameOf(stream.Share, stream.Key)] = stream;
        StreamBytes += stream.RecordBytesMax;
    }

    public void Unname(StreamState stream)
    {
        if (_names.Remove(NameOf(stream.Share, stream.Key)))
            StreamBytes -= stream.RecordBytesMax;
    }

    public void Remove(StreamState stream) => _streams.Remove(stream.Id);

    /// <summary>The index no longer holds the run.</summary>
    public void Dead(StreamState stream, in RangeRun run)
    {
        if (run.Segment != 0)
            Segments[run.Segment].LiveBytes -= run.SizeOf(stream.Id);
    }

    public void RememberTag(TagState tag)
    {
        foreach (var gone in Tags.Add(tag))
            Segments.Retire(ref gone.Home);
    }

    /// <summary>A stream has been forgotten, or cut off: <see cref="DropOldRemovals"/> looks at them until none is left.</summary>
    public bool StreamRemovals { get; set; } = true;

    /// <summary>Removals, voids and forgotten streams end when no older segment is left that could bring back what they removed.</summary>
    public void DropOldRemovals()
    {
        if (Facts.Removals > 0)
            DropOldFacts();
        if (StreamRemovals)
            DropOldStreams();
    }

    private void DropOldFacts()
    {
        List<FactState>? facts = null;
        foreach (var fact in Facts.All)
            if (fact is { Value.Length: 0, Queued: 0 } && !RemovalNeeded(fact.Home, fact.RemovedGeneration))
                (facts ??= []).Add(fact);
        foreach (var fact in facts ?? [])
        {
            Segments.Retire(ref fact.Home);
            Facts.Drop(fact);
        }
    }

    private void DropOldStreams()
    {
        StreamRemovals = false;
        foreach (var stream in _streams.Values)
            for (int i = stream.Voids.Count - 1; i >= 0; i--)
                if (stream.Voids[i] is { Home.SizeBytes: > 0 } mark && !RemovalNeeded(mark.Home, mark.Generation))
                {
                    Segments.Retire(ref mark.Home);
                    stream.Voids.RemoveAt(i);
                }
        List<StreamState>? streams = null;
        foreach (var stream in _streams.Values)
            if (stream.WrittenForgotten && stream.KeyHome.SizeBytes > 0 && !RemovalNeeded(stream.KeyHome, stream.ForgottenGeneration))
                (streams ??= []).Add(stream);
        foreach (var stream in streams ?? [])
        {
            Segments.Retire(ref stream.KeyHome);
            Remove(stream);
        }
        foreach (var stream in _streams.Values)
            StreamRemovals |= stream.Voids.Count > 0 || stream.WrittenForgotten;
    }

    /// <summary>Spare keys are not copied on: they are written anew with the next operations.</summary>
    public void DropSpareKeys(in FlashRegion region)
    {
        foreach (var stream in _streams.Values)
            if (stream.SpareKeyHome.Within(region))
            {
                Segments.Retire(ref stream.SpareKeyHome);
                SingleKeys.Add(stream);
            }
    }

    public void DropVoids(StreamState stream)
    {
        foreach (var mark in stream.Voids)
            Segments.Retire(ref mark.Home);
        stream.Voids.Clear();
    }

    /// <summary>Records kept only because older segments hold what they remove.</summary>
    public int Removals => Facts.Removals + _streams.Values.Sum(stream => stream.Voids.Count + (stream.WrittenForgotten ? 1 : 0));

    /// <summary>A segment beside its own may still hold what was removed.</summary>
    public bool RemovalNeeded(in Home home, ulong generation) => Segments.AnyAsOldAs(generation, home.Segment);

    /// <summary>Something that lives lies in the region.</summary>
    public bool LivesIn(FlashRegion region)
    {
        foreach (var stream in _streams.Values)
        {
            if (stream.KeyHome.Within(region) || stream.CursorHome.Within(region) || stream.ReleasedHome.Within(region) || stream.Voids.Exists(mark => mark.Home.Within(region)))
                return true;
            for (var place = stream.Ranges.First; !stream.Ranges.IsEnd(place); place = stream.Ranges.After(place))
                if (region.Holds(stream.Ranges[place].Segment, stream.Ranges[place].Position))
                    return true;
        }
        return Facts.All.Any(fact => fact.Home.Within(region)) || Tags.All.Any(tag => tag.Home.Within(region));
    }

    private static byte[] NameOf(JournalShare share, ReadOnlySpan<byte> key)
    {
        var name = new byte[1 + key.Length];
        name[0] = (byte)share;
        key.CopyTo(name.AsSpan(1));
        return name;
    }
}
