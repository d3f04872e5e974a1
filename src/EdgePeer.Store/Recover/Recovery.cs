using System.Globalization;

namespace EdgePeer.Store;

/// <summary>Reads what lives in the segments into the state; JOURNAL.md, "Recovery".</summary>
internal sealed class Recovery
{
    private readonly JournalState _state;
    private readonly IFlash _flash;
    private readonly bool _readAll;
    private readonly RecordReplay _replay;
    private readonly RecordFetcher _fetcher;
    private readonly List<string> _damaged = [];
    private readonly SortedDictionary<ulong, SegmentScan> _inUse = [];
    private byte[] _bytes = [];
    private uint _loaded;
    private int _loadedBytes;
    private bool _recordsLost;
    private long _tornBytes;

    /// <param name="readAll">Summaries are not believed: each record is checked.</param>
    public Recovery(JournalState state, IFlash flash, bool readAll)
    {
        _state = state;
        _flash = flash;
        _readAll = readAll;
        _replay = new RecordReplay(state);
        _fetcher = new RecordFetcher(flash);
        // First: while an agent writes, what is read after it is as new at least.
        Head = HeadFile.Read(flash);
        Durable = LastNumber = Head.Head?.Durable ?? 0;
        ChooseSegments(Find());
        foreach (var scan in _inUse.Values)
            Announce(scan);
        foreach (var scan in _inUse.Values)
            Replay(scan);
        // A damaged header has been named as a hole already.
        if (_damaged.Count == 0 && Durable > 0 && !_inUse.Values.Any(HoldsDurable))
            Lost(string.Create(CultureInfo.InvariantCulture, $"batch {Durable}, which had been durable, is missing"));
        _replay.Finish();
        foreach (var segment in state.Segments.All)
            if (segment.State == SegmentState.Closed)
                SegmentsInUse++;
        state.Segments.Settle();
        _bytes = [];
    }

    public HeadFile Head { get; }

    /// <summary>The largest batch number known to be durable.</summary>
    public ulong Durable { get; private set; }

    /// <summary>The largest batch number seen.</summary>
    public ulong LastNumber { get; private set; }

    /// <summary>Blocks that were read whole but may never have reached the medium.</summary>
    public List<FlashRegion> Unsure { get; } = [];

    public int SegmentsInUse { get; }

    public int TornTails { get; private set; }

    public RecoveryReport Report => new(SegmentsInUse, _replay.Records, _tornBytes, _recordsLost, _damaged)
    {
        SegmentsRead = _inUse.Values.Count(scan => scan.WasRead),
        Missing = _recordsLost ? MissingMessages.Of(_state) : [],
    };

    /// <summary>All segments that hold blocks, by generation.</summary>
    private List<SegmentScan> Find()
    {
        var found = new List<SegmentScan>();
        foreach (uint number in _flash.Segments())
        {
            var segment = _state.Segments.Found(number, _flash.Length(number));
            if (SegmentScan.Find(_flash, number) is not { } scan)
                continue;
            found.Add(scan);
            segment.Generation = scan.Generation;
            segment.Nonce = scan.Nonce;
            segment.Seed = scan.Seed;
            _state.Segments.LastGeneration = ulong.Max(_state.Segments.LastGeneration, scan.Generation);
        }
        found.Sort((a, b) => a.Generation.CompareTo(b.Generation));
        if (Head.Head is { } head)
            CheckEnd(head, found);
        return found;
    }

    /// <summary>The newest segment that the head knows is there, or a newer one: nothing else says so of the last.</summary>
    private void CheckEnd(in JournalHead head, List<SegmentScan> found)
    {
        var (generation, number) = (head.Generation, head.Segment);
        found.Find(scan => scan.Generation == generation && scan.Number == number)?.Expect(head);
        if (found.Count > 0 && found[^1].Generation >= generation)
            return;
        _state.Segments.LastGeneration = generation;
        long length = _flash.Segments().Contains(number) ? _flash.Length(number) : -1;
        string what = length < 0 ? "the file is missing"
            : length < head.LengthBytes ? string.Create(CultureInfo.InvariantCulture, $"the file is cut short, to {length} of {head.LengthBytes} bytes")
            : "no block is left";
        Lost(number, 0, string.Create(CultureInfo.InvariantCulture, $"{what}; it was the newest, and {head.End} bytes of it at least had been durable: which messages they were is not known"));
    }

    private void ChooseSegments(List<SegmentScan> found)
    {
        var listed = new List<ListedSegment>();
        ulong owner = ReadTable(found, listed);
        var freed = new HashSet<(uint, ulong)>();
        var summaries = new Dictionary<(uint, ulong), (uint Segment, int Position)>();
        foreach (var scan in found)
            if (scan.Generation >= owner)
                ReadNews(scan, freed, summaries);
        foreach (var scan in found)
            if (scan.Generation >= owner && !freed.Contains((scan.Number, scan.Generation)))
                _inUse.TryAdd(scan.Generation, scan);
        foreach (var (number, generation, end, summary, position) in listed)
        {
            if (freed.Contains((number, generation)))
                continue;
            if (found.Find(scan => scan.Number == number && scan.Generation == generation) is not { } scan)
            {
                if (end > 0)
                    Lost(number, 0, $"{end} bytes of generation {generation} are missing");
                continue;
            }
            _inUse.TryAdd(generation, scan);
            scan.End = end;
            // Where the segment that held it has been used again since the table was written, there is none.
            bool gone = found.Exists(scan => scan.Number == summary && scan.Generation >= owner);
            summaries.TryAdd((number, generation), gone ? default : (summary, position));
        }
        foreach (var scan in _inUse.Values)
            if (!scan.WasRead && !TryTakeSummary(scan, found, summaries[(scan.Number, scan.Generation)]))
                Read(scan);
    }

