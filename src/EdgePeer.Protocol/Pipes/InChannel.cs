using EdgePeer.Protocol.Sessions;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>A stream of the other end in one session, and what that end must still be told of it.</summary>
internal sealed class InChannel(NodeContext node, PipeTable table, Session session, InStream stream, int number)
{
    private ulong _answer;
    private ulong _answerAfter;
    private long _windowTold;
    private ulong _consumedTold = stream.ConsumedNext;
    private bool _keptDirty;

    public Session Session { get; } = session;

    public InStream Stream { get; } = stream;

    public int Number { get; } = number;

    public bool HasKeptToTell => _keptDirty || AnswerDue;

    /// <summary>The word must be asked to be heard of: nobody would ask for it again.</summary>
    public bool Important { get; private set; }

    /// <summary>When the other end is next told what was consumed; never while it knows.</summary>
    public Instant ConsumedAt { get; private set; } = Instant.Never;

    public long WindowBytes
    {
        get
        {
            long free = Math.Max(0, table.IncomingFree);
            long window = Math.Max(free - table.HeadReserve, free / 4);
            return Math.Min(window, Limits.WindowBytesMax) + Stream.HeadAllowance;
        }
    }

    private bool AnswerDue => _answer != 0 && node.DurableThrough >= _answerAfter;

    public void TellKept(bool important)
    {
        _keptDirty = true;
        Important |= important;
    }

    public void OnAsk(ulong number)
    {
        _answer = number;
        _answerAfter = Stream.LastTicket;
    }

    /// <summary>Room was freed: a sender that waits must hear of it.</summary>
    public void OnRoom()
    {
        if (node.Has(NodeFaults.WindowUpdateLost) || _windowTold >= Limits.WindowBytesMax / 4 || WindowBytes < Math.Max(2 * _windowTold, 256))
            return;
        TellKept(important: true);
    }

    /// <summary>The first word, before anything is kept in this session.</summary>
    public byte[] Bound(bool fresh)
    {
        Span<byte> body = stackalloc byte[64];
        var writer = new WireWriter(body);
        new BoundItem(Number, fresh, Stream.KeptNext, Stream.ConsumedNext, TakeWindow(), table.MessageBytesMax(StreamDirection.Incoming)).Write(ref writer);
        return writer.Written.ToArray();
    }

    public void OnConsumed(Instant now)
    {
        if (ConsumedAt != Instant.Never || Stream.ConsumedNext <= _consumedTold)
            return;
        // A word takes at most two of a hundred parts of a slow line.
        var airtime = Session.Active?.Port.Traits.Airtime(ConsumedBytes) ?? TimeSpan.Zero;
        ConsumedAt = now + ConsumedPause + airtime * 50;
    }

    public void TellConsumed()
    {
        ConsumedAt = Instant.Never;
        _consumedTold = Stream.ConsumedNext;
        Span<byte> body = stackalloc byte[16];
        var writer = new WireWriter(body);
        new ConsumedItem(Number, Stream.ConsumedNext).Write(ref writer);
        Session.Say(ItemKind.Consumed, writer.Written);
    }

    /// <summary>Writes the body of a kept item; what does not fit is told another time.</summary>
    /// <returns>The kind to write it as.</returns>
    public ItemKind WriteKept(ref WireWriter writer, int room)
    {
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
    private static readonly TimeSpan ConsumedPause = TimeSpan.FromMilliseconds(50);
}
