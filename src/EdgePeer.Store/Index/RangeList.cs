namespace EdgePeer.Store;

/// <summary>
/// The runs of a stream in the order of sequence and offset; none overlap. Chunks keep an insertion in the middle cheap; most come at the end
/// and leave at the front.
/// </summary>
internal sealed class RangeList
{
    private readonly List<Chunk> _chunks = [];

    private sealed class Chunk
    {
        public RangeRun[] Runs = new RangeRun[4];
        public int First;
        public int End;
    }

    public bool IsEmpty => _chunks.Count == 0;

    /// <returns>Where it now is.</returns>
    public Place Add(in RangeRun run)
    {
        var at = FirstAt(run.Sequence, run.Offset);
        if (at.Chunk == _chunks.Count)
        {
            if (at.Chunk == 0)
                _chunks.Add(new Chunk());
            at = new Place(_chunks.Count - 1, _chunks[^1].End);
            if (_chunks[^1].End == ChunkRunsMax)
            {
                _chunks.Add(new Chunk());
                at = new Place(_chunks.Count - 1, 0);
            }
        }
        else if (_chunks[at.Chunk].End == ChunkRunsMax)
        {
            Split(at.Chunk);
            at = FirstAt(run.Sequence, run.Offset);
        }
        var chunk = _chunks[at.Chunk];
        if (chunk.End == chunk.Runs.Length)
            Array.Resize(ref chunk.Runs, int.Min(ChunkRunsMax, 2 * chunk.Runs.Length));
        Array.Copy(chunk.Runs, at.Index, chunk.Runs, at.Index + 1, chunk.End - at.Index);
        chunk.Runs[at.Index] = run;
        chunk.End++;
        return at;
    }

    /// <summary>The place of the first run that reaches beyond (sequence, offset); <see cref="IsEnd"/> when there is none.</summary>
    public Place FirstAt(ulong sequence, int offset)
    {
        int low = 0, high = _chunks.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            var chunk = _chunks[middle];
            if (EndsBefore(chunk.Runs[chunk.End - 1], sequence, offset))
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
            if (EndsBefore(found.Runs[middle], sequence, offset))
                first = middle + 1;
            else
                end = middle;
        }
        return new Place(low, first);
    }

    public bool IsEnd(Place place) => place.Chunk == _chunks.Count;

    public ref RangeRun this[Place place] => ref _chunks[place.Chunk].Runs[place.Index];

    public Place After(Place place) =>
        place.Index + 1 < _chunks[place.Chunk].End ? new Place(place.Chunk, place.Index + 1)
        : new Place(place.Chunk + 1, place.Chunk + 1 < _chunks.Count ? _chunks[place.Chunk + 1].First : 0);

    public Place First => new(0, IsEmpty ? 0 : _chunks[0].First);

    /// <summary>The last run; the list must not be empty.</summary>
    public Place Last => new(_chunks.Count - 1, _chunks[^1].End - 1);

    /// <summary>The run that holds the byte; with an empty message, the run that holds it.</summary>
    public bool TryCover(ulong sequence, int offset, out Place place)
    {
        place = FirstAt(sequence, offset);
        if (IsEnd(place))
            return false;
        ref var run = ref this[place];
        return run.Sequence < sequence || (run.Sequence == sequence && run.Offset <= offset);
    }

    public bool TryPrevious(Place place, out Place previous)
    {
        if (place.Chunk < _chunks.Count && place.Index > _chunks[place.Chunk].First)
            previous = new Place(place.Chunk, place.Index - 1);
        else
            previous = place.Chunk == 0 ? new Place(-1, 0) : new Place(place.Chunk - 1, _chunks[place.Chunk - 1].End - 1);
        return previous.Chunk >= 0;
    }

    public void Remove(Place place)
    {
        var chunk = _chunks[place.Chunk];
        if (place.Index == chunk.First)
        {
            chunk.Runs[chunk.First++] = default;
        }
        else
        {
            Array.Copy(chunk.Runs, place.Index + 1, chunk.Runs, place.Index, chunk.End - place.Index - 1);
            chunk.Runs[--chunk.End] = default;
        }
        if (chunk.First == chunk.End)
            _chunks.RemoveAt(place.Chunk);
    }

    private void Split(int index)
    {
        var full = _chunks[index];
        int middle = (full.First + full.End) / 2;
        var right = new Chunk { Runs = new RangeRun[ChunkRunsMax], End = full.End - middle };
        Array.Copy(full.Runs, middle, right.Runs, 0, right.End);
        var left = new Chunk { Runs = new RangeRun[ChunkRunsMax], End = middle - full.First };
        Array.Copy(full.Runs, full.First, left.Runs, 0, left.End);
        if (left.End == 0)
            _chunks[index] = right;
        else
        {
            _chunks[index] = left;
            _chunks.Insert(index + 1, right);
        }
    }

    private static bool EndsBefore(in RangeRun run, ulong sequence, int offset) =>
        run.LastSequence != sequence ? run.LastSequence < sequence : !run.Whole && run.Offset + run.Length <= offset;

    // About 12 KiB a chunk: a shift within one costs less than a record's checksum.
    private const int ChunkRunsMax = 256;

    /// <summary>Valid until the list changes.</summary>
    internal readonly record struct Place(int Chunk, int Index);
}
