namespace EdgePeer.Store;

/// <summary>
/// Copies what lives in a region into the block of the batch being made: the whole of a segment for reclaim, an unsure block for
/// recovery. The index follows with <see cref="Apply"/> when the batch is done.
/// </summary>
internal sealed class Relocation(JournalState state, IFlash flash)
{
    private readonly List<Action<Segment>> _moves = [];
    private readonly HashSet<(uint Stream, ulong Sequence, int Offset)> _found = [];
    private long _left;

    /// <summary>Bytes copied so far.</summary>
    public long CopiedBytes { get; private set; }

    /// <summary>Range records that were to be copied and do not check any more.</summary>
    public int LostRanges { get; private set; }

    /// <summary>Copies as much as fits.</summary>
    /// <returns>True when nothing that lives in the region is left behind.</returns>
    public bool TryCopy(in FlashRegion region, BlockBuilder block)
    {
        _left = 0;
        CopyStreams(region, block);
        CopyReleasedRuns(region, block);
        CopyVoids(region, block);
        CopyFacts(region, block);
        CopyTags(region, block);
        if (_left == 0)
            CopyRanges(region, block);
        return _left == 0;
    }

    /// <summary>The copies are durable, in the segment named.</summary>
    public void Apply(Segment into)
    {
        foreach (var move in _moves)
            move(into);
    }

    private void CopyStreams(FlashRegion region, BlockBuilder block)
    {
        foreach (var stream in state.Streams)
        {
            if (!stream.KeyHome.Within(region) && !stream.CursorHome.Within(region))
                continue;
            if (stream.WrittenForgotten)
                CopyForgotten(stream, block);
            else
                CopyStream(stream, block);
        }
    }

    private void CopyStream(StreamState stream, BlockBuilder block)
    {
        int size = RecordWriter.OpenedSize(stream.Id, stream.WrittenBase, stream.WrittenNext, stream.Key.Length);
        if (!Fits(block, size))
            return;
        int position = block.Position;
        block.Writer.Opened(stream.Id, stream.Share, stream.WrittenBase, stream.WrittenNext, stream.Key);
        _moves.Add(into =>
        {
            state.Segments.Settle(ref stream.KeyHome, into.Number, position, size);
            state.Segments.Retire(ref stream.CursorHome);
        });
    }

    private void CopyReleasedRuns(FlashRegion region, BlockBuilder block)
    {
        foreach (var stream in state.Streams)
        {
            var runs = stream.WrittenReleased;
            int size = RecordWriter.ReleasedRunsSize(stream.Id, runs);
            if (!stream.ReleasedHome.Within(region) || !Fits(block, size))
                continue;
            int position = block.Position;
            block.Writer.ReleasedRuns(stream.Id, runs);
            _moves.Add(into => state.Segments.Settle(ref stream.ReleasedHome, into.Number, position, size));
        }
    }

    private void CopyForgotten(StreamState stream, BlockBuilder block)
    {
        int size = RecordWriter.ForgottenSize(stream.Id);
        if (!Fits(block, size))
            return;
        int position = block.Position;
        block.Writer.Forgotten(stream.Id);
        _moves.Add(into => state.Segments.Settle(ref stream.KeyHome, into.Number, position, size));
    }

    private void CopyVoids(FlashRegion region, BlockBuilder block)
    {
        foreach (var stream in state.Streams)
            foreach (var mark in stream.Voids)
            {
                int size = RecordWriter.VoidedSize(stream.Id, mark.Sequence, mark.Batch);
                if (!mark.Home.Within(region) || !Fits(block, size))
                    continue;
                int position = block.Position;
                block.Writer.Voided(stream.Id, mark.Sequence, mark.Batch);
                _moves.Add(into => state.Segments.Settle(ref mark.Home, into.Number, position, size));
            }
    }

    private void CopyFacts(FlashRegion region, BlockBuilder block)
    {
        foreach (var fact in state.Facts.All)
        {
            if (!fact.Home.Within(region))
                continue;
            int size = RecordWriter.FactSize(fact.Key.Length, fact.Written.Length);
            if (!Fits(block, size))
                return;
            int position = block.Position;
            block.Writer.Fact(fact.Key, fact.Written);
            _moves.Add(into => state.Segments.Settle(ref fact.Home, into.Number, position, size));
        }
    }

