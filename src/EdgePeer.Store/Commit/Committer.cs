using EdgePeer.Wire;

namespace EdgePeer.Store;

/// <summary>Makes the batches, one out at a time, and acts on how they end. A batch is one block in one segment.</summary>
internal sealed class Committer
{
    private readonly JournalState _state;
    private readonly IFlash _flash;
    private readonly IRandom _random;
    private readonly CommitClock _clock;
    private readonly OperationComposer _operations;
    private readonly SummaryComposer _summaries;
    private readonly HeadKeeper _head;
    private readonly List<FlashRegion> _unsure;
    private byte[] _buffer = [];
    private BatchOut? _out;
    private bool _syncKept = true;

    // After recovery's batch more may follow that nobody asked for: a block behind it says that it is durable and frees what it replaced,
    // and segments are emptied until the reserve is whole. Else each of many restarts would take a segment.
    private bool _tidying;

    // Each failed batch costs a segment, also while none is full: the reserve is made whole before the next is needed.
    private bool _refill;

    // Operations of a failed batch at the head of the queue: the index counts them as written, so nothing is freed before they are.
    private int _again;
    private ulong _number;
    private ulong _durableNumber;

    public Committer(JournalState state, IFlash flash, IRandom random, Recovery recovery)
    {
        _state = state;
        _flash = flash;
        _random = random;
        _clock = new CommitClock(state.Options.SyncWindow);
        _operations = new OperationComposer(state);
        _summaries = new SummaryComposer(state);
        _head = new HeadKeeper(flash, recovery.Head);
        _unsure = recovery.Unsure;
        _number = recovery.LastNumber;
        _durableNumber = recovery.Durable;
        if (state.Options.Faults.HasFlag(JournalFaults.RecoveryWithoutSync))
        {
            _durableNumber = recovery.LastNumber;
            Ready = true;
        }
    }

    /// <summary>What recovery kept is durable.</summary>
    public bool Ready { get; private set; }

    public Ticket DurableThrough { get; private set; }

    /// <summary>The number of the newest batch that was handed out, or was found.</summary>
    public ulong LastNumber => _number;

    public long BytesWritten { get; private set; }
    public WrittenBytes Written { get; private set; } = new();
    public long BytesPreallocated { get; private set; }
    public long BytesCopied { get; private set; }
    public long Syncs { get; private set; }
    public long FailedSyncs { get; private set; }
    public long SegmentsReclaimed { get; private set; }
    public long RangesLost { get; private set; }

    public Instant CommitAt =>
        _out is not null ? Instant.Never
        : !Ready || _tidying || _head.Due ? _clock.NotBefore
        : _state.Queue.Count == 0 ? Instant.Never
        : _clock.Due;

    /// <summary>Nothing to hurry when all is durable or in the batch that is out.</summary>
    public void Hurry()
    {
        if (_state.Queue.Count > (_out?.Operations ?? 0))
            _clock.Hurry();
    }

    public void NoteEnd() => _head.NoteEnd();

    public JournalBatch? TakeBatch(Instant now)
    {
        if (_out is not null || _clock.Paused(now))
            return null;
        if (Ready && _head.Due)
            _out = ComposeHead();
        else if (!Ready)
            _out = ComposeRecovery();
        else if (_state.Queue.Count > 0 && (_clock.IsDue(now) || _tidying))
            _out = ComposeOperations();
        else if (_tidying)
            _out = ComposeReclaim();
        if (_out is null)
            return null;
        // What waits for its window goes on to wait.
        if (!_out.IsHead)
            _clock.OnTaken(now, more: _state.Queue.Count > _out.Operations);
        foreach (var command in _out.Batch.Commands)
        {
            if (command.Kind == FlashCommandKind.Write)
            {
                BytesWritten += command.Bytes.Length;
                Written = _out.Block is { } block ? Written.With(command.Bytes.Span, block.RecordBytes, _out.Relocation is not null) : Written.WithHead(command.Bytes.Length);
            }
            BytesPreallocated += command.Kind == FlashCommandKind.Create ? command.LengthBytes : 0;
        }
        if (_state.Options.Faults.HasFlag(JournalFaults.DurableBeforeSync))
            DurableThrough = _out.Batch.Through;
        return _out.Batch;
    }

