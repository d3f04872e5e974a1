namespace EdgePeer.Store;

/// <param name="Whole">All its records check.</param>
internal readonly record struct ScannedBlock(int Offset, BlockHeader Header, bool Whole)
{
    public int End => Offset + Header.BlockBytes;
}

/// <summary>One segment file as recovery finds it: the blocks of its last use, without a word on what they mean.</summary>
internal sealed class SegmentScan
{
    private SegmentScan(uint number, byte[] bytes, BlockHeader use)
    {
        Number = number;
        Generation = use.Generation;
        Nonce = use.Nonce;
        for (int page = 0; page < bytes.Length;)
        {
            if (!BlockHeader.TryRead(bytes.AsSpan(page), bytes.Length - page, out var header) || header.Generation != Generation || header.Nonce != Nonce)
            {
                page += BlockHeader.PageBytes;
                continue;
            }
            Blocks.Add(new ScannedBlock(page, header, Checks(bytes.AsSpan(page + BlockHeader.SizeBytes, header.RecordBytes), header.Seed)));
            page += header.BlockBytes;
        }
    }

    public uint Number { get; }
    public ulong Generation { get; }
    public ulong Nonce { get; }
    public List<ScannedBlock> Blocks { get; } = [];

    /// <summary>Null when no block is there.</summary>
    public static SegmentScan? Read(uint number, byte[] bytes) => TryFindUse(bytes, out var use) ? new SegmentScan(number, bytes, use) : null;

    /// <summary>The whole file; what the medium cannot give back is zero.</summary>
    public static byte[] Load(IFlash flash, uint number)
    {
        var bytes = new byte[(int)long.Clamp(flash.Length(number), 0, StoreLimits.SegmentBytesMax)];
        flash.Read(number, 0, bytes);
        return bytes;
    }

    // The page at the start never holds payload, so its header says which use the segment is in; a later page is asked only when
    // the first is damaged, since payload may be made to look like a header.
    private static bool TryFindUse(byte[] bytes, out BlockHeader use)
    {
        for (int page = 0; page < bytes.Length; page += BlockHeader.PageBytes)
            if (BlockHeader.TryRead(bytes.AsSpan(page), bytes.Length - page, out use))
                return true;
        use = default;
        return false;
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