    /// <summary>Reads the newest segments, up to the one whose table counts.</summary>
    /// <returns>Its generation; zero when there is none.</returns>
    private ulong ReadTable(List<SegmentScan> found, List<ListedSegment> listed)
    {
        for (int i = found.Count - 1; i >= 0; i--)
        {
            var bytes = Read(found[i]);
            if (found[i].Blocks is not [{ Offset: 0 } first, ..] || !Sure(first)
                || JournalRecord.TryRead(Records(bytes, first), first.Header.Seed, out var record) == 0
                || record.Kind is not (RecordKind.Segments or RecordKind.PlainSegments))
                continue;
            for (var list = record.Bytes; JournalRecord.TryTakeSegment(record.Kind, ref list, out var segment);)
                listed.Add(segment);
            return found[i].Generation;
        }
        return 0;
    }

    /// <summary>What the blocks behind the table say of other segments: which are free since, and where newer summaries lie.</summary>
    private void ReadNews(SegmentScan scan, HashSet<(uint, ulong)> freed, Dictionary<(uint, ulong), (uint, int)> summaries)
    {
        var bytes = Load(scan.Number);
        foreach (var block in scan.Blocks.Where(Sure))
        {
            var records = Records(bytes, block);
            int partsLeft = 0;
            for (int at = 0, size; at < records.Length && (size = JournalRecord.TryRead(records[at..], block.Header.Seed, out var record)) > 0; at += size)
            {
                if (record.Kind == RecordKind.Freed)
                    freed.Add((record.Segment, record.Generation));
                if (record.Kind != RecordKind.Summary)
                    continue;
                if (partsLeft == 0)
                    summaries[(record.Segment, record.Generation)] = (scan.Number, block.Offset + BlockHeader.SizeBytes + at);
                partsLeft = record.PartsLeft;
            }
        }
    }

    /// <returns>False when the segment has to be read.</returns>
    private bool TryTakeSummary(SegmentScan scan, List<SegmentScan> found, (uint Segment, int Position) place)
    {
        if (_readAll || place.Segment == 0 || found.Find(other => other.Number == place.Segment) is not { } holder)
            return false;
        scan.Summary = SegmentSummary.Read(_fetcher, holder, place.Position, scan.Number, scan.Generation);
        // In a segment that has been used again since, there is none; in one that is free it does not stay.
        bool held = _inUse.ContainsKey(holder.Generation);
        if (scan.Summary is not null && scan.Summary.TryReadNamed(_fetcher, scan))
        {
            scan.SummaryPlace = held ? place : default;
            return true;
        }
        scan.Summary = null;
        if (held)
            _damaged.Add(string.Create(CultureInfo.InvariantCulture, $"segment {place.Segment} at {place.Position}: the summary of segment {scan.Number} does not check; each of its records was read"));
        return false;
    }

    /// <summary>Voids count for all that is replayed, also where a copy of them lies behind what took the number next.</summary>
    private void Announce(SegmentScan scan)
    {
        if (scan.Summary is not null)
        {
            ReplaySummary(scan, null);
            return;
        }
        var bytes = Load(scan.Number);
        foreach (var block in scan.Blocks)
        {
            if (!block.Whole || (scan.End >= 0 && block.Offset >= scan.End))
                continue;
            var records = Records(bytes, block);
            for (int at = 0, size; at < records.Length && (size = JournalRecord.TryRead(records[at..], block.Header.Seed, out var record)) > 0; at += size)
                _replay.Announce(record);
        }
    }

