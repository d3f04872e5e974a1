namespace EdgePeer.Store;

/// <summary>
/// Whole messages of a stream, numbered and lying one behind the other in a block; or one range of a message. It takes the place of an entry a
/// record, so that memory follows the blocks that live and not their messages. In memory still while <see cref="Segment"/> is zero: it is
/// then one range, and <see cref="Position"/> is its place in the queue.
/// </summary>
internal struct RangeRun
{
    public ulong Sequence;
    public int Count;

    /// <summary>Of a range; of the first whole message see <see cref="TotalOf"/>.</summary>
    public int Offset;
    public int Length;
    public uint Segment;

    /// <summary>Where the first record begins in its segment.</summary>
    public int Position;

    /// <summary>The records carry tags.</summary>
    public bool Tagged;

    private byte _firstDelta;
    private int _totalBytes;
    private byte[]? _deltas;

    /// <param name="offset">With the length the whole message, or a range of it.</param>
    public RangeRun(ulong sequence, int totalBytes, int offset, int length)
    {
        Sequence = sequence;
        Count = 1;
        Offset = offset;
        Length = length;
        _totalBytes = totalBytes;
    }

    /// <summary>Whole messages, of one length or of lengths that differ by little.</summary>
    /// <param name="deltas">What each is longer than <paramref name="totalBytes"/>; none when all have that length.</param>
    public RangeRun(ulong sequence, int count, int totalBytes, ReadOnlySpan<byte> deltas)
    {
        Sequence = sequence;
        Count = count;
        _totalBytes = Length = totalBytes;
        _deltas = deltas.IsEmpty ? null : deltas.ToArray();
    }

    /// <summary>Its messages, or its one, are complete.</summary>
    public readonly bool Whole => _deltas is not null || Length == _totalBytes;

    public readonly ulong LastSequence => Sequence + (uint)Count - 1;

    /// <summary>The length that <see cref="Deltas"/> count from.</summary>
    public readonly int TotalBytesMin => _totalBytes;

    /// <summary>Empty when all messages are of one length.</summary>
    public readonly ReadOnlySpan<byte> Deltas => _deltas is null ? [] : _deltas.AsSpan(_firstDelta, Count);

    /// <summary>Length of the message with that place in the run.</summary>
    public readonly int TotalOf(int index) => _deltas is null ? _totalBytes : _totalBytes + _deltas[_firstDelta + index];

    /// <summary>The records of [from, to) without their tags: tags live apart and are copied apart.</summary>
    public readonly long SizeOf(uint stream, int from, int to)
    {
        if (!Whole)
            return RecordWriter.RangeSize(stream, Sequence, _totalBytes, Offset, Length);
        ulong first = Sequence + (uint)from, end = Sequence + (uint)to;
        // All of one size, as most are: asked for with each message that joins a run.
        if (_deltas is null && Varint.Size(first) == Varint.Size(end))
            return (to - from) * (long)RecordWriter.RangeSize(stream, first, _totalBytes, 0, _totalBytes);
        long bytes = 0;
        for (int i = from; i < to; i++)
        {
            int totalBytes = TotalOf(i);
            bytes += RecordWriter.RangeSize(stream, Sequence + (uint)i, totalBytes, 0, totalBytes);
        }
        return bytes;
    }

    public readonly long SizeOf(uint stream) => SizeOf(stream, 0, Count);

    public readonly int PositionOf(uint stream, int index) =>
        index == 0 ? Position : Position + (int)SizeOf(stream, 0, index) + (Tagged ? index * RecordWriter.TagBytes : 0);

    /// <summary>One of its messages as a run of its own.</summary>
    public readonly RangeRun Message(uint stream, int index)
    {
        if (!Whole)
            return this;
        int totalBytes = TotalOf(index);
        return new RangeRun(Sequence + (uint)index, totalBytes, 0, totalBytes) { Segment = Segment, Position = PositionOf(stream, index), Tagged = Tagged };
    }

    /// <summary>The messages from that place on, up to, not with, another.</summary>
    public readonly RangeRun Part(uint stream, int from, int to)
    {
        if (from == 0 && to == Count)
            return this;
        return new RangeRun(Sequence + (uint)from, to - from, _totalBytes, _deltas is null ? [] : _deltas.AsSpan(_firstDelta + from, to - from))
        {
            Segment = Segment,
            Position = PositionOf(stream, from),
            Tagged = Tagged,
        };
    }

    /// <summary>Drops messages at the front; some must be left.</summary>
    public void SkipFirst(uint stream, int count)
    {
        Position = PositionOf(stream, count);
        Sequence += (uint)count;
        Count -= count;
        if (_deltas is not null)
            _firstDelta += (byte)count;
    }

    /// <summary>Takes the whole message that lies right behind the last, when its length can be said along.</summary>
    public bool TryJoin(uint stream, in RangeRun next)
    {
        if (!Whole || !next.Whole || next.Count != 1 || Count == CountMax || next.Segment != Segment || Segment == 0 || next.Tagged != Tagged
            || next.Sequence != Sequence + (uint)Count || next.Position != PositionOf(stream, Count))
            return false;
        int totalBytes = next.TotalOf(0);
        if (_deltas is null && totalBytes == _totalBytes)
        {
            Count++;
            return true;
        }
        int from = _deltas is null ? int.Max(0, _totalBytes - DeltaBelow) : _totalBytes;
        if (totalBytes < from || totalBytes > from + byte.MaxValue || _firstDelta + Count >= CountMax)
            return false;
        if (_deltas is null)
        {
            _deltas = new byte[int.Max(DeltasMin, 2 * Count)];
            _deltas.AsSpan(0, Count).Fill((byte)(_totalBytes - from));
            _totalBytes = from;
        }
        else if (_firstDelta + Count == _deltas.Length)
        {
            Array.Resize(ref _deltas, int.Min(CountMax, 2 * _deltas.Length));
        }
        _deltas[_firstDelta + Count++] = (byte)(totalBytes - from);
        return true;
    }

    /// <summary>A message's place is counted from the start of its run, so that runs stay short.</summary>
    public const int CountMax = 256;

    private const int DeltaBelow = 128;
    private const int DeltasMin = 8;
}