    public void OnBatchDone(JournalBatch batch, FlashOutcome outcome, Instant now)
    {
        if (_out is not { } done || done.Batch != batch)
            throw new InvalidOperationException("the batch is not the one that is out");
        _out = null;
        foreach (var command in batch.Commands)
            OnCommandDone(command, outcome);
        if (done.IsHead)
            OnHeadDone(outcome);
        else if (outcome == FlashOutcome.Done)
            OnDurable(done);
        else
            OnFailed(done, outcome, now);
    }

    private void OnDurable(BatchOut done)
    {
        if (done.Block is { } block)
        {
            block.Segment.End = done.End;
            block.Segment.LastBatch = done.Number;
            _operations.SettleSpareKeys(done.SpareKeys, block.Segment);
            _operations.Settle(done.Operations, block.Segment);
            done.Relocation?.Apply(block.Segment);
            BytesCopied += done.Relocation?.CopiedBytes ?? 0;
        }
        _again = int.Max(0, _again - done.Operations);
        foreach (var segment in done.Freed)
        {
            _state.Segments.Free(segment);
            SegmentsReclaimed++;
        }
        foreach (var (segment, position) in done.Summaries)
            if (segment.State == SegmentState.Closed)
                (segment.SummarySegment, segment.SummaryPosition) = (done.Block!.Segment.Number, position);
        if (done.EndsRecovery)
            Ready = true;
        _tidying = done.EndsRecovery ? (done.Block is not null && _state.Segments.AnyDead) || ShouldRefill() : _tidying && ShouldRefill();
        if (Ready)
        {
            _durableNumber = ulong.Max(_durableNumber, done.Number);
            // Not before: a removal in an unsure block lives until it is written again.
            _state.DropOldRemovals();
            if (done.Block is { Segment: var newest })
                _head.OnDurable(new JournalHead(newest.Generation, done.Number, newest.Number, _state.Capacity.SegmentBytes, done.End), done.Opened);
        }
        DurableThrough = done.Batch.Through;
        _clock.OnDone(_state.Queue.Count > 0);
    }

    private void OnFailed(BatchOut failed, FlashOutcome outcome, Instant now)
    {
        FailedSyncs += outcome == FlashOutcome.Failed ? 1 : 0;
        _syncKept = false;
        _refill = true;
        _summaries.Due = true;
        _again = int.Max(_again, failed.Operations);
        // What is on flash behind the last good batch is void: the table of the next segment says so.
        if (failed.Opened)
            _state.Segments.Abandon();
        else if (failed.Block is not null)
            _state.Segments.CloseActive();
        _clock.OnFailed(outcome, now);
    }

    private BatchOut ComposeHead()
    {
        var commands = new List<FlashCommand>();
        _head.Compose(commands);
        return Finish(new BatchOut { IsHead = true }, commands);
    }

    private void OnHeadDone(FlashOutcome outcome)
    {
        _head.OnDone(outcome == FlashOutcome.Done);
        FailedSyncs += outcome == FlashOutcome.Failed ? 1 : 0;
    }

    private BatchOut ComposeRecovery()
    {
        var commands = new List<FlashCommand> { new(FlashCommandKind.SyncDirectory, 0, 0, 0, default) };
        // After a failure the sure blocks need no other sync, and the unsure ones are written again.
        if (_syncKept)
            foreach (var segment in _state.Segments.All)
                if (segment.State != SegmentState.Free)
                    commands.Add(new FlashCommand(FlashCommandKind.Sync, segment.Number, 0, 0, default));
        foreach (var region in _unsure)
            _state.DropSpareKeys(region);
        if (_unsure.TrueForAll(region => !_state.LivesIn(region)))
            return Finish(new BatchOut { EndsRecovery = true }, commands);
        var made = new BatchOut { Relocation = new Relocation(_state, _flash) };
        Begin(made, _state.Segments.ActiveRoomBytes < BlockHeader.PageBytes);
        made.EndsRecovery = true;
        foreach (var region in _unsure)
            made.EndsRecovery &= made.Relocation.TryCopy(region, made.Block!);
        RangesLost += made.Relocation.LostRanges;
        return Finish(made, commands);
    }

