namespace EdgePeer.Store;

/// <summary>One entry of a summary: a run of messages, a range of one, or a record to be read where it lies. JOURNAL.md, "12: summary".</summary>
internal readonly ref struct SummaryEntry
{
    /// <summary>Where the record, or the first of the run, begins in the segment.</summary>
    public int Position { get; private init; }

    /// <summary>Of a record that opens a stream, the number that counts as its next; else none.</summary>
    public ulong? Next { get; private init; }

    /// <summary>Zero for a record to be read.</summary>
    public uint Stream { get; private init; }
    public ulong Sequence { get; private init; }
    public int Count { get; private init; }
    public int TotalBytes { get; private init; }

    /// <summary>Empty when all messages have <see cref="TotalBytes"/>.</summary>
    public ReadOnlySpan<byte> Deltas { get; private init; }
    public int Offset { get; private init; }
    public int Length { get; private init; }
    public bool Tagged { get; private init; }

    public RangeRun Run(uint segment) =>
        (Length < TotalBytes ? new RangeRun(Sequence, TotalBytes, Offset, Length) : new RangeRun(Sequence, Count, TotalBytes, Deltas)) with
        {
            Segment = segment,
            Position = Position,
            Tagged = Tagged,
        };

    /// <param name="position">Of the entry before; zero at first.</param>
    /// <returns>False when it is not legal.</returns>
    public static bool TryTake(ref ReadOnlySpan<byte> list, ref int position, out SummaryEntry entry)
    {
        entry = default;
        if (!Varint.TryRead(ref list, out ulong step) || step > (ulong)(int.MaxValue - position) || !Varint.TryRead(ref list, out ulong what))
            return false;
        position += (int)step;
        if (what is Record or Opened)
        {
            ulong next = 0;
            bool legal = what == Record || Varint.TryRead(ref list, out next);
            entry = new SummaryEntry { Position = position, Next = what == Opened ? next : null };
            return legal;
        }
        return Varint.TryRead(ref list, out ulong stream) && stream is > 0 and <= uint.MaxValue
            && Varint.TryRead(ref list, out ulong sequence) && sequence < ulong.MaxValue - RangeRun.CountMax
            && Varint.TryRead(ref list, out ulong total) && total <= StoreLimits.MessageBytesMax
            && TryTakeMessages(ref list, what, position, (uint)stream, sequence, (int)total, out entry);
    }

    private static bool TryTakeMessages(ref ReadOnlySpan<byte> list, ulong what, int position, uint stream, ulong sequence, int totalBytes, out SummaryEntry entry)
    {
        entry = default;
        if ((what & RunFlag) == 0)
            return false;
        bool tagged = (what & TaggedFlag) != 0, varied = (what & VariedFlag) != 0;
        ulong count = what >> CountShift;
        ulong offset = 0, length = (ulong)totalBytes;
        if (count == 0)
        {
            // A range of a message.
            if (varied || !Varint.TryRead(ref list, out offset) || !Varint.TryRead(ref list, out length) || length == 0
                || offset + length > (ulong)totalBytes || length == (ulong)totalBytes)
                return false;
            count = 1;
        }
        if (count > RangeRun.CountMax || (varied && ((int)count > list.Length || totalBytes > StoreLimits.MessageBytesMax - byte.MaxValue)))
            return false;
        entry = new SummaryEntry
        {
            Position = position,
            Stream = stream,
            Sequence = sequence,
            Count = (int)count,
            TotalBytes = totalBytes,
            Deltas = varied ? list[..(int)count] : [],
            Offset = (int)offset,
            Length = (int)length,
            Tagged = tagged,
        };
        if (varied)
            list = list[(int)count..];
        return true;
    }

    /// <summary>Writes the entry of a record to be read where it lies.</summary>
    /// <returns>Its size.</returns>
    public static int WriteRecord(Span<byte> into, int step, ulong? next)
    {
        int size = Varint.Write(into, (uint)step);
        size += Varint.Write(into[size..], next is null ? Record : Opened);
        return next is null ? size : size + Varint.Write(into[size..], next.Value);
    }

    /// <summary>Writes the entry of a run; at most <see cref="SizeMax"/> bytes.</summary>
    /// <returns>Its size.</returns>
    public static int WriteRun(Span<byte> into, int step, uint stream, in RangeRun run)
    {
        ulong what = (run.Tagged ? TaggedFlag : 0) | (run.Deltas.IsEmpty ? 0 : VariedFlag) | (run.Whole ? (ulong)run.Count << CountShift : 0);
        int size = Varint.Write(into, (uint)step);
        size += Varint.Write(into[size..], what | RunFlag);
        size += Varint.Write(into[size..], stream);
        size += Varint.Write(into[size..], run.Sequence);
        size += Varint.Write(into[size..], (uint)run.TotalBytesMin);
        if (!run.Whole)
        {
            size += Varint.Write(into[size..], (uint)run.Offset);
            return size + Varint.Write(into[size..], (uint)run.Length);
        }
        run.Deltas.CopyTo(into[size..]);
        return size + run.Deltas.Length;
    }

    public const int SizeMax = (7 * Varint.SizeMax) + RangeRun.CountMax;

    private const ulong Record = 0;
    private const ulong Opened = 2;
    private const ulong RunFlag = 1;
    private const ulong TaggedFlag = 2;
    private const ulong VariedFlag = 4;
    private const int CountShift = 3;
}
