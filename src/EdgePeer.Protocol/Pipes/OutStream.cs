using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>One lane of a pipe that is written here: its sequence numbers, and how far its messages have come.</summary>
internal sealed class OutStream
{
    private readonly NodeContext _node;
    private readonly ulong _stampedFrom;
    private ulong _endedTicket;
    private ulong _takenTicket;
    private ulong _durableBase;
    private (ulong Ticket, ulong Base) _baseOnTheWay;
    private ulong _consumedThere;
    private ulong _consumedNoted;
    // Below which turn all must be consumed before a message is, of those that have lost their turns and that someone waits for.
    private readonly List<(ulong Below, ulong Number)> _watchedTurns = [];

    public OutStream(NodeContext node, OutputPipe pipe, byte lane, in LaneFact fact, in MessageStream stored)
    {
        _node = node;
        _stampedFrom = fact.StampedFrom;
        Pipe = pipe;
        Lane = lane;
        Stored = stored.Id;
        Incarnation = fact.Incarnation;
        Base = stored.Base;
        Next = DurableNext = stored.Next;
        _durableBase = stored.Base;
        _baseOnTheWay = (0, stored.Base);
        _consumedNoted = fact.Consumed;
        foreach (var (from, to) in node.Buffer.ReleasedRuns(Stored))
            EndedAbove.Add(from, to);
        UsedBytes = node.Buffer.UsedBytes(Stored);
        Ends = new LaneEnds(node, this);
        Waiters = new ReceiptWaiters(node, this);
        Turns = Turns.Recover(node, this, stored);
        // What is read here was released because it was taken.
        ConsumedNext = _consumedThere = pipe.IsOwn ? FirstSequence : Math.Min(fact.Consumed, FirstSequence);
        TryBeginTurns();
        Lives = new LaneLives(node, pipe.Name, lane, EndSequence);
    }

    public OutputPipe Pipe { get; }

    public byte Lane { get; }

    public uint Stored { get; }

    public Incarnation Incarnation { get; set; }

    /// <summary>The starts of this peer in which its sequences were given.</summary>
    public LaneLives Lives { get; }

    public StreamKey Key => new(_node.Options.Peer, Pipe.Name, Lane, Incarnation);

    /// <summary>The first sequence not yet kept by the endpoint, or ended early: all below is released.</summary>
    public ulong Base { get; private set; }

    /// <summary>The sequence of the next message.</summary>
    public ulong Next { get; private set; }

    /// <summary>All below is on flash here.</summary>
    public ulong DurableNext { get; private set; }

    /// <summary>
    /// Null where messages leave in the order of their acceptance: then the number of a message is its sequence on the wire. Else its sequence there is its turn.
    /// </summary>
    public Turns? Turns { get; private set; }

    /// <summary>The first sequence on the wire that the endpoint has not kept.</summary>
    public ulong FirstSequence => Turns?.Base ?? Base;

    /// <summary>One past the last sequence that was, or may be, on the wire.</summary>
    public ulong EndSequence => Turns?.End ?? DurableNext;

    /// <summary>A first sequence that a restart will not go back behind: not above <see cref="FirstSequence"/>.</summary>
    public ulong DurableFirstSequence => Turns?.DurableBase ?? (_node.DurableThrough >= _baseOnTheWay.Ticket ? _baseOnTheWay.Base : _durableBase);

    /// <summary>Numbers released above the base.</summary>
    public RangeSet EndedAbove { get; } = new();

    /// <summary>What ends, or has ended, early.</summary>
    public LaneEnds Ends { get; }

    /// <summary>By the number of the message.</summary>
    public ReceiptWaiters Waiters { get; }

    public LaneFact Fact => new(Incarnation, ConsumedNext, _stampedFrom);

    public long Queued => (long)(DurableNext - Base - EndedAbove.CountFrom(Base));

    public long Delivered => (long)DurableNext - Queued - Ends.Expired - Ends.Dropped;

    /// <summary>Messages that the application there has taken, as far as it has said.</summary>
    public long Consumed => (long)ConsumedNext - (Turns is null ? Ends.CountBelow(ConsumedNext) : (long)Turns.Skipped);

    /// <summary>All sequences below have been taken by the application there, as far as it has said.</summary>
    public ulong ConsumedNext { get; private set; }

    /// <summary>Sequences below may leave: what is durable.</summary>
    public ulong SendableNext => Turns?.SendableEnd ?? (_node.Has(NodeFaults.SentBeforeDurable) ? Next : DurableNext);

