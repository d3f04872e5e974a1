using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>
/// What comes of one stream of another peer: kept in the journal in whatever order it comes, told as kept once it is on
/// flash, handed to readers in order, released when they have taken it.
/// </summary>
internal sealed class InStream : IReadStream
{
    private readonly NodeContext _node;
    private readonly PipeTable _table;
    private readonly SortedDictionary<ulong, InMessage> _ahead = [];
    private readonly RangeSet _wholeDurable = new();
    private readonly RangeSet _taken = new();
    private readonly SortedSet<ulong> _returned = [];
    private ulong _heldNext;
    private readonly RangeSet _gaps = new();
    private readonly RangeSet _gapsOnTheWay = new();
    private readonly LostHere _lost;
    private ulong _neverCame;
    private ulong _senderBase;

    /// <summary>Takes up what the journal holds of the stream.</summary>
    public InStream(NodeContext node, PipeTable table, MessageStream stored, StreamOrigin origin)
    {
        _node = node;
        _table = table;
        Key = stored.Key;
        Stored = stored.Id;
        _neverCame = origin.NeverCame;
        Life = origin.Life;
        _lost = new LostHere(node.Buffer, Stored);
        Base = ConsumedNext = KeptNext = HandNext = stored.Base;
        foreach (var (start, end) in origin.Gaps)
        {
            _gaps.Add(start, end);
            _taken.Add(Math.Max(start, Base), end);
        }
        foreach (var (start, end) in _lost.AboveBase)
            _taken.Add(Math.Max(start, Base), end);
        KeptNext = PassDeclared(KeptNext);
        for (ulong sequence = Base; node.Buffer.TryFind(Stored, sequence, out var message); sequence = message.Sequence + 1)
        {
            if (message.Complete && message.Sequence == KeptNext)
            {
                KeptNext = PassDeclared(KeptNext + 1);
                continue;
            }
            // It came while its gap was being declared.
            if (_gaps.Contains(message.Sequence, message.Sequence + 1))
                continue;
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

    /// <summary>Messages kept here, ever: of those below the kept cursor some never came, before the first and in declared gaps.</summary>
    public long Received => (long)(KeptNext - (_neverCame - _gaps.CountFrom(KeptNext) - _gapsOnTheWay.CountFrom(KeptNext)));

    /// <summary>Of those, not given back by the flash to any reader.</summary>
    public long Lost => _lost.Count;

    /// <summary>What those kept since the node's start have counted in windows.</summary>
    public long KeptCostBytes { get; private set; }

    /// <summary>Messages kept here and not yet taken.</summary>
    public long Waiting
    {
        get
        {
            long waiting = (long)(KeptNext - Base);
            for (int i = 0; i < _taken.Count && _taken[i].Start < KeptNext; i++)
                waiting -= (long)(Math.Min(_taken[i].End, KeptNext) - _taken[i].Start);
            return waiting;
        }
    }

    /// <summary>What the buffer's own cursor does not tell, to be kept as a fact.</summary>
    public StreamOrigin Origin
    {
        get
        {
            var gaps = new RangeSet();
            foreach (var set in (RangeSet[])[_gaps, _gapsOnTheWay])
                for (int i = 0; i < set.Count; i++)
                    gaps.Add(set[i].Start, set[i].End);
            return new StreamOrigin(_neverCame, gaps.ToList(), Life);
        }
    }

    /// <summary>What was last said of its begin and its gaps waits for this ticket.</summary>
    public ulong OriginTicket { get; private set; }

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

    /// <summary>The life of the sender's lane whose word the cursor rests on: in it something was last taken, or declared a gap.</summary>
    public LaneLife Life { get; private set; }

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
        if (sequence < KeptNext || Retired || _gaps.Contains(sequence, sequence + 1) || _gapsOnTheWay.Contains(sequence, sequence + 1))
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

    /// <summary>
    /// Gives up what came out of order: it comes again under the new incarnation. After damage here, what lies before it may have been there and its sender be told so:
    /// it is handed over, at worst twice.
    /// </summary>
    public void Retire()
    {
        Retired = true;
        ulong end = _node.Buffer.PastUncertain && !_wholeDurable.IsEmpty ? _wholeDurable.Last.End : KeptNext;
        foreach (ulong sequence in new List<ulong>(_ahead.Keys))
            if (sequence >= end || !_ahead[sequence].WhollyDurable)
                Drop(sequence);
        foreach (var (start, missed) in Declare(KeptNext, end).ToList())
            _node.Report(ReportKind.Gap, $"{Key}: messages {start} to {missed - 1} are not here: the journal was damaged, and their sender has gone on under another incarnation");
    }

    /// <summary>Nothing of it is left to be handed over.</summary>
    public bool Drained => Waiting == 0 && _wholeDurable.IsEmpty;

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

    /// <summary>The sender no longer has anything below: what is not there whole is a declared gap.</summary>
    /// <param name="life">Of the sender's lane. Where nothing is here at or above the sequence, what it sends cannot be taken for anything else.</param>
    public void SkipTo(ulong sequence, LaneLife life)
    {
        if (_ahead.Keys.LastOrDefault() < sequence)
            Adopt(life);
        foreach (var (start, end) in Declare(KeptNext, sequence).ToList())
            _node.Report(ReportKind.Gap, $"{Key}: messages {start} to {end - 1} will not come: their sender no longer has them");
    }

    /// <summary>
    /// The sender does not send [from, to) any more: what is not whole on flash here is a declared gap from now on, and whatever else comes of it
    /// counts for nothing.
    /// </summary>
    /// <param name="senderBase">Below it the sender asks for nothing any more.</param>
    /// <returns>False when more gaps are known of this stream than a sender may ask for: it asks again.</returns>
    public bool TrySkip(ulong from, ulong to, ulong senderBase)
    {
        if (Retired)
            return false;
        _senderBase = Math.Max(_senderBase, senderBase);
        _gaps.Remove(0, Math.Min(_senderBase, Base));
        if (_gaps.Count + _gapsOnTheWay.Count >= Limits.GapsPerStreamMax)
            return false;
        Adopt(Channel?.Life ?? Life);
        Declare(Math.Max(from, KeptNext), to);
        return true;
    }

    /// <summary>Gaps from the sequence on.</summary>
    public NumberRange[] GapsFrom(ulong from, int max)
    {
        var gaps = new List<NumberRange>();
        for (int i = 0; i < _gaps.Count && gaps.Count < max; i++)
            if (_gaps[i].End > from)
                gaps.Add(new NumberRange(Math.Max(from, _gaps[i].Start), _gaps[i].End - 1));
        return [.. gaps];
    }

    /// <summary>What declarations of gaps up to the ticket said is on flash.</summary>
    public void OnGapDurable(ulong start, ulong end)
    {
        if (Retired && _wholeDurable.IsEmpty)
            return;
        _gapsOnTheWay.Remove(start, end);
        _gaps.Add(start, end);
        _taken.Add(Math.Max(start, Base), end);
        AdvanceKept();
        Advance();
        Channel?.TellKept(important: false);
    }

    public void PutOrigin() => OriginTicket = PipeFacts.PutOrigin(_node.Buffer, Stored, Origin);

    /// <returns>What of it is a gap from now on, and was none.</returns>
    private RangeSet Declare(ulong from, ulong to)
    {
        var missing = _wholeDurable.Missing(from, Math.Max(from, to));
        for (int i = 0; i < _gaps.Count; i++)
            missing.Remove(_gaps[i].Start, _gaps[i].End);
        for (int i = 0; i < _gapsOnTheWay.Count; i++)
            missing.Remove(_gapsOnTheWay[i].Start, _gapsOnTheWay[i].End);
        foreach (var (start, end) in _lost.AboveBase)
            missing.Remove(start, end);
        if (missing.IsEmpty)
            return missing;
        for (int i = 0; i < missing.Count; i++)
        {
            _neverCame += missing[i].End - missing[i].Start;
            _gapsOnTheWay.Add(missing[i].Start, missing[i].End);
        }
        foreach (ulong begun in new List<ulong>(_ahead.Keys))
            if (missing.Contains(begun, begun + 1))
                Drop(begun);
        if (!_node.Has(NodeFaults.GapNotPersisted))
            PutOrigin();
        for (int i = 0; i < missing.Count; i++)
            _table.Awaited.Gap(OriginTicket, this, missing[i].Start, missing[i].End);
        return missing;
    }

    /// <summary>The next message for a reader, if there is one.</summary>
    public bool TryTakeNext(Instant now, out ulong sequence, out int totalBytes)
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
            if (_taken.EndOf(sequence) is var end && (end > sequence || sequence < Base))
            {
                HandNext = again ? HandNext : Math.Min(Math.Max(HandNext, end), KeptNext);
                continue;
            }
            if (_node.Buffer.TryFind(Stored, sequence, out var message) && message.Sequence == sequence)
            {
                totalBytes = message.TotalBytes;
                return true;
            }
            if (TryPassBy(sequence))
                continue;
            _returned.Add(sequence);
            return false;
        }
    }

