namespace EdgePeer.Wire;

/// <summary>
/// Which messages of a channel are on flash at the receiver. Never taken back; the union of all that came holds. Read by a
/// walk: <see cref="TryRead"/> gives the head, then <see cref="TryNextRun"/> the whole messages above <see cref="Next"/>, then
/// <see cref="TryNextPart"/> the parts of unfinished ones. WIRE.md, "Kept".
/// </summary>
public ref struct KeptItem
{
    private WireReader _reader;
    private int _runs, _parts, _ranges, _end;
    private ulong _sequence;
    private bool _anyPart;

    public int Channel { get; private set; }

    /// <summary>All below are kept.</summary>
    public ulong Next { get; private set; }

    /// <summary><see cref="WindowCode"/> from the start of message <see cref="Next"/>.</summary>
    public byte Window { get; private set; }

    /// <summary>The number of the question that this answers; zero when it answers none.</summary>
    public ulong Answers { get; private set; }

    public readonly bool Failed => _reader.Failed;

    public static bool TryRead(ReadOnlySpan<byte> body, bool isAnswer, out KeptItem item)
    {
        item = new KeptItem { _reader = new WireReader(body) };
        if (isAnswer)
            item.Answers = item._reader.ReadVarint();
        item.Channel = item._reader.ReadVarint(Channels.NumberMax);
        item.Next = item._reader.ReadVarint();
        item.Window = item._reader.ReadByte();
        item._sequence = item.Next;
        item._runs = item._reader.Remaining > 0 ? item._reader.ReadVarint(RunsMax) : 0;
        return !item._reader.Failed;
    }

    /// <summary>The next run of whole messages, ascending.</summary>
    public bool TryNextRun(out NumberRange run)
    {
        run = default;
        if (_runs == 0)
        {
            if (_parts == 0 && _reader.Remaining > 0)
                _parts = _reader.ReadVarint(PartsMax);
            _sequence = Next;
            return false;
        }
        _runs--;
        ulong first = _sequence + 1 + _reader.ReadVarint(), last = first + _reader.ReadVarint();
        if (_reader.Failed || last < first || last > long.MaxValue)
        {
            _reader.Fail();
            return false;
        }
        run = new NumberRange(first, last);
        _sequence = last;
        return true;
    }

    /// <summary>The next kept range of an unfinished message; after all runs.</summary>
    public bool TryNextPart(out ulong sequence, out ByteRange range)
    {
        sequence = 0;
        range = default;
        if (_ranges == 0)
        {
            if (_parts == 0 || _reader.Failed)
                return false;
            _parts--;
            ulong distance = _reader.ReadVarint();
            _sequence += distance;
            _ranges = _reader.ReadVarint(RangesMax);
            // Each message comes once: only the first can be the next one itself.
            if (_ranges == 0 || (distance == 0 && _anyPart))
                _reader.Fail();
            _anyPart = true;
            _end = 0;
        }
        if (_reader.Failed)
            return false;
        _ranges--;
        int offset = _end + _reader.ReadVarint(MessageItem.TotalBytesMax), length = _reader.ReadVarint(MessageItem.TotalBytesMax);
        if (_reader.Failed || length == 0 || offset > MessageItem.TotalBytesMax || offset + length > MessageItem.TotalBytesMax || _sequence > long.MaxValue)
        {
            _reader.Fail();
            return false;
        }
        sequence = _sequence;
        range = new ByteRange(offset, length);
        _end = range.End;
        return true;
    }

    /// <param name="answers">Not zero: written as an answer to that question.</param>
    public static void WriteHead(ref WireWriter writer, ulong answers, int channel, ulong next, byte window)
    {
        if (answers != 0)
            writer.WriteVarint(answers);
        writer.WriteVarint((ulong)channel);
        writer.WriteVarint(next);
        writer.WriteByte(window);
    }

    /// <summary>Runs of whole messages told at once; what is not told is told later, or sent again for nothing.</summary>
    public const int RunsMax = 16;

    /// <summary>Unfinished messages told at once.</summary>
    public const int PartsMax = 8;

    /// <summary>Ranges of one unfinished message told at once.</summary>
    public const int RangesMax = 16;
}

/// <summary>"What of this channel have you kept?", answered once what was heard before it is on flash. WIRE.md, "Ask".</summary>
public readonly record struct AskItem(int Channel, ulong Number)
{
    public void Write(ref WireWriter writer)
    {
        writer.WriteVarint((ulong)Channel);
        writer.WriteVarint(Number);
    }

    public static bool TryRead(ReadOnlySpan<byte> body, out AskItem item)
    {
        var reader = new WireReader(body);
        item = new AskItem(reader.ReadVarint(Channels.NumberMax), reader.ReadVarint());
        return !reader.Failed && item.Number != 0;
    }
}

/// <summary>All below <see cref="Next"/> has been taken by the application there. WIRE.md, "Consumed and watch".</summary>
public readonly record struct ConsumedItem(int Channel, ulong Next)
{
    public void Write(ref WireWriter writer)
    {
        writer.WriteVarint((ulong)Channel);
        writer.WriteVarint(Next);
    }

    public static bool TryRead(ReadOnlySpan<byte> body, out ConsumedItem item)
    {
        var reader = new WireReader(body);
        item = new ConsumedItem(reader.ReadVarint(Channels.NumberMax), reader.ReadVarint());
        return !reader.Failed;
    }
}

/// <summary>"Tell me when all through <see cref="Sequence"/> is consumed." WIRE.md, "Consumed and watch".</summary>
public readonly record struct WatchItem(int Channel, ulong Sequence)
{
    public void Write(ref WireWriter writer)
    {
        writer.WriteVarint((ulong)Channel);
        writer.WriteVarint(Sequence);
    }

    public static bool TryRead(ReadOnlySpan<byte> body, out WatchItem item)
    {
        var reader = new WireReader(body);
        item = new WatchItem(reader.ReadVarint(Channels.NumberMax), reader.ReadVarint());
        return !reader.Failed;
    }
}