    public long SentAgain { get; set; }

    /// <summary>What its messages take of the outgoing share.</summary>
    public long UsedBytes { get; private set; }

    /// <summary>What messages of all lanes take is another than it was, because of this one.</summary>
    /// <param name="before">What it was.</param>
    public void OnUsed(long before) => UsedBytes += _node.Buffer.UsedBytes(StreamDirection.Outgoing) - before;

    /// <summary>The incarnation must be on flash before anything is sent under it.</summary>
    public ulong IncarnationTicket { get; set; }

    /// <summary>The incarnation is new, and the endpoint cannot know anything of it.</summary>
    public bool Renewed { get; set; }

    /// <summary>Of the endpoint's session; null while it is away.</summary>
    public OutChannel? Channel { get; set; }

    /// <summary>A message with the next number is about to be appended.</summary>
    public void OnAppending(long? expiresAtMs)
    {
        TryBeginTurns();
        Lives.Begin(FirstSequence);
        Ends.OnAppending(Next, expiresAtMs);
        if (Turns is null && Channel is { State: ChannelState.Bound } channel && channel.SentNext + SentAtOnce > Next)
            Ends.Mark.OnAppending(Next);
    }

    /// <summary>Takes the next number for a message whose parts were just appended.</summary>
    public void TakeSequence(long? expiresAtMs)
    {
        NoteConsumed();
        Ends.OnAppended(Next++, expiresAtMs);
        Turns?.OnAppended(Next - 1);
    }

    public void OnDurable(ulong sequence)
    {
        DurableNext = sequence + 1;
        // What can be dropped makes room.
        if (Pipe.Options.WhenFull == WhenFull.DropOldest)
            Pipe.Table.Room.OnChanged();
        Waiters.Answer(sequence, Receipt.Durable);
    }

    /// <summary>The next sequence is about to be sent: it may need a turn.</summary>
    public void PrepareSending(ulong sequence, Instant now) => Turns?.Give(sequence, now);

    /// <summary>May this durable sequence leave?</summary>
    public bool MaySend(ulong sequence) => Turns is not null || Ends.Mark.MaySend(sequence, Next);

    public void OnSent(ulong sequence)
    {
        if (Turns is null)
            Ends.Mark.OnSent(sequence);
        else
            Turns.OnSent(sequence);
    }

    /// <summary>The endpoint's session is over.</summary>
    public void OnSessionLost()
    {
        Channel = null;
        Ends.Mark.OnLost();
        Turns?.OnLost();
    }

    /// <summary>The message of a sequence on the wire.</summary>
    public ulong NumberOf(ulong sequence) => Turns?.NumberOf(sequence) ?? sequence;

    /// <returns>False when the message has no sequence on the wire as yet, or any more.</returns>
    public bool TrySequenceOf(ulong number, out ulong sequence)
    {
        sequence = number;
        return Turns is null || Turns.TryTurnOf(number, out sequence);
    }

    /// <summary>The first sequence at or above that has not ended early.</summary>
    public ulong PassEnded(ulong sequence) => Turns is null ? EndedAbove.EndOf(sequence) : sequence;

    /// <summary>What is to be sent under a sequence, and until when.</summary>
    /// <returns>False when the medium does not give it back.</returns>
    public bool TryReadToSend(ulong sequence, out StampedMessage message)
    {
        ulong number = NumberOf(sequence);
        message = default;
        return _node.Buffer.TryFind(Stored, number, out var found) && found.Sequence == number && TryReadStamp(found, out message);
    }

    public bool TryReadBytes(ulong sequence, int offset, Span<byte> into) => _node.Buffer.TryRead(Stored, NumberOf(sequence), offset, into);

    /// <summary>What is to be sent of a stored message, and until when.</summary>
    /// <returns>False when the medium does not give it back.</returns>
    public bool TryReadStamp(in BufferedMessage stored, out StampedMessage message)
    {
        message = new StampedMessage(stored.Sequence, stored.TotalBytes, null);
        if (stored.Sequence < _stampedFrom)
            return true;
        bool read = MessageStamp.TryRead(_node.Buffer, Stored, stored.Sequence, stored.TotalBytes, out int stampBytes, out long? expiresAtMs);
        message = new StampedMessage(stored.Sequence, stored.TotalBytes - stampBytes, expiresAtMs);
        return read;
    }

