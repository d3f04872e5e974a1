namespace EdgePeer.Store;

/// <summary>A segment's summary as read back, with the records that it names.</summary>
internal sealed class SegmentSummary
{
    private readonly List<byte[]> _parts = [];
    private readonly Dictionary<int, byte[]> _named = [];

    /// <summary>Of its segment's last block.</summary>
    public ulong Batch { get; private set; }

    public IReadOnlyList<byte[]> Parts => _parts;

    /// <summary>The record that the summary names at that place; a message's without its bytes.</summary>
    public ReadOnlySpan<byte> Named(int position) => _named[position];

    /// <returns>Null when it does not check, or is not the one of that use of the segment.</returns>
    public static SegmentSummary? Read(RecordFetcher fetcher, SegmentScan into, int position, uint segment, ulong generation)
    {
        var read = new SegmentSummary();
        for (int left = -1; left != 0;)
        {
            int size = fetcher.TryRead(into.Number, into.Generation, into.Seed, position, out var record);
            if (size == 0 || record.Kind != RecordKind.Summary || record.Segment != segment || record.Generation != generation
                || (left >= 0 && record.PartsLeft != left - 1))
                return null;
            read._parts.Add(record.Bytes.ToArray());
            read.Batch = record.Batch;
            left = record.PartsLeft;
            position += size;
        }
        return read;
    }

    /// <summary>Reads the records that it names.</summary>
    /// <returns>False when one of them does not check.</returns>
    public bool TryReadNamed(RecordFetcher fetcher, SegmentScan scan)
    {
        foreach (byte[] part in _parts)
        {
            int position = 0;
            for (ReadOnlySpan<byte> list = part; SummaryEntry.TryTake(ref list, ref position, out var entry);)
            {
                if (entry.Stream != 0)
                    continue;
                int size = fetcher.TryRead(scan.Number, scan.Generation, scan.Seed, position, out var record);
                if (size == 0)
                    return false;
                _named[position] = record.Kind == RecordKind.TaggedRange ? WithoutBytes(record, scan.Seed) : fetcher.Last(position, size).ToArray();
            }
        }
        return true;
    }

    private static byte[] WithoutBytes(in JournalRecord record, uint seed)
    {
        // Of an empty message with that tag.
        var bytes = new byte[RecordWriter.RangeSize(record.Stream, record.Sequence, 0, 0, 0) + RecordWriter.TagBytes];
        new RecordWriter(bytes, 0, seed).Range(record.Stream, record.Sequence, 0, 0, record.Tag, []);
        return bytes;
    }
}
