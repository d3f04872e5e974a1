namespace EdgePeer.Store;

/// <summary>Takes records in the order of the log into the index. A record that adds nothing to an older one is ignored.</summary>
internal sealed class RecordReplay(JournalState state)
{
    private readonly List<TagState> _tags = [];

    public long Records { get; private set; }

    /// <param name="position">Where the record begins in its segment.</param>
    /// <param name="batch">Of the block that holds it.</param>
    public void Take(in JournalRecord record, Segment segment, int position, int sizeBytes, ulong batch)
    {
        Records++;
        switch (record.Kind)
        {
            case RecordKind.Opened:
                TakeOpened(record, record.Next, segment, position, sizeBytes, batch);
                break;
            case RecordKind.Range:
            case RecordKind.TaggedRange:
                TakeRange(record, segment, position, batch);
                break;
            case RecordKind.Release:
                TakeRelease(record, segment, position, sizeBytes);
                break;
            case RecordKind.Fact:
                TakeFact(record, segment, position, sizeBytes);
                break;
            case RecordKind.Forgotten:
                TakeForgotten(record, segment, position, sizeBytes);
                break;
            case RecordKind.Tags:
                TakeTags(record, segment, position);
                break;
            case RecordKind.Voided:
                TakeVoided(record, segment, position, sizeBytes);
                break;
            case RecordKind.ReleasedRuns:
                TakeReleasedRuns(record, segment, position, sizeBytes);
                break;
            case RecordKind.PlainSegments:
            case RecordKind.Segments:
                state.NextStream = uint.Max(state.NextStream, record.NextStream);
                break;
            default:
                break;
        }
    }

    /// <summary>Messages that a summary has.</summary>
    /// <param name="batch">The last that wrote to the segment: what is void by a later word is void by that of its batch too.</param>
    public void TakeRun(uint id, in RangeRun run, ulong batch)
    {
        Records += run.Count;
        var stream = state.Obtain(id);
        if (run.Whole && stream.Voids.Count == 0 && !stream.HoldsAny(run.Sequence, run.LastSequence))
        {
            stream.Insert(run);
            stream.Next = ulong.Max(stream.Next, run.LastSequence + 1);
            return;
        }
        for (int i = 0; i < run.Count; i++)
            TakeRange(stream, run.Message(id, i), batch);
    }

    /// <summary>A record that a summary names: of a message only its tag, since the summary has the rest.</summary>
    /// <param name="next">Of a stream opened: its next number, in place of the record's.</param>
    public void TakeNamed(in JournalRecord record, Segment segment, int position, int sizeBytes, ulong batch, ulong? next)
    {
        if (record.Kind == RecordKind.Opened)
            TakeOpened(record, next ?? record.Next, segment, position, sizeBytes, batch);
        else if (record.Kind != RecordKind.TaggedRange)
            Take(record, segment, position, sizeBytes, batch);
        else if (!state.Obtain(record.Stream).IsVoid(record.Sequence, batch))
            TakeTag(record.Tag, record.Stream, record.Sequence, segment, position, segment.Generation);
    }

    /// <summary>All records have been taken: drops what is released or belongs to no stream, and counts what lives where.</summary>
    public void Finish()
    {
        foreach (var stream in state.Streams.ToList())
        {
            if (stream.Key.Length == 0 || stream.Forgotten)
                FinishForgotten(stream);
            else
                FinishLive(stream);
        }
        // Carried tags come later in the log than they are old.
        foreach (var tag in _tags.OrderBy(tag => tag.Generation))
            state.RememberTag(tag);
    }

    private void FinishLive(StreamState stream)
    {
        while (stream.TryDropFirst(stream.Base, out _))
        {
        }
        FinishReleased(stream);
        for (var place = stream.Ranges.First; !stream.Ranges.IsEnd(place); place = stream.Ranges.After(place))
        {
            ref var run = ref stream.Ranges[place];
            state.Segments[run.Segment].LiveBytes += run.SizeOf(stream.Id);
            stream.Next = ulong.Max(stream.Next, run.LastSequence + 1);
        }
        if (stream.SpareKeyHome.SizeBytes == 0)
            state.SingleKeys.Add(stream);
        stream.WrittenBase = stream.Base;
        stream.WrittenNext = stream.Next;
        state.Name(stream);
        state.Charge(stream.Share, stream.RecordBytes(0, ulong.MaxValue));
    }

    private void FinishReleased(StreamState stream)
    {
        stream.Released.RemoveBelow(stream.Base);
        for (int i = 0; i < stream.Released.Count; i++)
        {
            var (from, to) = stream.Released[i];
            while (stream.TryDrop(from, to, out _))
            {
            }
            stream.Next = ulong.Max(stream.Next, to);
        }
        stream.WrittenReleased = stream.Released.Copy();
        state.ReleasedRuns += stream.Released.Count;
        if (stream.Released.Count == 0)
            state.Segments.Retire(ref stream.ReleasedHome);
    }

    private void FinishForgotten(StreamState stream)
    {
        while (stream.TryDropFirst(ulong.MaxValue, out _))
        {
        }
        state.Segments.Retire(ref stream.SpareKeyHome);
        state.Segments.Retire(ref stream.CursorHome);
        state.Segments.Retire(ref stream.ReleasedHome);
        state.DropVoids(stream);
        if (stream.Forgotten)
            return;
        state.Segments.Retire(ref stream.KeyHome);
        state.Remove(stream);
    }

    /// <summary>Notes a void before any other record is taken: it speaks of records that lie before it and, once copied, behind it.</summary>
    public void Announce(in JournalRecord record)
    {
        if (record.Kind != RecordKind.Voided)
            return;
        var stream = state.Obtain(record.Stream);
        var (sequence, batch) = (record.Sequence, record.Batch);
        if (!stream.Voids.Exists(mark => mark.Sequence == sequence && mark.Batch == batch))
            stream.Voids.Add(new VoidMark(sequence, batch));
    }

