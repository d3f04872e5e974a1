namespace EdgePeer.Store;

/// <summary>Turns what waits into records of a block, in the order in which it was asked, and tells the index when they are durable.</summary>
internal sealed class OperationComposer(JournalState state)
{
    private readonly bool _releasesLost = state.Options.Faults.HasFlag(JournalFaults.ReleaseLost);
    private readonly HashSet<object> _said = [];
    private readonly List<int> _order = [];

    /// <returns>How many operations the block now covers.</returns>
    public int Compose(BlockBuilder block)
    {
        int count = CountFitting(block);
        MarkSuperseded(count);
        foreach (int i in Order(count))
            Compose(state.Queue[i], block);
        return count;
    }

    /// <summary>The first operations of the queue are durable, in the segment named.</summary>
    public void Settle(int count, Segment segment)
    {
        for (int i = 0; i < count; i++)
            Settle(state.Queue[i], segment);
        state.Queue.RemoveFirst(count);
    }

    /// <summary>
    /// Writes the keys again that lie in one place only, as far as they fit: only when all that counts as written is durable, or becomes so with
    /// this block.
    /// </summary>
    public List<(StreamState Stream, int Position)> ComposeSpareKeys(BlockBuilder block)
    {
        var written = new List<(StreamState, int)>();
        foreach (var stream in state.SingleKeys)
        {
            if (stream.WrittenForgotten || stream.KeyHome.SizeBytes == 0 || stream.SpareKeyHome.SizeBytes > 0
                || !block.Fits(RecordWriter.OpenedSize(stream.Id, stream.WrittenBase, stream.WrittenNext, stream.Key.Length)))
                continue;
            written.Add((stream, block.Position));
            block.Writer.Opened(stream.Id, stream.Share, stream.WrittenBase, stream.WrittenNext, stream.Key);
        }
        return written;
    }

    /// <summary>Keys written again are durable, in the segment named.</summary>
    public void SettleSpareKeys(List<(StreamState Stream, int Position)> written, Segment segment)
    {
        foreach (var (stream, position) in written)
            if (!stream.WrittenForgotten)
                state.Segments.Settle(ref stream.SpareKeyHome, segment.Number, position, RecordWriter.OpenedSize(stream.Id, 0, 0, stream.Key.Length));
        state.SingleKeys.RemoveAll(stream => stream.WrittenForgotten || stream.SpareKeyHome.SizeBytes > 0);
    }

    private int CountFitting(BlockBuilder block)
    {
        int count = 0;
        for (int bytes = 0; count < state.Queue.Count; count++)
        {
            int size = state.Queue[count].SizeMax;
            if (!block.Fits(bytes + size) || (count > 0 && bytes + size > state.Capacity.BatchBytesMax))
                break;
            bytes += size;
        }
        return count;
    }

    /// <summary>A block is all or nothing, so of several releases of a stream, or values of a fact, the last says it all.</summary>
    private void MarkSuperseded(int count)
    {
        _said.Clear();
        for (int i = count - 1; i >= 0; i--)
        {
            var operation = state.Queue[i];
            bool superseded = operation.Kind switch
            {
                PendingKind.Release => !_said.Add(operation.Stream!),
                PendingKind.Fact => !_said.Add(operation.Fact!),
                PendingKind.ReleaseRange => !_said.Add(operation.Stream!.Released),
                _ => false,
            };
            operation.SizeBytes = superseded ? 0 : -1;
        }
    }

    /// <summary>
    /// The messages of each stream one behind the other, and then the rest: the index holds neighbours as one. No record of a block says less
    /// for standing before or behind a message.
    /// </summary>
    private List<int> Order(int count)
    {
        _order.Clear();
        bool sorted = true;
        for (int i = 0; i < count; i++)
        {
            sorted &= i == 0 || Rank(i - 1) <= Rank(i);
            _order.Add(i);
        }
        if (!sorted)
            _order.Sort((a, b) => (Rank(a), a).CompareTo((Rank(b), b)));
        return _order;
    }

    private uint Rank(int i) => state.Queue[i] is { Kind: PendingKind.Range, Stream: { } stream } ? stream.Id : uint.MaxValue;

    private void Compose(PendingOperation operation, BlockBuilder block)
    {
        if (operation.Kind == PendingKind.ReleaseRange)
            DropRange(operation.Stream!, operation.Sequence, operation.Through);
        if (operation.SizeBytes == 0)
            return;
        operation.Position = block.Position;
        switch (operation.Kind)
        {
            case PendingKind.Open:
                block.Writer.Opened(operation.Stream!.Id, operation.Stream.Share, 0, 0, operation.Stream.Key);
                break;
            case PendingKind.Range:
                ComposeRange(operation, operation.Stream!, block);
                break;
            case PendingKind.Release:
                ComposeRelease(operation.Stream!, operation.Sequence, block);
                break;
            case PendingKind.ReleaseRange:
                ComposeReleaseRange(operation, operation.Stream!, block);
                break;
            case PendingKind.Fact:
                ComposeFact(operation, operation.Fact!, block);
                break;
            case PendingKind.Void:
                block.Writer.Voided(operation.Stream!.Id, operation.Sequence, operation.Mark!.Batch);
                break;
            default:
                ComposeForget(operation.Stream!, block);
                break;
        }
        operation.SizeBytes = block.Position - operation.Position;
    }

