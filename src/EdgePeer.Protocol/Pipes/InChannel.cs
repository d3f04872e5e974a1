using EdgePeer.Protocol.Sessions;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>A stream of the other end in one session, and what that end must still be told of it.</summary>
internal sealed class InChannel(NodeContext node, PipeTable table, Session session, InStream stream, int number, LaneLife life)
{
    private ulong _answer;
    private ulong _answerAfter;
    private long _windowTold;
    private long _costTold;
    private Path? _toldOn;
    private ulong _nextTold;
    private ulong _consumedTold = stream.ConsumedNext;
    private ulong _consumedSaid = stream.ConsumedNext;
    private ulong _watchedNext;
    private bool _keptDirty;

    public Session Session { get; } = session;

    public InStream Stream { get; } = stream;

    public int Number { get; } = number;

    /// <summary>Of the sender's lane.</summary>
    public LaneLife Life { get; } = life;

    public bool HasKeptToTell => _keptDirty || AnswerDue;

    /// <summary>The word must be asked to be heard of: nobody would ask for it again.</summary>
    public bool Important { get; private set; }

    /// <summary>When the other end is next told what was consumed; never while it knows.</summary>
    public Instant ConsumedAt { get; private set; } = Instant.Never;

    public long WindowBytes
    {
        get
        {
            long free = Math.Max(0, table.Room.IncomingFree);
            long window = Math.Max(free - table.Room.HeadReserve, free / 4);
            return Math.Min(window, Limits.WindowBytesMax) + Stream.HeadAllowance;
        }
    }

    /// <summary>What the sender takes the window to be: what it was told, less what has been kept since.</summary>
    private long WindowLeft => _windowTold - (Stream.KeptCostBytes - _costTold);

    private bool AnswerDue => _answer != 0 && node.DurableThrough >= _answerAfter;

    public void TellKept(bool important)
    {
        _keptDirty = true;
        Important |= important;
    }

    /// <summary>The sender does not know what is kept: short words may not have told it.</summary>
    public void OnDuplicate()
    {
        TellKept(important: false);
        _toldOn = null;
        Session.Active?.Received.TellFully();
    }

    public void OnAsk(ulong number)
    {
        _answer = number;
        _answerAfter = Stream.LastTicket;
    }

    /// <summary>Room was freed: a sender that waits must hear of it.</summary>
    public void OnRoom()
    {
        if (node.Has(NodeFaults.WindowUpdateLost) || WindowLeft >= Limits.WindowBytesMax / 4 || WindowBytes < Math.Max(2 * WindowLeft, 256))
            return;
        TellKept(important: true);
    }

    /// <summary>The first word, before anything is kept in this session.</summary>
    /// <param name="senderBase">Gaps from there on are told.</param>
    public byte[] Bound(bool fresh, ulong senderBase)
    {
        Span<byte> body = stackalloc byte[72 + BoundItem.GapsMax * 18];
        var writer = new WireWriter(body);
        new BoundItem(Number, fresh, Stream.KeptNext, Stream.ConsumedNext, TakeWindow(), table.Room.MessageBytesMax, Stream.Retired ? LaneLife.Nobodys : Stream.Life) { Gaps = Stream.GapsFrom(senderBase, BoundItem.GapsMax) }.Write(ref writer);
        return writer.Written.ToArray();
    }

    /// <summary>Says what is kept of [first, last], all the rest of which is a gap; in several words where it has many runs.</summary>
    public void TellSkipped(ulong first, ulong last)
    {
        var gaps = Stream.GapsFrom(first, int.MaxValue);
        var kept = new List<NumberRange>();
        ulong from = first, at = first;
        foreach (var gap in gaps)
        {
            if (gap.First > last)
                break;
            if (kept.Count == SkippedItem.KeptRunsMax)
            {
                Say(from, at - 1, kept);
                from = at;
            }
            if (gap.First > at)
                kept.Add(new NumberRange(at, gap.First - 1));
            at = gap.Last + 1;
        }
        if (kept.Count == SkippedItem.KeptRunsMax)
        {
            Say(from, at - 1, kept);
            from = at;
        }
        if (at <= last)
            kept.Add(new NumberRange(at, last));
        if (from <= last)
            Say(from, last, kept);
    }

    private void Say(ulong first, ulong last, List<NumberRange> kept)
    {
        Span<byte> body = stackalloc byte[(3 + 2 * SkippedItem.KeptRunsMax + 1) * 9];
        var writer = new WireWriter(body);
        new SkippedItem(Number, first, last, [.. kept]).Write(ref writer);
        Session.Say(ItemKind.Skipped, writer.Written);
        kept.Clear();
    }

    public void OnConsumed(Instant now)
    {
        // A short word may be lost: whoever asked is told by one that is said until it is heard.
        bool watched = _watchedNext > _consumedTold;
        if (Stream.ConsumedNext <= (watched ? _consumedTold : _consumedSaid))
            return;
        if (watched && Stream.ConsumedNext >= _watchedNext)
        {
            TellConsumed();
            return;
        }
        // A word takes at most two of a hundred parts of a slow line; there the next short word may tell it for nothing.
        var traits = Session.Active?.Port.Traits;
        var pause = ConsumedPause + (traits?.Airtime(ConsumedBytes) ?? TimeSpan.Zero) * 50;
        if (!watched && traits is { BitsPerSecond: > 0 })
            pause = RoundTrip.Max(pause, ConsumedQuiet);
        ConsumedAt = Instant.Earlier(ConsumedAt, now + pause);
    }