    private void TakeVoided(in JournalRecord record, Segment segment, int position, int sizeBytes)
    {
        var stream = state.Obtain(record.Stream);
        var (sequence, batch) = (record.Sequence, record.Batch);
        if (stream.Voids.Find(mark => mark.Sequence == sequence && mark.Batch == batch) is not { } mark)
            return;
        state.Segments.Settle(ref mark.Home, segment.Number, position, sizeBytes);
        mark.Generation = segment.Generation;
    }

    private void TakeOpened(in JournalRecord record, ulong next, Segment segment, int position, int sizeBytes, ulong batch)
    {
        var stream = state.Obtain(record.Stream);
        foreach (var mark in stream.Voids)
            if (batch <= mark.Batch && next > mark.Sequence)
                next = ulong.Max(mark.Sequence, record.Base);
        if (stream.Forgotten)
            return;
        if (stream.Key.Length > 0 && record.Base <= stream.Base && next <= stream.Next)
        {
            if (stream.SpareKeyHome.SizeBytes == 0)
                state.Segments.Settle(ref stream.SpareKeyHome, segment.Number, position, sizeBytes);
            return;
        }
        stream.Key = record.Key.ToArray();
        stream.Share = record.Share;
        stream.Base = ulong.Max(stream.Base, record.Base);
        stream.Next = ulong.Max(stream.Next, next);
        // The one before is as good for the key.
        state.Segments.Retire(ref stream.SpareKeyHome);
        (stream.SpareKeyHome, stream.KeyHome) = (stream.KeyHome, default);
        state.Segments.Settle(ref stream.KeyHome, segment.Number, position, sizeBytes);
        if (record.Base >= stream.Base)
            state.Segments.Retire(ref stream.CursorHome);
    }

    private void TakeRange(in JournalRecord record, Segment segment, int position, ulong batch)
    {
        var stream = state.Obtain(record.Stream);
        var range = new RangeRun(record.Sequence, record.TotalBytes, record.Offset, record.Bytes.Length)
        {
            Segment = segment.Number,
            Position = position,
            Tagged = record.Kind == RecordKind.TaggedRange,
        };
        if (TakeRange(stream, range, batch) && record.Tag != 0)
            TakeTag(record.Tag, record.Stream, record.Sequence, segment, position, segment.Generation);
    }

    /// <returns>False when it is void.</returns>
    private static bool TakeRange(StreamState stream, in RangeRun range, ulong batch)
    {
        if (stream.IsVoid(range.Sequence, batch))
            return false;
        if (!stream.Overlaps(range))
            stream.Insert(range);
        stream.Next = ulong.Max(stream.Next, range.Sequence + 1);
        return true;
    }

    private void TakeRelease(in JournalRecord record, Segment segment, int position, int sizeBytes)
    {
        var stream = state.Obtain(record.Stream);
        if (stream.Forgotten || record.Base <= stream.Base)
            return;
        stream.Base = record.Base;
        stream.Next = ulong.Max(stream.Next, record.Base);
        state.Segments.Settle(ref stream.CursorHome, segment.Number, position, sizeBytes);
    }

    /// <summary>Runs are never taken back: all that any record says holds, and the last one says all that is not below the base.</summary>
    private void TakeReleasedRuns(in JournalRecord record, Segment segment, int position, int sizeBytes)
    {
        var stream = state.Obtain(record.Stream);
        if (stream.Forgotten)
            return;
        ulong end = 0;
        bool news = false;
        for (var list = record.Bytes; JournalRecord.TryTakeRun(ref list, ref end, out ulong from);)
        {
            news |= stream.Released.EndOf(from) < end;
            stream.Released.Add(from, end);
        }
        if (news)
            state.Segments.Settle(ref stream.ReleasedHome, segment.Number, position, sizeBytes);
    }

    private void TakeFact(in JournalRecord record, Segment segment, int position, int sizeBytes)
    {
        var fact = state.Facts.Obtain(record.Key);
        if (fact.Home.SizeBytes > 0 && record.Bytes.SequenceEqual(fact.Value))
            return;
        byte[] value = record.Bytes.ToArray();
        state.Facts.Set(fact, value);
        fact.Written = value;
        fact.RemovedGeneration = segment.Generation;
        state.Segments.Settle(ref fact.Home, segment.Number, position, sizeBytes);
    }

    private void TakeForgotten(in JournalRecord record, Segment segment, int position, int sizeBytes)
    {
        var stream = state.Obtain(record.Stream);
        if (stream.Forgotten)
            return;
        stream.Forgotten = stream.WrittenForgotten = true;
        stream.ForgottenGeneration = segment.Generation;
        state.Segments.Settle(ref stream.KeyHome, segment.Number, position, sizeBytes);
    }

    private void TakeTags(in JournalRecord record, Segment segment, int position)
    {
        for (var list = record.Bytes; JournalRecord.TryTakeTag(ref list, out var tag, out uint stream, out ulong sequence);)
            TakeTag(tag, stream, sequence, segment, position, record.Generation);
    }

    private void TakeTag(UInt128 tag, uint stream, ulong sequence, Segment segment, int position, ulong generation)
    {
        if (!_known.Add((tag, stream, sequence)))
            return;
        var taken = new TagState(tag, stream, sequence) { Generation = generation };
        state.Segments.Settle(ref taken.Home, segment.Number, position, RecordWriter.TagSize(stream, sequence));
        _tags.Add(taken);
    }

    private readonly HashSet<(UInt128, uint, ulong)> _known = [];
}