    private static void ComposeRange(PendingOperation operation, StreamState stream, BlockBuilder block)
    {
        block.Writer.Range(stream.Id, operation.Sequence, operation.TotalBytes, operation.Offset, TagOf(operation), operation.Bytes);
        operation.Tagged = TagOf(operation) != 0;
        stream.WrittenNext = ulong.Max(stream.WrittenNext, operation.Sequence + 1);
    }

    /// <summary>A tag that another message of the same block took over must not come behind it.</summary>
    private static UInt128 TagOf(PendingOperation operation) => operation.Tag is { Dropped: false } tag ? tag.Tag : 0;

    private void ComposeRelease(StreamState stream, ulong next, BlockBuilder block)
    {
        while (stream.TryDropFirst(next, out var entry))
            state.Dead(stream, entry);
        if (_releasesLost)
            return;
        block.Writer.Release(stream.Id, next);
        stream.WrittenBase = ulong.Max(stream.WrittenBase, next);
        stream.WrittenNext = ulong.Max(stream.WrittenNext, next);
        state.Segments.Retire(ref stream.CursorHome);
        if (stream.WrittenReleased is [.., var last] && last.To <= next)
        {
            stream.WrittenReleased = [];
            state.Segments.Retire(ref stream.ReleasedHome);
        }
    }

    private void DropRange(StreamState stream, ulong from, ulong below)
    {
        while (stream.TryDrop(from, below, out var dropped))
            state.Dead(stream, dropped);
    }

    private void ComposeReleaseRange(PendingOperation operation, StreamState stream, BlockBuilder block)
    {
        if (_releasesLost)
            return;
        block.Writer.ReleasedRuns(stream.Id, operation.Runs);
        stream.WrittenReleased = operation.Runs;
        state.Segments.Retire(ref stream.ReleasedHome);
    }

    private void ComposeFact(PendingOperation operation, FactState fact, BlockBuilder block)
    {
        block.Writer.Fact(fact.Key, operation.Bytes);
        fact.Written = operation.Bytes;
        state.Segments.Retire(ref fact.Home);
    }

    private void ComposeForget(StreamState stream, BlockBuilder block)
    {
        while (stream.TryDropFirst(ulong.MaxValue, out var entry))
            state.Dead(stream, entry);
        block.Writer.Forgotten(stream.Id);
        stream.WrittenForgotten = state.StreamRemovals = true;
        state.Segments.Retire(ref stream.KeyHome);
        state.Segments.Retire(ref stream.SpareKeyHome);
        state.Segments.Retire(ref stream.CursorHome);
        state.Segments.Retire(ref stream.ReleasedHome);
        state.DropVoids(stream);
    }

    private void Settle(PendingOperation operation, Segment segment)
    {
        if (operation.Kind == PendingKind.Fact)
            operation.Fact!.Queued--;
        if (operation.SizeBytes == 0)
            return;
        switch (operation.Kind)
        {
            case PendingKind.Range:
                SettleRange(operation, operation.Stream!, segment);
                break;
            case PendingKind.Fact:
                state.Segments.Settle(ref operation.Fact!.Home, segment.Number, operation.Position, operation.SizeBytes);
                operation.Fact.RemovedGeneration = segment.Generation;
                break;
            case PendingKind.Forget:
                state.Segments.Settle(ref operation.Stream!.KeyHome, segment.Number, operation.Position, operation.SizeBytes);
                operation.Stream.ForgottenGeneration = segment.Generation;
                break;
            case PendingKind.Void when !operation.Stream!.WrittenForgotten:
                state.Segments.Settle(ref operation.Mark!.Home, segment.Number, operation.Position, operation.SizeBytes);
                operation.Mark.Generation = segment.Generation;
                break;
            case PendingKind.Open when !operation.Stream!.WrittenForgotten:
                state.Segments.Settle(ref operation.Stream.KeyHome, segment.Number, operation.Position, operation.SizeBytes);
                state.SingleKeys.Add(operation.Stream);
                break;
            case PendingKind.ReleaseRange when !operation.Stream!.WrittenForgotten && operation.Stream.WrittenReleased == operation.Runs:
                state.Segments.Settle(ref operation.Stream.ReleasedHome, segment.Number, operation.Position, operation.SizeBytes);
                break;
            case PendingKind.Release when !operation.Stream!.WrittenForgotten:
                state.Segments.Settle(ref operation.Stream.CursorHome, segment.Number, operation.Position, operation.SizeBytes);
                break;
            default:
                break;
        }
    }

    private void SettleRange(PendingOperation operation, StreamState stream, Segment segment)
    {
        if (stream.TrySettle(operation, segment.Number, operation.Position, operation.Tagged, out long sizeBytes))
            segment.LiveBytes += sizeBytes;
        if (operation.Tag is not { Dropped: false } tag)
            return;
        state.Segments.Settle(ref tag.Home, segment.Number, operation.Position, RecordWriter.TagSize(tag.Stream, tag.Sequence));
        tag.Generation = segment.Generation;
    }
}
