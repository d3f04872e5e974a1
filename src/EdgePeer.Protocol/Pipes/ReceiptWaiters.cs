namespace EdgePeer.Protocol.Pipes;

/// <summary>Who waits for which receipt of which message of a lane, by the message's number.</summary>
internal sealed class ReceiptWaiters(NodeContext node, OutStream stream)
{
    private readonly SortedDictionary<ulong, List<Waiter>> _waiters = [];

    /// <summary>Messages that someone waits for, ascending.</summary>
    public IEnumerable<ulong> Numbers => _waiters.Keys;

    public void Add(ulong number, CallerId caller, Receipt until)
    {
        if (!_waiters.TryGetValue(number, out var waiters))
            _waiters[number] = waiters = [];
        waiters.Add(new Waiter(caller, until));
    }

    public void Forget(CallerId caller, ulong number)
    {
        if (!_waiters.TryGetValue(number, out var waiters))
            return;
        waiters.RemoveAll(waiter => waiter.Caller == caller);
        if (waiters.Count == 0)
            _waiters.Remove(number);
    }

    public bool AnyUntilConsumed(ulong number) => _waiters.TryGetValue(number, out var waiters) && waiters.Exists(waiter => waiter.Until == Receipt.Consumed);

    /// <summary>Those of [from, to) that someone waits for.</summary>
    public List<ulong> Between(ulong from, ulong to)
    {
        var numbers = new List<ulong>();
        foreach (ulong number in _waiters.Keys)
            if (number >= from && number < to)
                numbers.Add(number);
        return numbers;
    }

    /// <summary>The message has come so far.</summary>
    public void Answer(ulong number, Receipt reached)
    {
        if (!_waiters.TryGetValue(number, out var waiters))
            return;
        for (int i = waiters.Count - 1; i >= 0; i--)
        {
            var waiter = waiters[i];
            for (var receipt = waiter.Told + 1; receipt <= reached && receipt <= waiter.Until; receipt++)
                node.Do(new ReceiptReached(waiter.Caller, receipt, stream.Key, number, null));
            waiter.Told = reached;
            if (reached >= waiter.Until)
            {
                waiters.RemoveAt(i);
                stream.Pipe.Table.Sends.OnCallerDone(waiter.Caller);
            }
        }
        if (waiters.Count == 0)
            _waiters.Remove(number);
    }

    /// <summary>All messages below have come so far.</summary>
    public void AnswerBelow(ulong next, Receipt receipt)
    {
        while (_waiters.Count > 0)
        {
            ulong first = First(next, receipt);
            if (first == ulong.MaxValue)
                return;
            Answer(first, receipt);
        }
    }

    /// <summary>The last word to all who wait for the message, once the ticket is on flash: until then a crash could bring it back.</summary>
    public void AnswerLast(ulong number, Receipt last, ulong ticket, string reason)
    {
        if (!_waiters.Remove(number, out var waiters))
            return;
        var key = stream.Key;
        stream.Pipe.Table.Awaited.Ended(ticket, () =>
        {
            foreach (var waiter in waiters)
            {
                node.Do(new ReceiptReached(waiter.Caller, last, key, number, reason));
                stream.Pipe.Table.Sends.OnCallerDone(waiter.Caller);
            }
        });
    }

    /// <summary>The first below, with a waiter that this receipt is news to.</summary>
    private ulong First(ulong next, Receipt receipt)
    {
        foreach (var (number, waiters) in _waiters)
        {
            if (number >= next)
                break;
            foreach (var waiter in waiters)
                if (waiter.Told < receipt)
                    return number;
        }
        return ulong.MaxValue;
    }

    private sealed class Waiter(CallerId caller, Receipt until)
    {
        public CallerId Caller { get; } = caller;

        public Receipt Until { get; } = until;

        public Receipt Told { get; set; } = Receipt.Rejected;
    }
}
