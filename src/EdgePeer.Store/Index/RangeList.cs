namespace EdgePeer.Store;

/// <summary>One stored range. In memory still while <see cref="Segment"/> is zero; <see cref="Position"/> is then its place in the queue.</summary>
internal struct RangeEntry
{
    public ulong Sequence;
    public int TotalBytes;
    public int Offset;
    public int Length;
    public uint Segment;

    /// <summary>Where the record begins in its segment.</summary>
    public int Position;
}

/// <summary>
/// The ranges of a stream in the order of sequence and offset. Chunks keep an insertion in the middle cheap; most come at the end
/// and leave at the front.
/// </summary>
internal sealed class RangeList
{
    private readonly List<Chunk> _chunks = [];

    private sealed class Chunk
    {
        public RangeEntry[] Entries = new RangeEntry[4];
        public int First;
        public int End;
    }

    public bool IsEmpty => _chunks.Count == 0;

    public void Add(in RangeEntry entry)
    {
        var at = FirstAt(entry.Sequence, entry.Offset);
        if (at.Chunk == _chunks.Count)
        {
            if (at.Chunk == 0)
                _chunks.Add(new Chunk());
            at = new Place(_chunks.Count - 1, _chunks[^1].End);
            if (_chunks[^1].End == ChunkEntriesMax)
            {
                _chunks.Add(new Chunk());
                at = new Place(_chunks.Count - 1, 0);
            }
        }
        else if (_chunks[at.Chunk].End == ChunkEntriesMax)
        {
            Split(at.Chunk);
            at = FirstAt(entry.Sequence, entry.Offset);
        }
        var chunk = _chunks[at.Chunk];
        if (chunk.End == chunk.Entries.Length)
            Array.Resize(ref chunk.Entries, int.Min(ChunkEntriesMax, 2 * chunk.Entries.Length));
        Array.Copy(chunk.Entries, at.Index, chunk.Entries, at.Index + 1, chunk.End - at.Index);
        chunk.Entries[at.Index] = entry;
        chunk.End++;
    }

    /// <summary>The place of the first entry at or behind (sequence, offset); <see cref="IsEnd"/> when there is none.</summary>
    public Place FirstAt(ulong sequence, int offset)
    {
        int low = 0, high = _chunks.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            var chunk = _chunks[middle];
            if (Before(chunk.Entries[chunk.End - 1], sequence, offset))
                low = middle + 1;
            else
                high = middle;
        }
        if (low == _chunks.Count)
            return new Place(low, 0);
        var found = _chunks[low];
        int first = found.First, end = found.End;
        while (first < end)
        {
            int middle = (first + end) / 2;
            if (Before(found.Entries[middle], sequence, offset))
                first = middle + 1;
            else
                end = middle;
        }
        return new Place(low, first);
    }

    public bool IsEnd(Place place) => place.Chunk == _chunks.Count;

    public ref RangeEntry this[Place place] => ref _chunks[place.Chunk].Entries[place.Index];

    public Place After(Place place) =>
        place.Index + 1 < _chunks[place.Chunk].End ? new Place(place.Chunk, place.Index + 1)
        : new Place(place.Chunk + 1, place.Chunk + 1 < _chunks.Count ? _chunks[place.Chunk + 1].First : 0);

    public Place First => new(0, IsEmpty ? 0 : _chunks[0].First);

    /// <summary>The entry of exactly that range start.</summary>
    public bool TryFind(ulong sequence, int offset, out Place place)
    {
        place = FirstAt(sequence, offset);
        return !IsEnd(place) && this[place].Sequence == sequence && this[place].Offset == offset;
    }

    /// <summary>The entry that holds the byte; with an empty message, its only entry.</summary>
    public bool TryCover(ulong sequence, int offset, out Place place)
    {
        if (TryFind(sequence, offset, out place))
            return true;
        place = Previous(place);
        return place.Chunk >= 0 && this[place].Sequence == sequence && offset < this[place].Offset + this[place].Length;
    }

    public void RemoveFirst()
    {
        var chunk = _chunks[0];
        if (++chunk.First == chunk.End)
            _chunks.RemoveAt(0);
    }

    public void Remove(Place place)
    {
        var chunk = _chunks[place.Chunk];
        Array.Copy(chunk.Entries, place.Index + 1, chunk.Entries, place.Index, chunk.End - place.Index - 1);
        if (--chunk.End == chunk.First)
            _chunks.RemoveAt(place.Chunk);
    }

    private Place Previous(Place place)
    {
        if (place.Chunk < _chunks.Count && place.Index > _chunks[place.Chunk].First)
            return new Place(place.Chunk, place.Index - 1);
        return place.Chunk == 0 ? new Place(-1, 0) : new Place(place.Chunk - 1, _chunks[place.Chunk - 1].End - 1);
    }

    private void Split(int index)
    {
        var full = _chunks[index];
        int middle = (full.First + full.End) / 2;
        var right = new Chunk { Entries = new RangeEntry[ChunkEntriesMax], End = full.End - middle };
        Array.Copy(full.Entries, middle, right.Entries, 0, right.End);
        var left = new Chunk { Entries = new RangeEntry[ChunkEntriesMax], End = middle - full.First };
        Array.Copy(full.Entries, full.First, left.Entries, 0, left.End);
        if (left.End == 0)
            _chunks[index] = right;
        else
        {
            _chunks[index] = left;
            _chunks.Insert(index + 1, right);
        }
    }

    private static bool Before(in RangeEntry entry, ulong sequence, int offset) =>
        entry.Sequence != sequence ? entry.Sequence < sequence : entry.Offset < offset;

    // 8 KiB a chunk: a shift within one costs less than the record's checksum.
    private const int ChunkEntriesMax = 256;

    /// <summary>Valid until the list changes.</summary>
    internal readonly record struct Place(int Chunk, int Index);
}
