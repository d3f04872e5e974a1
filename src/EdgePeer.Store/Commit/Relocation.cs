namespace EdgePeer.Store;

/// <summary>
/// Copies what lives in a region into the block of the batch being made: the whole of a segment for reclaim, an unsure block for
/// recovery. The index follows with <see cref="Apply"/> when the batch is done.
/// </summary>
internal sealed class Relocation(JournalState state, IFlash flash)
{
    private readonly List<Action<Segment>> _moves = [];
    private readonly List<(StreamState Stream, RangeRun Run, int Position)> _moved = [];
    private readonly List<(StreamState Stream, RangeRun Run)> _lost = [];
    private readonly RangeReader _reader = new(state, flash, ReadAheadBytes);
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
        state.DropSpareKeys(region);
        CopyStreams(region, block);
        CopyReleasedRuns(region, block);
        CopyVoids(region, block);
        CopyFacts(region, block);
        CopyTags(region, block);
        if (_left == 0)
            CopyRanges(region, block);
        ForgetLost();
        return _left == 0;
    }

    /// <summary>The copies are durable, in the segment named.</summary>
    public void Apply(Segment into)
    {
        foreach (var move in _moves)
            move(into);
        foreach (var (stream, run, position) in _moved)
        {
            long bytes = stream.Move(run, into.Number, position);
            state.Segments[run.Segment].LiveBytes -= bytes;
            into.LiveBytes += bytes;
        }
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

    /// <summary>Reads the messages that the index has in the region, stream by stream, so that neighbours become neighbours again.</summary>
    private void CopyRanges(FlashRegion region, BlockBuilder block)
    {
        foreach (var stream in state.Streams)
            for (var place = stream.Ranges.First; !stream.Ranges.IsEnd(place); place = stream.Ranges.After(place))
                if (region.Holds(stream.Ranges[place].Segment, stream.Ranges[place].Position) && !CopyRun(stream, stream.Ranges[place], block))
                    return;
    }

    /// <returns>False when it does not fit whole.</returns>
    private bool CopyRun(StreamState stream, in RangeRun run, BlockBuilder block)
    {
        int from = 0, position = block.Position;
        for (int i = 0; i < run.Count; i++)
        {
            var message = run.Message(stream.Id, i);
            int size = (int)message.SizeOf(stream.Id);
            if (!Fits(block, size))
            {
                Note(stream, run, from, i, position);
                return false;
            }
            if (_reader.TryRead(stream, message, out var bytes))
            {
                block.Writer.Range(stream.Id, message.Sequence, message.TotalBytesMin, message.Offset, 0, bytes);
                continue;
            }
            CopiedBytes -= size;
            Note(stream, run, from, i, position);
            (from, position) = (i + 1, block.Position);
            _lost.Add((stream, message));
        }
        Note(stream, run, from, run.Count, position);
        return true;
    }

    private void Note(StreamState stream, in RangeRun run, int from, int to, int position)
    {
        if (to > from)
            _moved.Add((stream, run.Part(stream.Id, from, to), position));
    }

    /// <summary>Ranges that the medium does not give back any more: their messages have holes from here on.</summary>
    private void ForgetLost()
    {
        foreach (var (stream, run) in _lost)
        {
            var lost = stream.Lose(run);
            if (lost.Count == 0)
                continue;
            state.Dead(stream, lost);
            if (lost.Sequence >= stream.Base && !stream.Released.Contains(lost.Sequence))
                state.Charge(stream.Share, -lost.SizeOf(stream.Id));
            LostRanges++;
        }
        _lost.Clear();
    }

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

    private const int ReadAheadBytes = 256 << 10;
}
