using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>One lane of a pipe that is written here: its sequence numbers, and who waits for what of it.</summary>
internal sealed class OutStream(NodeContext node, OutputPipe pipe, byte lane, Incarnation incarnation, MessageStream stored, ulong consumed)
{
    private readonly SortedDictionary<ulong, List<Waiter>> _waiters = [];
    private ulong _consumedThere = Math.Min(consumed, stored.Base);
    private ulong _consumedNoted = consumed;

    public OutputPipe Pipe { get; } = pipe;

    public byte Lane { get; } = lane;

    public uint Stored { get; } = stored.Id;

    public Incarnation Incarnation { get; set; } = incarnation;

    public StreamKey Key => new(node.Options.Peer, Pipe.Name, Lane, Incarnation);

    /// <summary>The first sequence not yet kept by the endpoint: all below is released.</summary>
    public ulong Base { get; private set; } = stored.Base;

    /// <summary>The sequence of the next message.</summary>
    public ulong Next { get; private set; } = stored.Next;

    /// <summary>All below is on flash here.</summary>
    public ulong DurableNext { get; private set; } = stored.Next;

    /// <summary>All below has been taken by the application there, as far as it has said.</summary>
    public ulong ConsumedNext { get; private set; } = Math.Min(consumed, stored.Base);

    /// <summary>What may leave: what is durable.</summary>
    public ulong SendableNext => node.Has(NodeFaults.SentBeforeDurable) ? Next : DurableNext;

    public long SentAgain { get; set; }

    /// <summary>The incarnation must be on flash before anything is sent under it.</summary>
    public ulong IncarnationTicket { get; set; }

    /// <summary>Of the endpoint's session; null while it is away.</summary>
    public OutChannel? Channel { get; set; }

    /// <summary>Takes the next number for a message whose parts were just appended.</summary>
    public ulong TakeSequence()
    {
        NoteConsumed();
        return Next++;
    }

    public void OnDurable(ulong sequence)
    {
        DurableNext = sequence + 1;
        Answer(sequence, Receipt.Durable);
    }

    /// <summary>The endpoint has kept all below.</summary>
    public void OnKept(ulong next)
    {
        if (next <= Base)
            return;
        node.Buffer.Release(Stored, next);
        NoteConsumed();
        Base = next;
        Pipe.Table.OnRoom();
        AnswerBelow(next, Receipt.Delivered);
        AnswerConsumed();
    }

    /// <summary>The application there has taken all below; the word of it may come before that of their keeping.</summary>
    public void OnConsumed(ulong next)
    {
        if (next > DurableNext)
            return;
        _consumedThere = Math.Max(_consumedThere, next);
        AnswerConsumed();
    }

    public void Wait(ulong sequence, CallerId caller, Receipt receipt)
    {
        if (!_waiters.TryGetValue(sequence, out var waiters))
            _waiters[sequence] = waiters = [];
        waiters.Add(new Waiter(caller, receipt));
        if (sequence >= DurableNext)
            return;
        if (receipt == Receipt.Consumed && sequence >= ConsumedNext)
            Channel?.OnWatched(sequence);
        Answer(sequence, sequence < ConsumedNext ? Receipt.Consumed : sequence < Base ? Receipt.Delivered : Receipt.Durable);
    }

    /// <summary>Someone waits until the message is consumed.</summary>
    public bool IsWatched(ulong sequence) => _waiters.TryGetValue(sequence, out var waiters) && waiters.Exists(waiter => waiter.Until == Receipt.Consumed);

    /// <summary>The last of the messages below that someone so waits for; null when nobody does.</summary>
    public ulong? LastWatched(ulong below)
    {
        ulong? last = null;
        foreach (var (sequence, waiters) in _waiters)
            if (sequence < below && waiters.Exists(waiter => waiter.Until == Receipt.Consumed))
                last = sequence;
        return last;
    }

    public void ForgetCaller(CallerId caller, ulong sequence)
    {
        if (!_waiters.TryGetValue(sequence, out var waiters))
            return;
        waiters.RemoveAll(waiter => waiter.Caller == caller);
        if (waiters.Count == 0)
            _waiters.Remove(sequence);
    }

    /// <summary>For the books after a restart. Along with what is written anyhow: a count is not worth a sync of its own.</summary>
    private void NoteConsumed()
    {
        if (ConsumedNext == _consumedNoted)
            return;
        _consumedNoted = ConsumedNext;
        PipeFacts.PutLane(node.Buffer, Pipe.Name, Lane, Incarnation, ConsumedNext);
    }

    private void AnswerConsumed()
    {
        ulong next = Math.Min(_consumedThere, Base);
        if (next <= ConsumedNext)
            return;
        ConsumedNext = next;
        AnswerBelow(next, Receipt.Consumed);
    }

    private void AnswerBelow(ulong next, Receipt receipt)
    {
        while (_waiters.Count > 0)
        {
            ulong first = FirstWaiter(next, receipt);
            if (first == ulong.MaxValue)
                return;
            Answer(first, receipt);
        }
    }

    /// <summary>The first sequence below, with a waiter that this receipt is news to.</summary>
    private ulong FirstWaiter(ulong next, Receipt receipt)
    {
        foreach (var (sequence, waiters) in _waiters)
        {
            if (sequence >= next)
                break;
            foreach (var waiter in waiters)
                if (waiter.Told < receipt)
                    return sequence;
        }
        return ulong.MaxValue;
    }

    private void Answer(ulong sequence, Receipt reached)
    {
        if (!_waiters.TryGetValue(sequence, out var waiters))
            return;
        for (int i = waiters.Count - 1; i >= 0; i--)
        {
            var waiter = waiters[i];
            for (var receipt = waiter.Told + 1; receipt <= reached && receipt <= waiter.Until; receipt++)
                node.Do(new ReceiptReached(waiter.Caller, receipt, Key, sequence, null));
            waiter.Told = reached;
            if (reached >= waiter.Until)
            {
                waiters.RemoveAt(i);
                Pipe.Table.OnCallerDone(waiter.Caller);
            }
        }
        if (waiters.Count == 0)
            _waiters.Remove(sequence);
    }

    private sealed class Waiter(CallerId caller, Receipt until)
    {
        public CallerId Caller { get; } = caller;

        public Receipt Until { get; } = until;

        public Receipt Told { get; set; } = Receipt.Rejected;
    }
}
