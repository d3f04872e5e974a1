using System.Globalization;

namespace EdgePeer.Store;

/// <summary>Reads all segments into the state; JOURNAL.md, "Recovery".</summary>
internal sealed class Recovery
{
    private readonly JournalState _state;
    private readonly IFlash _flash;
    private readonly RecordReplay _replay;
    private readonly List<string> _damaged = [];
    private readonly SortedDictionary<ulong, SegmentScan> _inUse = [];
    private readonly Dictionary<ulong, int> _ends = [];
    private long _tornBytes;

    public Recovery(JournalState state, IFlash flash)
    {
        _state = state;
        _flash = flash;
        _replay = new RecordReplay(state);
        var scans = Scan();
        ChooseSegments(scans);
        foreach (var scan in _inUse.Values)
            Announce(scan);
        foreach (var scan in _inUse.Values)
            Replay(scan);
        // A damaged header has been named as a hole already.
        if (_damaged.Count == 0 && Durable > 0 && !_inUse.Values.Any(scan => scan.Blocks.Exists(block => block.Header.Number == Durable)))
            _damaged.Add(string.Create(CultureInfo.InvariantCulture, $"batch {Durable}, which had been durable, is missing"));
        _replay.Finish();
        foreach (var segment in state.Segments.All)
            if (segment.State == SegmentState.Closed)
                SegmentsInUse++;
        state.Segments.Settle();
    }

    /// <summary>The largest batch number known to be durable.</summary>
    public ulong Durable { get; private set; }

    /// <summary>The largest batch number seen.</summary>
    public ulong LastNumber { get; private set; }

    /// <summary>Blocks that were read whole but may never have reached the medium.</summary>
    public List<FlashRegion> Unsure { get; } = [];

    public int SegmentsInUse { get; }

    public int TornTails { get; private set; }

    public RecoveryReport Report => new(SegmentsInUse, _replay.Records, _tornBytes, _damaged.Count > 0, _damaged);

    private List<SegmentScan> Scan()
    {
        var scans = new List<SegmentScan>();
        foreach (uint number in _flash.Segments())
        {
            var segment = _state.Segments.Found(number, _flash.Length(number));
            if (SegmentScan.Read(number, SegmentScan.Load(_flash, number)) is not { } scan)
                continue;
            scans.Add(scan);
            segment.Generation = scan.Generation;
            segment.Nonce = scan.Nonce;
            segment.Seed = BlockHeader.SeedOf(scan.Generation, scan.Nonce);
            _state.Segments.LastGeneration = ulong.Max(_state.Segments.LastGeneration, scan.Generation);
            foreach (var block in scan.Blocks)
            {
                Durable = ulong.Max(Durable, block.Header.Durable);
                LastNumber = ulong.Max(LastNumber, block.Header.Number);
            }
        }
        scans.Sort((a, b) => a.Generation.CompareTo(b.Generation));
        return scans;
    }

    private void ChooseSegments(List<SegmentScan> scans)
    {
        var listed = new List<(uint Segment, ulong Generation, int End)>();
        ulong owner = ReadTable(scans, listed);
        var freed = new HashSet<(uint, ulong)>();
        foreach (var scan in scans)
            if (scan.Generation >= owner)
                ReadFreed(scan, freed);
        foreach (var scan in scans)
            if (scan.Generation >= owner && !freed.Contains((scan.Number, scan.Generation)))
                _inUse.TryAdd(scan.Generation, scan);
        foreach (var (number, generation, end) in listed)
        {
            if (freed.Contains((number, generation)))
                continue;
            if (scans.Find(scan => scan.Number == number && scan.Generation == generation) is { } scan)
            {
                _inUse.TryAdd(generation, scan);
                _ends[generation] = end;
            }
            else if (end > 0)
                Damage(number, 0, $"{end} bytes of generation {generation} are missing");
        }
    }