    /// <summary>A reader went away with it.</summary>
    public void OnReturned(ulong sequence) => _returned.Add(sequence);

    public void OnTaken(ulong sequence)
    {
        _taken.Add(sequence, sequence + 1);
        Advance();
    }

    public void PassBy(ulong sequence, Instant now)
    {
        if (!TryPassBy(sequence))
            OnReturned(sequence);
    }

    /// <returns>False when too many such lie above those that readers have: these are taken first.</returns>
    private bool TryPassBy(ulong sequence)
    {
        // The count goes before the release: after a crash between the two the message counts as taken.
        if (!_lost.TryAdd(sequence, Base))
            return false;
        _node.Report(ReportKind.Gap, $"{Key}: message {sequence} cannot be read back from the journal and is passed by: check the medium");
        OnTaken(sequence);
        return true;
    }

    /// <summary>The first sequence at or above that is neither a declared gap nor passed by.</summary>
    private ulong PassDeclared(ulong sequence)
    {
        while (_gaps.EndOf(_lost.EndOf(sequence)) is var end && end > sequence)
            sequence = end;
        return sequence;
    }

    private void AdvanceKept()
    {
        KeptNext = PassDeclared(KeptNext);
        while (!_wholeDurable.IsEmpty && _wholeDurable.First.Start == KeptNext)
        {
            _wholeDurable.Remove(KeptNext, KeptNext + 1);
            if (_ahead.Remove(KeptNext, out var message))
                KeptCostBytes += message.TotalBytes + Limits.MessageCostBytes;
            KeptNext = PassDeclared(KeptNext + 1);
        }
    }