    private void Replay(SegmentScan scan)
    {
        var segment = _state.Segments[scan.Number];
        segment.State = SegmentState.Closed;
        segment.LastBatch = scan.LastBatch;
        if (scan.Summary is not null)
        {
            segment.End = scan.End;
            (segment.SummarySegment, segment.SummaryPosition) = scan.SummaryPlace;
            ReplaySummary(scan, segment);
            scan.Summary = null;
            return;
        }
        var bytes = Load(scan.Number);
        int place = 0;
        int unsureFrom = -1;
        // A file that was being made when the power failed may be short too: it holds nothing that had been durable.
        bool cutShort = bytes.Length < int.Max(scan.End, scan.LeastBytes) || scan.Cut;
        cutShort &= int.Max(scan.End, scan.LeastEnd) > bytes.Length || scan.Blocks.Exists(block => Sure(block) && (scan.End < 0 || block.Offset < scan.End));
        foreach (var block in scan.Blocks)
        {
            if (scan.End >= 0 && block.Offset >= scan.End)
                break;
            if (block.Offset > place)
                Salvage(segment, bytes, place, block.Offset);
            place = block.End;
            int records = block.Offset + BlockHeader.SizeBytes;
            if (block.Whole)
                Take(segment, bytes, records, records + block.Header.RecordBytes, block.Header.Number);
            else if (Sure(block) || (cutShort && block.End > bytes.Length))
                Salvage(segment, bytes, records, int.Min(records + block.Header.RecordBytes, bytes.Length), block.Header.Number);
            else
                Torn(block);
            if (!Sure(block) && unsureFrom < 0)
                unsureFrom = block.Offset;
        }
        int end = int.Min(int.Max(scan.End, scan.LeastEnd), bytes.Length);
        if (place < end)
            Salvage(segment, bytes, place, end);
        else if (cutShort)
            Lost(segment.Number, bytes.Length, "the file is cut short");
        segment.End = unsureFrom >= 0 ? unsureFrom : place;
        if (unsureFrom >= 0)
            Unsure.Add(new FlashRegion(scan.Number, unsureFrom, place));
    }

    /// <param name="segment">Null to hear of voids alone.</param>
    private void ReplaySummary(SegmentScan scan, Segment? segment)
    {
        foreach (byte[] part in scan.Summary!.Parts)
        {
            int position = 0;
            for (ReadOnlySpan<byte> list = part; SummaryEntry.TryTake(ref list, ref position, out var entry);)
            {
                if (entry.Stream != 0)
                {
                    if (segment is not null)
                        _replay.TakeRun(entry.Stream, entry.Run(segment.Number), scan.Summary.Batch);
                    continue;
                }
                int size = JournalRecord.TryRead(scan.Summary.Named(position), scan.Seed, out var record);
                if (segment is null)
                    _replay.Announce(record);
                else
                    _replay.TakeNamed(record, segment, position, size, scan.Summary.Batch, entry.Next);
            }
        }
    }

    private static ReadOnlySpan<byte> Records(ReadOnlySpan<byte> bytes, in ScannedBlock block)
    {
        int from = block.Offset + BlockHeader.SizeBytes;
        return bytes[from..int.Min(from + block.Header.RecordBytes, bytes.Length)];
    }

    private bool Sure(ScannedBlock block) => block.Header.Number <= Durable;

    private bool HoldsDurable(SegmentScan scan) => scan.WasRead ? scan.Blocks.Exists(block => block.Header.Number == Durable) : scan.LastBatch >= Durable;

    private void Torn(in ScannedBlock block)
    {
        TornTails++;
        _tornBytes += block.Header.BlockBytes;
    }

    private int Take(Segment segment, ReadOnlySpan<byte> bytes, int from, int to, ulong batch)
    {
        while (from < to)
        {
            int size = JournalRecord.TryRead(bytes[from..to], segment.Seed, out var record);
            if (size == 0)
                break;
            _replay.Take(record, segment, from, size, batch);
            from += size;
        }
        return from;
    }

    /// <summary>Takes what checks out of a damaged place, and names the rest.</summary>
    /// <param name="batch">The largest of all where the block's header is lost: nothing is taken for void then.</param>
    private void Salvage(Segment segment, ReadOnlySpan<byte> bytes, int from, int to, ulong batch = ulong.MaxValue)
    {
        int lost = 0, lostFrom = -1;
        for (int at = from; at < to;)
        {
            int next = Take(segment, bytes, at, to, batch);
            if (next > at)
            {
                at = next;
                continue;
            }
            if (lostFrom < 0)
                lostFrom = at;
            lost++;
            at++;
        }
        Lost(segment.Number, int.Max(lostFrom, from), $"{lost} bytes do not check");
    }

    private void Lost(uint segment, int offset, string what) =>
        Lost(string.Create(CultureInfo.InvariantCulture, $"segment {segment} at {offset}: {what}"));

    private void Lost(string what)
    {
        _recordsLost = true;
        _damaged.Add(what);
    }

    private ReadOnlySpan<byte> Read(SegmentScan scan)
    {
        var bytes = Load(scan.Number);
        scan.Read(bytes);
        foreach (var block in scan.Blocks)
        {
            Durable = ulong.Max(Durable, block.Header.Durable);
            LastNumber = ulong.Max(LastNumber, block.Header.Number);
        }
        return bytes;
    }

    /// <summary>The whole file, until the next one is loaded; what the medium cannot give back is zero.</summary>
    private ReadOnlySpan<byte> Load(uint number)
    {
        if (_loaded != number)
        {
            _loaded = number;
            _loadedBytes = (int)long.Clamp(_flash.Length(number), 0, StoreLimits.SegmentBytesMax);
            if (_bytes.Length < _loadedBytes)
                _bytes = new byte[_loadedBytes];
            int read = _flash.Read(number, 0, _bytes.AsSpan(0, _loadedBytes));
            _bytes.AsSpan(read, _loadedBytes - read).Clear();
        }
        return _bytes.AsSpan(0, _loadedBytes);
    }
}