    private BatchOut ComposeOperations()
    {
        var queue = _state.Queue;
        int room = _state.Segments.ActiveRoomBytes - BlockHeader.SizeBytes;
        bool open = room < queue[0].SizeMax || (room < queue.SizeBytes && room < _state.Capacity.SegmentBytes / 8);
        _refill &= _state.Segments.FreeCount < SpareSegments;
        if (_again == 0 && _state.Segments.FreeCount < SpareSegments && (open || (_refill && !ReclaimOpens && ShouldRefill())))
            return ComposeReclaim();
        var made = new BatchOut();
        Begin(made, open);
        made.Operations = _operations.Compose(made.Block!);
        if (made.Operations >= _again)
        {
            MarkFreed(made);
            made.SpareKeys = _operations.ComposeSpareKeys(made.Block!);
            Summarize(made);
        }
        return Finish(made, []);
    }

    /// <summary>Frees what is dead; when nothing is, empties the segment with the least in it.</summary>
    private BatchOut ComposeReclaim()
    {
        var made = new BatchOut();
        var victim = _state.Segments.AnyDead ? null : ChooseVictim();
        Begin(made, ReclaimOpens);
        if (victim is not null)
        {
            made.Relocation = new Relocation(_state, _flash);
            bool emptied = made.Relocation.TryCopy(new FlashRegion(victim.Number, 0, victim.End), made.Block!);
            RangesLost += made.Relocation.LostRanges;
            if (emptied)
                MarkFreed(made, victim);
        }
        MarkFreed(made);
        Summarize(made);
        return Finish(made, []);
    }

    /// <summary>Only when all that the index counts as written is durable, or becomes so with this block.</summary>
    private void Summarize(BatchOut made)
    {
        if (made.Opened || _summaries.Due)
            made.Summaries = _summaries.Compose(made.Block!, made.Freed);
    }

    private bool ReclaimOpens => _state.Segments.ActiveRoomBytes < _state.Capacity.RecordBytesMax + BlockHeader.PageBytes;

    /// <summary>The reserve is not whole and can be made so at a fair price.</summary>
    private bool ShouldRefill() =>
        _state.Segments.FreeCount < SpareSegments && _state.Segments.ChooseVictim(oldest: false) is { } victim
        && victim.LiveBytes <= _state.Capacity.SegmentBytes / 8 * 7;

    private Segment ChooseVictim()
    {
        bool oldest = _state.Removals > _state.Capacity.RemovalsMax;
        return _state.Segments.ChooseVictim(oldest) ?? throw new InvalidOperationException("no segment is free and none is closed");
    }

    private void MarkFreed(BatchOut made)
    {
        foreach (var segment in _state.Segments.All)
            if (segment.Dead && !made.Freed.Contains(segment))
                MarkFreed(made, segment);
    }

    private static void MarkFreed(BatchOut made, Segment segment)
    {
        if (!made.Block!.Fits(RecordWriter.FreedSize(segment.Number, segment.Generation)))
            return;
        made.Block.Writer.Freed(segment.Number, segment.Generation);
        made.Freed.Add(segment);
    }