    /// <summary>Releases what was taken, or needs no taking, in order: a crash may have come between the word of that and its release.</summary>
    public void Advance()
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
        long cost = _node.Buffer.CostBytes(totalBytes), free = _table.Room.IncomingFree;
        long leave = sequence == HeldNext() ? 0 : _table.Room.HeadReserve;
        message = null!;
        if (totalBytes > _table.Room.MessageBytesMax || cost > free - leave || _ahead.Count >= Limits.AheadMessagesMax)
            return false;
        message = new InMessage(totalBytes, 0);
        _ahead[sequence] = message;
        Reserve(message);
        return true;
    }

    /// <summary>
    /// The sender has taken our cursor for what it sent itself: from now on that holds. On flash it goes before what moves the cursor: else a restart would tell
    /// that cursor as one of an earlier life.
    /// </summary>
    private void Adopt(LaneLife life)
    {
        if (life == Life)
            return;
        Life = life;
        PutOrigin();
    }

    /// <summary>The first sequence not wholly held.</summary>
    private ulong HeldNext()
    {
        _heldNext = Math.Max(_heldNext, KeptNext);
        _heldNext = _gaps.EndOf(_gapsOnTheWay.EndOf(_heldNext));
        while (_ahead.TryGetValue(_heldNext, out var message) && message.WhollyHeld)
            _heldNext = _gaps.EndOf(_gapsOnTheWay.EndOf(_heldNext + 1));
        return _heldNext;
    }

    private void Append(ulong sequence, InMessage message, in MessageItem item)
    {
        Adopt(Channel?.Life ?? Life);
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
            _table.Awaited.Range(ticket, this, sequence, offset, length);
        // Of a message that comes in parts the last: before it none of it can be told as kept.
        if (message.WhollyHeld && PipeOptions.IsUrgent(Key.Lane))
            _node.Buffer.Hurry();
    }

    private void OnRefused(ulong sequence, InMessage message)
    {
        _node.Counts.FramesDropped++;
        if (message.Held.IsEmpty)
            Drop(sequence);
    }

    private void Drop(ulong sequence)
    {
        _table.Room.IncomingReserved -= _ahead[sequence].Reserved;
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
        _table.Room.IncomingReserved += reserve - message.Reserved;
        message.Reserved = reserve;
    }
}

/// <summary>What is known of an incoming stream beside its cursor.</summary>
/// <param name="NeverCame">How many messages never came: those before the first, and all declared gaps.</param>
/// <param name="Gaps">Of the declared gaps those that are above the cursor, or that the sender may still ask for.</param>
/// <param name="Life"><see cref="InStream.Life"/>.</param>
internal readonly record struct StreamOrigin(ulong NeverCame, IReadOnlyList<(ulong Start, ulong End)> Gaps, LaneLife Life);