    /// <summary>The sender asks to be told soon when all through that message are consumed.</summary>
    public void OnWatch(ulong sequence)
    {
        _watchedNext = Math.Max(_watchedNext, sequence + 1);
        if (Stream.ConsumedNext > sequence)
            TellConsumed();
    }

    public void TellConsumed()
    {
        ConsumedAt = Instant.Never;
        _consumedTold = _consumedSaid = Stream.ConsumedNext;
        Span<byte> body = stackalloc byte[16];
        var writer = new WireWriter(body);
        new ConsumedItem(Number, Stream.ConsumedNext).Write(ref writer);
        Session.Say(ItemKind.Consumed, writer.Written);
    }

    /// <summary>
    /// A short word says enough: no whole message is kept out of order, and the sender, told on this path before, takes the window for about
    /// what it is. Parts of messages are told when the sender begins anew, asks, or sends them again.
    /// </summary>
    public bool CanTellShort(Path path)
    {
        if (Number >= Channels.ShortKeptCount || path != _toldOn || Important || AnswerDue || Stream.KeptNext - _nextTold >= ShortStepMax || !Stream.WholeDurable.IsEmpty)
            return false;
        long left = WindowLeft, now = WindowCode.ToBytes(WindowCode.Of(WindowBytes));
        return left >= ShortWindowMin && now >= left - left / 4 && left >= now - now / 4;
    }

    public ShortKeptItem TakeShort(byte heard, TimeSpan delay)
    {
        _keptDirty = false;
        _nextTold = Stream.KeptNext;
        bool butOneConsumed = Stream.KeptNext > 0 && Stream.ConsumedNext >= Stream.KeptNext - 1;
        if (butOneConsumed)
            _consumedSaid = Math.Max(_consumedSaid, Stream.KeptNext - 1);
        if (Stream.ConsumedNext <= _consumedSaid && _watchedNext <= _consumedTold)
            ConsumedAt = Instant.Never;
        return new ShortKeptItem(Number, butOneConsumed, heard, delay, (byte)Stream.KeptNext);
    }

    /// <summary>Writes the body of a kept item; what does not fit is told another time.</summary>
    /// <returns>The kind to write it as.</returns>
    public ItemKind WriteKept(ref WireWriter writer, int room, Path path)
    {
        (_toldOn, _nextTold) = (path, Stream.KeptNext);
        bool answers = AnswerDue;
        KeptItem.WriteHead(ref writer, answers ? _answer : 0, Number, Stream.KeptNext, TakeWindow());
        if (answers)
            _answer = 0;
        _keptDirty = false;
        Important = false;
        Span<byte> scratch = stackalloc byte[512];
        var details = new WireWriter(scratch[..Math.Clamp(room - writer.Length - 4, 0, scratch.Length)]);
        int runs = WriteRuns(ref details);
        int runBytes = details.Length;
        int parts = WriteParts(ref details);
        if (runs == 0 && parts == 0)
            return answers ? ItemKind.KeptAnswer : ItemKind.Kept;
        writer.WriteVarint((ulong)runs);
        writer.WriteBytes(details.Written[..runBytes]);
        if (parts > 0)
        {
            writer.WriteVarint((ulong)parts);
            writer.WriteBytes(details.Written[runBytes..]);
        }
        return answers ? ItemKind.KeptAnswer : ItemKind.Kept;
    }

    private byte TakeWindow()
    {
        byte code = WindowCode.Of(WindowBytes);
        _windowTold = WindowCode.ToBytes(code);
        _costTold = Stream.KeptCostBytes;
        return code;
    }

    private int WriteRuns(ref WireWriter details)
    {
        ulong last = Stream.KeptNext;
        int runs = 0;
        for (int i = 0; i < Stream.WholeDurable.Count && runs < KeptItem.RunsMax && details.Room >= PairBytesMax; i++)
        {
            var (start, end) = Stream.WholeDurable[i];
            details.WriteVarint(start - last - 1);
            details.WriteVarint(end - 1 - start);
            last = end - 1;
            runs++;
        }
        return runs;
    }

    private int WriteParts(ref WireWriter details)
    {
        ulong last = Stream.KeptNext;
        int parts = 0;
        foreach (var (sequence, message) in Stream.Ahead)
        {
            if (message.WhollyDurable || message.Durable.IsEmpty)
                continue;
            if (parts == KeptItem.PartsMax || details.Room < 2 * PairBytesMax)
                break;
            int ranges = Math.Min(Math.Min(message.Durable.Count, KeptItem.RangesMax), (details.Room - PairBytesMax) / RangeBytesMax);
            details.WriteVarint(sequence - last);
            details.WriteVarint((ulong)ranges);
            ulong end = 0;
            for (int i = 0; i < ranges; i++)
            {
                details.WriteVarint(message.Durable[i].Start - end);
                details.WriteVarint(message.Durable[i].End - message.Durable[i].Start);
                end = message.Durable[i].End;
            }
            last = sequence;
            parts++;
        }
        return parts;
    }

    private const int PairBytesMax = 20;
    private const int RangeBytesMax = 8;
    private const int ConsumedBytes = 24;

    // Words that are lost add up; the low byte is read right up to 255.
    private const ulong ShortStepMax = 64;

    // Below this a sender is as good as waiting for the window.
    private const long ShortWindowMin = 2_048;

    // Nobody asked: the books of the sender are right after so long.
    private static readonly TimeSpan ConsumedQuiet = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan ConsumedPause = TimeSpan.FromMilliseconds(50);
}