    /// <summary>Chooses the segment of the block; a new one begins with the table of all others.</summary>
    private void Begin(BatchOut made, bool open)
    {
        if (open)
        {
            made.Opened = true;
            _state.Segments.Open(_random.NextUInt64());
        }
        var segment = _state.Segments.Active!;
        int blockBytesMax = int.Min(
            _state.Capacity.SegmentBytes - segment.End,
            BlockHeader.WholePages(BlockHeader.SizeBytes + _state.Capacity.TableBytes + _state.Capacity.SummaryBytesMax + _state.Capacity.BatchBytesMax));
        if (_buffer.Length < blockBytesMax)
            _buffer = new byte[blockBytesMax];
        made.Block = new BlockBuilder(segment, _buffer, blockBytesMax);
        if (open)
            WriteTable(made.Block);
    }

    private void WriteTable(BlockBuilder block)
    {
        block.Writer.BeginSegments(_state.NextStream);
        foreach (var segment in _state.Segments.All)
            if (segment.State != SegmentState.Free && segment != block.Segment)
                block.Writer.SegmentEntry(new ListedSegment(segment.Number, segment.Generation, segment.End, segment.SummarySegment, segment.SummaryPosition));
        block.Writer.End();
    }

    private BatchOut Finish(BatchOut made, List<FlashCommand> commands)
    {
        if (made.Block is { } block)
        {
            made.Number = ++_number;
            AddBlock(made, block, commands);
        }
        ulong through = made.Operations > 0 ? _state.Queue[made.Operations - 1].Ticket : DurableThrough.Value;
        made.Batch = new JournalBatch { Commands = commands, Through = new Ticket(through) };
        return made;
    }

    private void AddBlock(BatchOut made, BlockBuilder block, List<FlashCommand> commands)
    {
        var segment = block.Segment;
        if (made.Opened && !segment.Usable)
        {
            if (segment.Exists)
                commands.Add(new FlashCommand(FlashCommandKind.Delete, segment.Number, 0, 0, default));
            commands.Add(new FlashCommand(FlashCommandKind.Create, segment.Number, 0, _state.Capacity.SegmentBytes, default));
        }
        var bytes = block.Finish(made.Number, _durableNumber);
        made.End = segment.End + bytes.Length;
        commands.Add(new FlashCommand(FlashCommandKind.Write, segment.Number, segment.End, 0, bytes));
        commands.Add(new FlashCommand(FlashCommandKind.Sync, segment.Number, 0, 0, default));
        foreach (var surplus in _state.Segments.All)
            if (_state.Segments.IsSurplus(surplus))
                commands.Add(new FlashCommand(FlashCommandKind.Delete, surplus.Number, 0, 0, default));
    }

    /// <summary>
    /// A create or delete may have gone half way. A file of the right length may still lack its entry on the medium, so that a batch that
    /// failed makes its new file anew.
    /// </summary>
    private void OnCommandDone(in FlashCommand command, FlashOutcome outcome)
    {
        if (command.Kind == FlashCommandKind.Sync)
            Syncs += outcome == FlashOutcome.Done ? 1 : 0;
        if (command.Kind is not (FlashCommandKind.Create or FlashCommandKind.Delete) || command.Segment == IFlash.Head)
            return;
        var segment = _state.Segments[command.Segment];
        segment.Exists = _flash.Segments().Contains(command.Segment);
        segment.Usable = outcome == FlashOutcome.Done && segment.Exists && _flash.Length(command.Segment) == _state.Capacity.SegmentBytes;
    }

    // Two for reclaim to work with: one that it writes to, one in case that fails.
    private const int SpareSegments = 2;

    /// <summary>The batch that is out, and what its end means.</summary>
    private sealed class BatchOut
    {
        public JournalBatch Batch { get; set; } = null!;
        public BlockBuilder? Block { get; set; }
        public ulong Number { get; set; }
        public int End { get; set; }
        public bool Opened { get; set; }
        public int Operations { get; set; }
        public Relocation? Relocation { get; set; }
        public List<Segment> Freed { get; } = [];
        public List<(StreamState Stream, int Position)> SpareKeys { get; set; } = [];
        public List<(Segment Segment, int Position)> Summaries { get; set; } = [];
        public bool EndsRecovery { get; set; }
        public bool IsHead { get; init; }
    }
}
