using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>
/// What comes of one stream of another peer: kept in the journal in whatever order it comes, told as kept once it is on
/// flash, handed to readers in order, released when they have taken it.
/// </summary>
internal sealed class InStream
{
    private readonly NodeContext _node;
    private readonly PipeTable _table;
    private readonly SortedDictionary<ulong, InMessage> _ahead = [];
    private readonly RangeSet _wholeDurable = new();
    private readonly RangeSet _taken = new();
    private readonly SortedSet<ulong> _returned = [];
    private ulong _heldNext;
    private (ulong Start, ulong End) _gap;

    /// <summary>Takes up what the journal holds of the stream.</summary>
    public InStream(NodeContext node, PipeTable table, MessageStream stored, StreamOrigin origin)
    {
        _node = node;
        _table = table;
        Key = stored.Key;
        Stored = stored.Id;
        From = origin.From;
        _gap = (origin.GapStart, origin.GapEnd);
        Base = ConsumedNext = KeptNext = HandNext = stored.Base;
        SkipKnownGap();
        for (ulong sequence = Base; node.Buffer.TryFind(Stored, sequence, out var message); sequence = message.Sequence + 1)
        {
            if (message.Complete && message.Sequence == KeptNext)
            {
                KeptNext++;
                SkipKnownGap();
                continue;
            }
            var begun = new InMessage(message.TotalBytes, 0);
            if (message.TotalBytes == 0)
                begun.OnHeld(0, 0);
            foreach (var range in message.Held)
                begun.OnHeld(range.Offset, range.Length);
            if (message.TotalBytes == 0)
                begun.OnDurable(0, 0);
            foreach (var range in message.Held)
                begun.OnDurable(range.Offset, range.Length);
            _ahead[message.Sequence] = begun;
            if (begun.WhollyDurable)
                _wholeDurable.Add(message.Sequence, message.Sequence + 1);
            else
                Reserve(begun);
        }
    }

    public StreamKey Key { get; }

    public uint Stored { get; }

    /// <summary>How many sequences below the kept cursor never came: those before the first, and declared gaps.</summary>
    public ulong From { get; private set; }

    /// <summary>Messages kept here, ever.</summary>
    public long Received => (long)(KeptNext - From);

    /// <summary>What those kept since the node's start have counted in windows.</summary>
    public long KeptCostBytes { get; private set; }

    /// <summary>Messages kept here and not yet taken.</summary>
    public long Waiting
    {
        get
        {
            long waiting = (long)(KeptNext - Base);
            for (int i = 0; i < _taken.Count; i++)
                waiting -= (long)(_taken[i].End - _taken[i].Start);
            return waiting;
        }
    }

    /// <summary>What the buffer's own cursor does not tell, to be kept as a fact.</summary>
    public StreamOrigin Origin => new(From, _gap.Start, _gap.End);

    /// <summary>The first sequence that the application has not taken.</summary>
    public ulong Base { get; private set; }

    /// <summary>All below has been taken by the application, and that is on flash: its sender may be told.</summary>
    public ulong ConsumedNext { get; set; }

    /// <summary>All below is on flash here.</summary>
    public ulong KeptNext { get; private set; }

    /// <summary>All below has been handed to a reader once.</summary>
    public ulong HandNext { get; private set; }

    /// <summary>The sender has gone on under another incarnation: what is here is handed over, nothing more comes.</summary>
    public bool Retired { get; private set; }

    /// <summary>In the sender's session; null while it is away.</summary>
    public InChannel? Channel { get; set; }

    /// <summary>Whole messages above <see cref="KeptNext"/> that are on flash.</summary>
    public RangeSet WholeDurable => _wholeDurable;

    public IEnumerable<KeyValuePair<ulong, InMessage>> Ahead => _ahead;

    /// <summary>
    /// What of the next message in order is reserved and may come although no more room is free. A window counts from the message's
    /// start, so it has to cover all of it, also when it is told in one octet that rounds down by up to an eighth.
    /// </summary>
    public long HeadAllowance => _ahead.TryGetValue(KeptNext, out var head) && !head.WhollyHeld ? (head.TotalBytes + Limits.MessageCostBytes) * 9L / 8 + 8 : 0;