    /// <returns>The generation of the segment whose table counts; zero when there is none.</returns>
    private ulong ReadTable(List<SegmentScan> scans, List<(uint, ulong, int)> listed)
    {
        for (int i = scans.Count - 1; i >= 0; i--)
        {
            var first = scans[i].Blocks[0];
            if (first.Offset != 0 || !Sure(first))
                continue;
            byte[] bytes = SegmentScan.Load(_flash, scans[i].Number);
            if (JournalRecord.TryRead(bytes.AsSpan(BlockHeader.SizeBytes, first.Header.RecordBytes), first.Header.Seed, out var record) == 0
                || record.Kind != RecordKind.Segments)
                continue;
            for (var list = record.Bytes; JournalRecord.TryTakeSegment(ref list, out uint number, out ulong generation, out int end);)
                listed.Add((number, generation, end));
            return scans[i].Generation;
        }
        return 0;
    }

    private void ReadFreed(SegmentScan scan, HashSet<(uint, ulong)> freed)
    {
        byte[] bytes = SegmentScan.Load(_flash, scan.Number);
        foreach (var block in scan.Blocks.Where(Sure))
        {
            var records = bytes.AsSpan(block.Offset + BlockHeader.SizeBytes, block.Header.RecordBytes);
            for (int at = 0, size; at < records.Length && (size = JournalRecord.TryRead(records[at..], block.Header.Seed, out var record)) > 0; at += size)
                if (record.Kind == RecordKind.Freed)
                    freed.Add((record.Segment, record.Generation));
        }
    }

    /// <summary>Voids count for all that is replayed, also where a copy of them lies behind what took the number next.</summary>
    private void Announce(SegmentScan scan)
    {
        byte[] bytes = SegmentScan.Load(_flash, scan.Number);
        bool ended = _ends.TryGetValue(scan.Generation, out int end);
        foreach (var block in scan.Blocks)
        {
            if (!block.Whole || (ended && block.Offset >= end))
                continue;
            var records = bytes.AsSpan(block.Offset + BlockHeader.SizeBytes, block.Header.RecordBytes);
            for (int at = 0, size; at < records.Length && (size = JournalRecord.TryRead(records[at..], block.Header.Seed, out var record)) > 0; at += size)
                _replay.Announce(record);
        }
    }

    private void Replay(SegmentScan scan)
    {
        var segment = _state.Segments[scan.Number];
        segment.State = SegmentState.Closed;
        byte[] bytes = SegmentScan.Load(_flash, scan.Number);
        bool ended = _ends.TryGetValue(scan.Generation, out int end);
        int place = 0;
        int unsureFrom = -1;
        foreach (var block in scan.Blocks)
        {
            if (ended && block.Offset >= end)
                break;
            if (block.Offset > place)
                Salvage(segment, bytes, place, block.Offset);
            place = block.End;
            int records = block.Offset + BlockHeader.SizeBytes;
            if (block.Whole)
                Take(segment, bytes, records, records + block.Header.RecordBytes, block.Header.Number);
            else if (Sure(block))
                Salvage(segment, bytes, records, records + block.Header.RecordBytes, block.Header.Number);
            else
                Torn(block);
            if (!Sure(block) && unsureFrom < 0)
                unsureFrom = block.Offset;
        }
        if (ended && place < end)
            Salvage(segment, bytes, place, int.Min(end, bytes.Length));
        segment.End = unsureFrom >= 0 ? unsureFrom : place;
        if (unsureFrom >= 0)
            Unsure.Add(new FlashRegion(scan.Number, unsureFrom, place));
    }

    private bool Sure(ScannedBlock block) => block.Header.Number <= Durable;

    private void Torn(in ScannedBlock block)
    {
        TornTails++;
        _tornBytes += block.Header.BlockBytes;
    }

    private int Take(Segment segment, byte[] bytes, int from, int to, ulong batch)
    {
        while (from < to)
        {
            int size = JournalRecord.TryRead(bytes.AsSpan(from, to - from), segment.Seed, out var record);
            if (size == 0)
                break;
            _replay.Take(record, segment, from, size, batch);
            from += size;
        }
        return from;
    }

    /// <summary>Takes what checks out of a damaged place, and names the rest.</summary>
    /// <param name="batch">The largest of all where the block's header is lost: nothing is taken for void then.</param>
    private void Salvage(Segment segment, byte[] bytes, int from, int to, ulong batch = ulong.MaxValue)
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
        Damage(segment.Number, int.Max(lostFrom, from), $"{lost} bytes do not check");
    }

    private void Damage(uint segment, int offset, string what) =>
        _damaged.Add(string.Create(CultureInfo.InvariantCulture, $"segment {segment} at {offset}: {what}"));
}