    /// <summary>The endpoint has kept all sequences below.</summary>
    public void OnKept(ulong next)
    {
        if (Turns is not null)
        {
            Turns.OnKept(next);
            ReleaseKeptTurns();
            return;
        }
        if (next <= Base)
            return;
        long used = _node.Buffer.UsedBytes(StreamDirection.Outgoing);
        ulong ticket = _node.Buffer.Release(Stored, next);
        OnUsed(used);
        NoteConsumed();
        Ends.OnKept(Base, next);
        MoveBase(next);
        NoteBase(ticket);
        Pipe.Table.OnFreed();
        if (Pipe.IsOwn)
        {
            OnTaken(Waiters.Between(0, next), ticket);
            return;
        }
        Waiters.AnswerBelow(next, Receipt.Delivered);
        AnswerConsumed();
    }

    /// <summary>Releases what the endpoint has kept, as far as the journal can as yet.</summary>
    public void ReleaseKeptTurns()
    {
        List<ulong>? taken = Pipe.IsOwn ? [] : null;
        bool any = false;
        ulong ticket = 0;
        while (Turns!.TryNextKept(out ulong from, out ulong to))
        {
            long used = _node.Buffer.UsedBytes(StreamDirection.Outgoing);
            // Too many runs are released above others that stay: those go first.
            if (!_node.Buffer.TryRelease(Stored, from, to, out ulong released))
                break;
            ticket = released;
            OnUsed(used);
            NoteWatched(from, to);
            Turns.OnReleased(to - from);
            TakeEnded(from, to);
            foreach (ulong number in Waiters.Between(from, to))
                if (taken is null)
                    Waiters.Answer(number, Receipt.Delivered);
                else
                    taken.Add(number);
            any = true;
        }
        if (!any)
            return;
        NoteConsumed();
        Pipe.Table.OnFreed();
        if (taken is null)
            AnswerConsumed();
        else
            OnTaken(taken, ticket);
    }

    /// <summary>
    /// What is read here was released because it was taken. Until that is on flash a power cut brings it back, and it may even expire then: nobody is told
    /// before.
    /// </summary>
    private void OnTaken(List<ulong> numbers, ulong ticket)
    {
        ulong next = FirstSequence;
        _takenTicket = _node.Has(NodeFaults.OwnTakenBeforeDurable) ? 0 : ticket;
        Pipe.Table.Awaited.Ended(_takenTicket, () =>
        {
            numbers.ForEach(number => Waiters.Answer(number, Receipt.Delivered));
            OnConsumed(next);
        });
    }

    /// <summary>Messages of [from, to) have ended early, and are released.</summary>
    /// <param name="ticket">Those who wait hear of it when this is on flash.</param>
    public void OnEnded(ulong from, ulong to, EndReason reason, ulong ticket)
    {
        TakeEnded(from, to);
        NoteBase(ticket);
        foreach (ulong number in Waiters.Between(from, to))
            AnswerEnded(number, reason, ticket);
        _endedTicket = ticket;
        Pipe.Table.OnFreed();
        // What ends without a turn was never sent.
        if (Turns is null)
            Channel?.OnEnded(from, to);
        AnswerConsumed();
    }

    /// <summary>The buffer has released messages that ended early.</summary>
    public void TakeEnded(ulong from, ulong to)
    {
        EndedAbove.Add(from, to);
        MoveBase(Base);
    }

    /// <summary>The application there has taken all below; the word of it may come before that of their keeping.</summary>
    public void OnConsumed(ulong next)
    {
        if (next > EndSequence)
            return;
        _consumedThere = Math.Max(_consumedThere, next);
        AnswerConsumed();
    }

    public void Wait(ulong sequence, CallerId caller, Receipt receipt)
    {
        Waiters.Add(sequence, caller, receipt);
        if (sequence >= DurableNext)
            return;
        if (Ends.ReasonOf(sequence) is { } reason)
        {
            AnswerEnded(sequence, reason, _endedTicket);
            return;
        }
        if (Ends.Forgotten(sequence))
        {
            Waiters.AnswerLast(sequence, Receipt.Rejected, 0, "the message left this lane long ago, and whether it was delivered or ended early is no longer known");
            return;
        }
        Pipe.Table.Awaited.Ended(_takenTicket, () => AnswerKnown(sequence, receipt));
    }

