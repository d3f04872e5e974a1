namespace EdgePeer.Store;

/// <summary>Writes what lives in closed segments into a later block, so that a start need not read them; JOURNAL.md, "12: summary".</summary>
internal sealed class SummaryComposer(JournalState state)
{
    private readonly byte[] _entry = new byte[SummaryEntry.SizeMax];

    /// <summary>Some closed segment lacks a summary that could be written.</summary>
    public bool Due { get; set; } = true;

    /// <summary>Writes the summaries that fit, of the segments closed last first.</summary>
    /// <returns>Which lies where.</returns>
    public List<(Segment Segment, int Position)> Compose(BlockBuilder block, List<Segment> freed)
    {
        var written = new List<(Segment, int)>();
        var lacking = state.Segments.All.Where(segment => segment is { State: SegmentState.Closed, SummarySegment: 0, LiveBytes: > 0 } && !freed.Contains(segment))
            .OrderByDescending(segment => segment.Generation).Take(AtOnceMax).ToDictionary(segment => segment.Number, segment => new List<Item>());
        Due = lacking.Count == AtOnceMax;
        if (lacking.Count == 0)
            return written;
        Collect(lacking);
        int room = state.Capacity.SummaryBytesMax;
        foreach (var (number, items) in lacking)
        {
            var segment = state.Segments[number];
            var parts = Encode(items);
            int bytes = parts.Sum(part => RecordWriter.SummarySize(part.Length));
            // Of a segment of very small pieces it would be as large as they: it is read instead.
            if (bytes > room || !block.Fits(bytes))
                continue;
            room -= bytes;
            written.Add((segment, block.Position));
            for (int i = 0; i < parts.Count; i++)
                block.Writer.Summary(number, segment.Generation, segment.LastBatch, parts.Count - 1 - i, parts[i]);
        }
        return written;
    }

    private void Collect(Dictionary<uint, List<Item>> lacking)
    {
        foreach (var stream in state.Streams)
        {
            Note(lacking, stream.KeyHome, stream.WrittenForgotten ? null : stream.WrittenNext);
            Note(lacking, stream.SpareKeyHome, stream.WrittenNext);
            Note(lacking, stream.CursorHome);
            Note(lacking, stream.ReleasedHome);
            foreach (var mark in stream.Voids)
                Note(lacking, mark.Home);
            for (var place = stream.Ranges.First; !stream.Ranges.IsEnd(place); place = stream.Ranges.After(place))
                if (lacking.TryGetValue(stream.Ranges[place].Segment, out var items))
                    items.Add(new Item(stream.Ranges[place].Position, stream.Id, stream.Ranges[place], null));
        }
        foreach (var fact in state.Facts.All)
            Note(lacking, fact.Home);
        foreach (var tag in state.Tags.All)
            Note(lacking, tag.Home);
    }

    /// <param name="next">Of a stream that is open: the record may say a number that was cut off since.</param>
    private static void Note(Dictionary<uint, List<Item>> lacking, in Home home, ulong? next = null)
    {
        if (home.SizeBytes > 0 && lacking.TryGetValue(home.Segment, out var items))
            items.Add(new Item(home.Position, 0, default, next));
    }

    private List<byte[]> Encode(List<Item> items)
    {
        // A record that is to be read comes before the run that begins with it.
        items.Sort((a, b) => (a.Position, a.Stream).CompareTo((b.Position, b.Stream)));
        var parts = new List<byte[]>();
        var part = new List<byte>();
        int position = 0;
        for (int i = 0; i < items.Count; i++)
        {
            var item = items[i];
            // Several tags may lie in one record.
            if (i > 0 && item.Stream == 0 && items[i - 1].Stream == 0 && items[i - 1].Position == item.Position)
                continue;
            if (part.Count > PartBytes)
            {
                parts.Add([.. part]);
                part.Clear();
                position = 0;
            }
            int size = item.Stream == 0 ? SummaryEntry.WriteRecord(_entry, item.Position - position, item.Next)
                : SummaryEntry.WriteRun(_entry, item.Position - position, item.Stream, item.Run);
            part.AddRange(_entry.AsSpan(0, size));
            position = item.Position;
        }
        parts.Add([.. part]);
        return parts;
    }

    private readonly record struct Item(int Position, uint Stream, RangeRun Run, ulong? Next);

    // Of many that lack one, as after the upgrade from format 1, a few in each segment's first block.
    private const int AtOnceMax = 4;

    // A record's body has a maximum.
    private const int PartBytes = 48 << 10;
}
