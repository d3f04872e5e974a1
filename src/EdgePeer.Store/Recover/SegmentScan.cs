namespace EdgePeer.Store;

/// <param name="Whole">All its records check.</param>
internal readonly record struct ScannedBlock(int Offset, BlockHeader Header, bool Whole)
{
    public int End => Offset + Header.BlockBytes;
}

/// <summary>One segment file as recovery finds it.</summary>
/// <param name="use">Any header of its last use.</param>
internal sealed class SegmentScan(uint number, in BlockHeader use)
{
    public uint Number { get; } = number;
    public ulong Generation { get; } = use.Generation;
    public ulong Nonce { get; } = use.Nonce;
    public uint Seed { get; } = use.Seed;

    /// <summary>The blocks of its last use, without a word on what they mean; none before <see cref="Read"/>.</summary>
    public List<ScannedBlock> Blocks { get; } = [];

    /// <summary>All of it has been read; else it is taken from its summary.</summary>
    public bool WasRead { get; private set; }

    /// <summary>The file ends before a block does: no write made it so.</summary>
    public bool Cut { get; private set; }

    /// <summary>Where its blocks end, as a table says; negative when none does.</summary>
    public int End { get; set; } = -1;

    /// <summary>As the head knows of this use: its blocks end there or later.</summary>
    public int LeastEnd { get; private set; }

    /// <summary>What its file must have at least.</summary>
    public int LeastBytes { get; private set; } = StoreLimits.SegmentBytesMin;

    /// <summary>What it holds, where it is taken from its summary.</summary>
    public SegmentSummary? Summary { get; set; }

    /// <summary>Where that summary lies, if it stays there.</summary>
    public (uint Segment, int Position) SummaryPlace { get; set; }

    /// <summary>The largest number of a batch that wrote here.</summary>
    public ulong LastBatch => Summary?.Batch ?? Blocks.Select(block => block.Header.Number).DefaultIfEmpty().Max();

    public void Expect(in JournalHead head) => (LeastEnd, LeastBytes) = (head.End, head.LengthBytes);

    /// <summary>Null when no block is there.</summary>
    public static SegmentScan? Find(IFlash flash, uint number)
    {
        Span<byte> head = stackalloc byte[BlockHeader.SizeBytes];
        int segmentBytes = (int)long.Clamp(flash.Length(number), 0, StoreLimits.SegmentBytesMax);
        // The page at the start never holds payload, so its header says which use the segment is in; a later page is asked only when
        // the first is damaged, since payload may be made to look like a header.
        if (flash.Read(number, 0, head) == head.Length && BlockHeader.TryRead(head, StoreLimits.SegmentBytesMax, out var use))
            return new SegmentScan(number, use);
        for (int page = BlockHeader.PageBytes; page < segmentBytes; page += BlockHeader.PageBytes)
            if (flash.Read(number, page, head) == head.Length && BlockHeader.TryRead(head, StoreLimits.SegmentBytesMax - page, out use))
                return new SegmentScan(number, use);
        return null;
    }

    /// <param name="bytes">The whole file.</param>
    public void Read(ReadOnlySpan<byte> bytes)
    {
        Blocks.Clear();
        WasRead = true;
        for (int page = 0; page < bytes.Length;)
        {
            if (!BlockHeader.TryRead(bytes[page..], StoreLimits.SegmentBytesMax - page, out var header) || header.Generation != Generation || header.Nonce != Nonce)
            {
                page += BlockHeader.PageBytes;
                continue;
            }
            var records = bytes[(page + BlockHeader.SizeBytes)..];
            bool cut = header.RecordBytes > records.Length;
            Cut |= cut;
            Blocks.Add(new ScannedBlock(page, header, !cut && Checks(records[..header.RecordBytes], header.Seed)));
            page += header.BlockBytes;
        }
    }

    private static bool Checks(ReadOnlySpan<byte> records, uint seed)
    {
        while (!records.IsEmpty)
        {
            int size = JournalRecord.TryRead(records, seed, out _);
            if (size == 0)
                return false;
            records = records[size..];
        }
        return true;
    }
}