    /// <summary>Says what has become of a message that is on flash, or was.</summary>
    private void AnswerKnown(ulong sequence, Receipt receipt)
    {
        bool kept = sequence < Base || EndedAbove.Contains(sequence, sequence + 1);
        // Which turn it had is forgotten: when all of those are consumed, it is.
        if (kept && Turns is not null && receipt == Receipt.Consumed)
            _watchedTurns.Add((FirstSequence, sequence));
        if (receipt == Receipt.Consumed && LastSequenceOf(sequence) is { } last && last >= ConsumedNext)
            Channel?.OnWatched(last);
        Waiters.Answer(sequence, !kept ? Receipt.Durable : Turns is null && sequence < ConsumedNext ? Receipt.Consumed : Receipt.Delivered);
        AnswerConsumed();
    }

    /// <summary>Someone waits until what has that sequence is consumed.</summary>
    public bool IsWatched(ulong sequence) => Waiters.AnyUntilConsumed(NumberOf(sequence));

    /// <summary>The last of the sequences below that someone so waits for; null when nobody does.</summary>
    public ulong? LastWatched(ulong below)
    {
        ulong? last = null;
        foreach (ulong number in Waiters.Numbers)
            if (Waiters.AnyUntilConsumed(number) && LastSequenceOf(number) is { } sequence && sequence < below && !(sequence < last))
                last = sequence;
        return last;
    }

    /// <summary>Once it and all below are consumed, the message is; null while it has no sequence.</summary>
    private ulong? LastSequenceOf(ulong number)
    {
        if (TrySequenceOf(number, out ulong sequence))
            return sequence;
        int watched = _watchedTurns.FindIndex(watched => watched.Number == number);
        return watched >= 0 && _watchedTurns[watched].Below > 0 ? _watchedTurns[watched].Below - 1 : null;
    }

    /// <summary>Messages are about to lose their turns: those that someone waits for until they are consumed are still known by them.</summary>
    private void NoteWatched(ulong from, ulong to)
    {
        foreach (ulong number in Waiters.Between(from, to))
            if (Waiters.AnyUntilConsumed(number) && Turns!.TryTurnOf(number, out ulong turn))
                _watchedTurns.Add((turn + 1, number));
    }

    /// <summary>Another order than that of acceptance can only begin where nothing of the old one is on its way.</summary>
    private void TryBeginTurns()
    {
        if (Turns is not null || Pipe.Options.Order != BacklogOrder.NewestFirst || (Pipe.IsBound && Base != Next))
            return;
        Turns = Turns.Begin(_node, this, Base, (ulong)Ends.CountBelow(Base));
        Ends.Mark.Keep(false);
    }

    /// <summary>For the books after a restart. Along with what is written anyhow: a count is not worth a sync of its own.</summary>
    public void NoteConsumed()
    {
        if (ConsumedNext == _consumedNoted)
            return;
        _consumedNoted = ConsumedNext;
        PipeFacts.PutLane(_node.Buffer, Pipe.Name, Lane, Fact);
    }

    private void NoteBase(ulong ticket)
    {
        if (_node.DurableThrough < _baseOnTheWay.Ticket)
            return;
        _durableBase = _baseOnTheWay.Base;
        _baseOnTheWay = (ticket, Base);
    }

    private void MoveBase(ulong next)
    {
        Base = EndedAbove.EndOf(next);
        EndedAbove.Remove(0, Base);
        Ends.OnBase(Base);
    }

    private void AnswerEnded(ulong sequence, EndReason reason, ulong ticket)
    {
        if (reason == EndReason.Expired)
            Waiters.AnswerLast(sequence, Receipt.Expired, ticket, "its time to live was over before it was kept there");
        else
            Waiters.AnswerLast(sequence, Receipt.Rejected, ticket, reason == EndReason.Lost
                ? "the flash here does not give it back any more: check the medium; nobody had kept it"
                : $"pipe {Pipe.Name} was full and dropped it, as its whenFull says; nobody had kept it");
    }

    private void AnswerConsumed()
    {
        ulong next = Math.Min(_consumedThere, FirstSequence);
        bool news = next > ConsumedNext;
        ConsumedNext = Math.Max(ConsumedNext, next);
        if (Turns is null)
        {
            if (news)
                Waiters.AnswerBelow(next, Receipt.Consumed);
            return;
        }
        foreach (var (_, number) in _watchedTurns.FindAll(watched => watched.Below <= ConsumedNext))
            Waiters.Answer(number, Receipt.Consumed);
        _watchedTurns.RemoveAll(watched => watched.Below <= ConsumedNext);
    }

    // A message behind so few others leaves as soon as it is durable.
    private const ulong SentAtOnce = 16;
}
