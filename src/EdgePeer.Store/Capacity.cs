namespace EdgePeer.Store;

/// <summary>How the capacity is divided; JOURNAL.md, "Reclaim".</summary>
internal sealed class Capacity
{
    /// <exception cref="ArgumentException">The options leave no room for a journal.</exception>
    public Capacity(JournalOptions options)
    {
        int segmentBytes = options.SegmentBytes != 0 ? options.SegmentBytes
            : (int)long.Clamp(options.CapacityBytes / SegmentsWanted, StoreLimits.SegmentBytesMin, 4 << 20);
        SegmentBytes = segmentBytes & -BlockHeader.PageBytes;
        Segments = (int)long.Min(options.CapacityBytes / int.Max(SegmentBytes, 1), int.MaxValue);
        if (options.CapacityBytes < StoreLimits.CapacityBytesMin || SegmentBytes is < StoreLimits.SegmentBytesMin or > StoreLimits.SegmentBytesMax
            || Segments < StoreLimits.SegmentsMin)
            throw new ArgumentException(
                $"a journal takes at least {StoreLimits.CapacityBytesMin} bytes and {StoreLimits.SegmentsMin} segments of {StoreLimits.SegmentBytesMin} to {StoreLimits.SegmentBytesMax} bytes", nameof(options));

        long capacity = options.CapacityBytes;
        RangeBytesMax = int.Min(StoreLimits.AppendBytesMax, SegmentBytes / 16);
        RecordBytesMax = RangeBytesMax + RangeOverheadMax + RecordWriter.TagBytes;
        BatchBytesMax = int.Min(StoreLimits.BatchBytesMax, SegmentBytes / 2);
        FactBytesMax = (int)long.Min(StoreLimits.FactBytesMax, capacity / 32);
        StreamBytesMax = (int)long.Min(StoreLimits.StreamBytesMax, capacity / 32);
        TagsMax = (int)long.Min(StoreLimits.TagsMax, capacity / 1024);
        RemovalsMax = (int)long.Min(StoreLimits.RemovalsMax, capacity / (16 << 10));
        ReleasedRunsMax = (int)long.Min(StoreLimits.ReleasedRunsOfAllMax, capacity / (4 << 10));

        SummaryBytesMax = SegmentBytes / 32;

        long dense = SegmentBytes - BlockHeader.PageBytes - BlockHeader.SizeBytes - RecordBytesMax - TableBytes - SummaryBytesMax;
        // Keys lie in two places.
        long bookkeeping = FactBytesMax + (2L * StreamBytesMax) + (TagsMax * TagEntryMax) + (RemovalsMax * (long)RecordWriter.FactSize(StoreLimits.KeyBytesMax, 0))
            + (ReleasedRunsMax * RunEntryMax);
        // Four segments in reserve and an eighth of the rest: JOURNAL.md, "Reclaim".
        MessagesBytes = ((Segments - 4) * dense / 8 * 7) - bookkeeping;
        ReservedBytes = MessagesBytes / ReservedDivisor;
    }

    public int SegmentBytes { get; }

    public int Segments { get; }

    /// <summary>Payload of one range record: what a record at the end of a segment may leave unused.</summary>
    public int RangeBytesMax { get; }

    /// <summary>The largest record that a batch of operations writes.</summary>
    public int RecordBytesMax { get; }

    /// <summary>Records of one batch, so that what is unsure after a crash can always be written again into one segment.</summary>
    public int BatchBytesMax { get; }

    public int FactBytesMax { get; }

    public int StreamBytesMax { get; }

    public int TagsMax { get; }

    public int RemovalsMax { get; }

    public int ReleasedRunsMax { get; }

    /// <summary>Summaries of other segments in one block.</summary>
    public int SummaryBytesMax { get; }

    /// <summary>What both shares can hold together.</summary>
    public long MessagesBytes { get; }

    /// <summary>What of it each share has for itself; the rest is for whoever needs it.</summary>
    public long ReservedBytes { get; }

    /// <summary>The record that begins a segment, at most.</summary>
    public int TableBytes => JournalRecord.HeaderBytes + 5 + ((Segments + 4) * TableEntryMax);

    /// <summary><see cref="RangeBytesMax"/> of the smallest segments.</summary>
    public const int RangeBytesMin = StoreLimits.SegmentBytesMin / 16;

    /// <summary>A range record without its bytes and tag, at most: header, id, sequence, length, offset.</summary>
    public const int RangeOverheadMax = JournalRecord.HeaderBytes + 5 + 10 + 4 + 4;

    /// <summary>
    /// The size that the files there have, when nobody set another and the capacity still allows it; zero when there is none. Small files under a much
    /// larger capacity are given up, one by one as they come free: each begins with a table of all others.
    /// </summary>
    public static int SegmentBytesOf(JournalOptions options, IFlash flash)
    {
        if (options.SegmentBytes != 0 || flash.Segments() is not [var first, ..])
            return options.SegmentBytes;
        long length = flash.Length(first);
        if (length is < StoreLimits.SegmentBytesMin or > StoreLimits.SegmentBytesMax || length % BlockHeader.PageBytes != 0
            || options.CapacityBytes / length < StoreLimits.SegmentsMin || options.CapacityBytes < StoreLimits.CapacityBytesMin)
            return 0;
        long kept = new Capacity(options with { SegmentBytes = (int)length }).MessagesBytes, anew = new Capacity(options).MessagesBytes;
        return kept >= anew / 10 * 9 ? (int)length : 0;
    }

    // So many that four in reserve are a small part of them.
    private const int SegmentsWanted = 64;

    private const int TagEntryMax = 16 + 5 + 10;

    // decisions/0015: so little that one direction alone fills three fifths of a large journal, and enough for the largest message.
    private const int ReservedDivisor = 7;

    // A gap and a length; the record around them comes once for several.
    private const long RunEntryMax = 10 + 10 + 8;

    // Number, generation, end; segment and position of the summary.
    private const int TableEntryMax = 5 + 10 + 4 + 5 + 4;
}