    private void CopyTags(FlashRegion region, BlockBuilder block)
    {
        ulong generation = 0;
        int start = 0;
        foreach (var tag in state.Tags.All)
        {
            if (!tag.Home.Within(region))
                continue;
            int size = RecordWriter.TagSize(tag.Stream, tag.Sequence);
            bool begins = generation != tag.Generation || block.Position - start > TagRecordBytes;
            if (begins && generation != 0)
                block.Writer.End();
            if (!Fits(block, size + (begins ? JournalRecord.HeaderBytes + Varint.SizeMax : 0)))
            {
                if (!begins)
                    block.Writer.End();
                return;
            }
            if (begins)
            {
                start = block.Position;
                generation = tag.Generation;
                block.Writer.BeginTags(generation);
            }
            block.Writer.TagEntry(tag.Tag, tag.Stream, tag.Sequence);
            int position = start;
            _moves.Add(into =>
            {
                if (!tag.Dropped)
                    state.Segments.Settle(ref tag.Home, into.Number, position, size);
            });
        }
        if (generation != 0)
            block.Writer.End();
    }

    /// <summary>Reads the region's blocks and copies the range records that the index still points to.</summary>
    private void CopyRanges(FlashRegion region, BlockBuilder block)
    {
        var source = state.Segments[region.Segment];
        int segmentBytes = (int)flash.Length(region.Segment);
        for (int at = region.From; at < region.Through;)
        {
            if (!TryReadBlock(source, at, segmentBytes, out var header, out var records))
            {
                at += BlockHeader.PageBytes;
                continue;
            }
            for (int place = 0; place < records.Length;)
            {
                int size = JournalRecord.TryRead(records.AsSpan(place), header.Seed, out var record);
                if (record.Kind is RecordKind.Range or RecordKind.TaggedRange && !CopyRange(source, at + BlockHeader.SizeBytes + place, record, block))
                    return;
                // Behind damage every byte may begin a record.
                place += int.Max(size, 1);
            }
            at += header.BlockBytes;
        }
        LoseUnread(region);
    }

    /// <returns>False when it does not fit.</returns>
    private bool CopyRange(Segment source, int from, in JournalRecord record, BlockBuilder block)
    {
        if (!state.TryFind(record.Stream, out var stream) || !stream.Ranges.TryFind(record.Sequence, record.Offset, out var place))
            return true;
        var entry = stream.Ranges[place];
        if (entry.Segment != source.Number || entry.Position != from)
            return true;
        int size = stream.SizeOf(entry);
        if (!Fits(block, size))
            return false;
        _found.Add((record.Stream, record.Sequence, record.Offset));
        int position = block.Position;
        block.Writer.Range(record.Stream, record.Sequence, record.TotalBytes, record.Offset, 0, record.Bytes);
        _moves.Add(into =>
        {
            if (!stream.Ranges.TryFind(entry.Sequence, entry.Offset, out var now))
                return;
            ref var moved = ref stream.Ranges[now];
            if (moved.Segment != entry.Segment || moved.Position != entry.Position)
                return;
            moved.Segment = into.Number;
            moved.Position = position;
            source.LiveBytes -= size;
            into.LiveBytes += size;
        });
        return true;
    }

    private bool TryReadBlock(Segment source, int at, int segmentBytes, out BlockHeader header, out byte[] records)
    {
        records = [];
        Span<byte> head = stackalloc byte[BlockHeader.SizeBytes];
        if (flash.Read(source.Number, at, head) < head.Length || !BlockHeader.TryRead(head, segmentBytes - at, out header)
            || header.Generation != source.Generation || header.Nonce != source.Nonce)
        {
            header = default;
            return false;
        }
        records = new byte[header.RecordBytes];
        flash.Read(source.Number, at + BlockHeader.SizeBytes, records);
        return true;
    }

    /// <summary>Ranges that the medium does not give back any more: their messages have holes from here on.</summary>
    private void LoseUnread(FlashRegion region)
    {
        foreach (var stream in state.Streams)
        {
            if (!HasUnread(stream, region))
                continue;
            long before = stream.RecordBytes(stream.Base, ulong.MaxValue);
            stream.Rebuild(entry =>
            {
                if (!Unread(stream, entry, region))
                    return true;
                state.Dead(stream, entry);
                LostRanges++;
                return false;
            });
            state.Charge(stream.Share, stream.RecordBytes(stream.Base, ulong.MaxValue) - before);
        }
    }

    private bool HasUnread(StreamState stream, in FlashRegion region)
    {
        for (var place = stream.Ranges.First; !stream.Ranges.IsEnd(place); place = stream.Ranges.After(place))
            if (Unread(stream, stream.Ranges[place], region))
                return true;
        return false;
    }

    private bool Unread(StreamState stream, in RangeEntry entry, in FlashRegion region) =>
        region.Holds(entry.Segment, entry.Position) && !_found.Contains((stream.Id, entry.Sequence, entry.Offset));

    private bool Fits(BlockBuilder block, int size)
    {
        if (!block.Fits(size))
        {
            _left++;
            return false;
        }
        CopiedBytes += size;
        return true;
    }

    // A record's body has a maximum; a tag entry has 31 bytes at most.
    private const int TagRecordBytes = 32 << 10;
}