    /// <summary>The last ticket that any of its parts waits for.</summary>
    public ulong LastTicket { get; private set; }

    public void OnPiece(in MessageItem item)
    {
        ulong sequence = item.Sequence;
        if (sequence < KeptNext || Retired)
        {
            _node.Counts.Duplicates++;
            Channel?.OnDuplicate();
            if (_node.Has(NodeFaults.NoDuplicateCheck) && sequence < HandNext)
                _table.HandOverAgain(this, sequence, item.TotalBytes);
            return;
        }
        if (!_ahead.TryGetValue(sequence, out var message) && !TryAdmit(sequence, item.TotalBytes, out message))
        {
            _node.Counts.FramesDropped++;
            return;
        }
        if (message.TotalBytes != item.TotalBytes || message.Held.Count >= Limits.RangesPerMessageMax)
        {
            _node.Counts.FramesMalformed++;
            return;
        }
        if (message.WhollyHeld)
        {
            _node.Counts.Duplicates++;
            Channel?.OnDuplicate();
            return;
        }
        Append(sequence, message, item);
    }

    /// <summary>Gives up what came out of order: it comes again under the new incarnation.</summary>
    public void Retire()
    {
        Retired = true;
        foreach (ulong sequence in new List<ulong>(_ahead.Keys))
            Drop(sequence);
    }

    public void OnDurable(ulong sequence, int offset, int length)
    {
        if (!_ahead.TryGetValue(sequence, out var message))
            return;
        message.OnDurable(offset, length);
        if (message.WhollyDurable)
        {
            _wholeDurable.Add(sequence, sequence + 1);
            AdvanceKept();
        }
        Channel?.TellKept(important: false);
    }

    /// <summary>The sender no longer has anything below: a declared gap.</summary>
    public void SkipTo(ulong sequence)
    {
        _node.Report(ReportKind.Gap, $"{Key}: messages {KeptNext} to {sequence - 1} will not come: their sender no longer has them");
        From += sequence - KeptNext;
        _gap = (KeptNext, sequence);
        foreach (ulong skipped in new List<ulong>(_ahead.Keys))
            if (skipped < sequence)
                Drop(skipped);
        SkipKnownGap();
        AdvanceKept();
        Advance();
    }

    /// <summary>The next message for a reader, if there is one.</summary>
    public bool TryTakeNext(out ulong sequence, out int totalBytes)
    {
        totalBytes = 0;
        sequence = 0;
        while (true)
        {
            bool again = _returned.Count > 0;
            if (!again && HandNext >= KeptNext)
                return false;
            sequence = again ? _returned.Min : HandNext;
            if (again)
                _returned.Remove(sequence);
            else
                HandNext++;
            if (_taken.Contains(sequence, sequence + 1) || sequence < Base)
                continue;
            if (_node.Buffer.TryFind(Stored, sequence, out var message) && message.Sequence == sequence)
            {
                totalBytes = message.TotalBytes;
                return true;
            }
            _node.Report(ReportKind.Gap, $"{Key}: message {sequence} cannot be read back from the journal");
            From++;
            OnTaken(sequence);
        }
    }

    /// <summary>A reader went away with it.</summary>
    public void OnReturned(ulong sequence) => _returned.Add(sequence);

    public void OnTaken(ulong sequence)
    {
        _taken.Add(sequence, sequence + 1);
        Advance();
    }

    private void AdvanceKept()
    {
        while (!_wholeDurable.IsEmpty && _wholeDurable.First.Start == KeptNext)
        {
            _wholeDurable.Remove(KeptNext, KeptNext + 1);
            if (_ahead.Remove(KeptNext, out var message))
                KeptCostBytes += message.TotalBytes + Limits.MessageCostBytes;
            KeptNext++;
        }
    }

    /// <summary>A gap that was declared counts as kept and taken; what is kept below it is still handed over.</summary>
    private void SkipKnownGap()
    {
        if (KeptNext != _gap.Start || _gap.End <= _gap.Start)
            return;
        _taken.Add(_gap.Start, _gap.End);
        KeptNext = _gap.End;
    }

    private void Advance()
    {
        if (_taken.IsEmpty || _taken.First.Start > Base)
            return;
        Base = Math.Max(Base, _taken.First.End);
        _taken.RemoveFirst();
        HandNext = Math.Max(HandNext, Base);
        _table.OnConsumed(this, _node.Buffer.Release(Stored, Base));
    }

    /// <summary>
    /// Makes room for a message. One that is not the next in order must leave what the next one may need: else full of what
    /// cannot be handed over, nothing would ever move again.
    /// </summary>
    private bool TryAdmit(ulong sequence, int totalBytes, out InMessage message)
    {
        long cost = _node.Buffer.CostBytes(totalBytes), free = _table.IncomingFree;
        long leave = sequence == HeldNext() ? 0 : _table.HeadReserve;
        message = null!;
        if (totalBytes > _table.MessageBytesMax(StreamDirection.Incoming) || cost > free - leave || _ahead.Count >= Limits.AheadMessagesMax)
            return false;
        message = new InMessage(totalBytes, 0);
        _ahead[sequence] = message;
        Reserve(message);
        return true;
    }

    /// <summary>The first sequence not wholly held.</summary>
    private ulong HeldNext()
    {
        _heldNext = Math.Max(_heldNext, KeptNext);
        while (_ahead.TryGetValue(_heldNext, out var message) && message.WhollyHeld)
            _heldNext++;
        return _heldNext;
    }

    private void Append(ulong sequence, InMessage message, in MessageItem item)
    {
        if (item.TotalBytes == 0)
        {
            if (_node.Buffer.TryAppend(Stored, sequence, 0, 0, default, UInt128.Zero, out ulong ticket))
                OnAppended(sequence, message, 0, 0, ticket);
            else
                OnRefused(sequence, message);
            return;
        }
        var missing = message.Held.Missing((ulong)item.Offset, (ulong)(item.Offset + item.Bytes.Length));
        if (missing.IsEmpty)
        {
            // The sender began anew and does not know what is here: it goes on where it stopped once it is told.
            _node.Counts.Duplicates++;
            Channel?.OnDuplicate();
        }
        for (int i = 0; i < missing.Count; i++)
        {
            int start = (int)missing[i].Start, length = (int)(missing[i].End - missing[i].Start);
            var bytes = item.Bytes.Slice(start - item.Offset, length);
            if (!_node.Buffer.TryAppend(Stored, sequence, item.TotalBytes, start, bytes, UInt128.Zero, out ulong ticket))
            {
                OnRefused(sequence, message);
                return;
            }
            OnAppended(sequence, message, start, length, ticket);
        }
    }

    private void OnAppended(ulong sequence, InMessage message, int offset, int length, ulong ticket)
    {
        message.OnHeld(offset, length);
        Reserve(message);
        LastTicket = ticket;
        if (_node.Has(NodeFaults.KeptBeforeSynced))
            OnDurable(sequence, offset, length);
        else
            _table.AwaitDurable(ticket, this, sequence, offset, length);
    }

    private void OnRefused(ulong sequence, InMessage message)
    {
        _node.Counts.FramesDropped++;
        if (message.Held.IsEmpty)
            Drop(sequence);
    }

    private void Drop(ulong sequence)
    {
        _table.IncomingReserved -= _ahead[sequence].Reserved;
        _wholeDurable.Remove(sequence, sequence + 1);
        _ahead.Remove(sequence);
    }

    /// <summary>Sets aside what is still to come of the message, with the overhead of the ranges it may come in.</summary>
    private void Reserve(InMessage message)
    {
        ulong held = 0;
        for (int i = 0; i < message.Held.Count; i++)
            held += message.Held[i].End - message.Held[i].Start;
        long reserve = message.WhollyHeld ? 0 : _node.Buffer.CostBytes(message.TotalBytes - (int)held);
        _table.IncomingReserved += reserve - message.Reserved;
        message.Reserved = reserve;
    }
}

/// <summary>What is known of the begin of an incoming stream beside its cursor.</summary>
/// <param name="From">See <see cref="InStream.From"/>.</param>
/// <param name="GapStart">The last declared gap, up to, not with, <paramref name="GapEnd"/>; empty when there was none.</param>
internal readonly record struct StreamOrigin(ulong From, ulong GapStart, ulong GapEnd);
