namespace EdgePeer.Protocol.Pipes;

/// <summary>
/// When messages of a lane expire, in blocks of sequences: a backlog of millions must not cost memory for each. Of a block the earliest time is
/// known; which message that is, the journal says.
/// </summary>
internal sealed class ExpiryIndex
{
    private readonly Dictionary<ulong, Block> _blocks = [];
    private readonly PriorityQueue<ulong, long> _queue = new();
    private ulong _first = ulong.MaxValue;

    /// <summary>Blocks, and places of them in the order of time.</summary>
    public int Held => _blocks.Count + _queue.Count;

    private sealed class Block
    {
        public long Earliest;

        /// <summary>Of the message added last, while none was earlier than the one before it: then the first that is not due ends a search.</summary>
        public long Latest;
        public bool Ordered;
    }

    public void Add(ulong sequence, long atMs)
    {
        if (!_blocks.TryGetValue(sequence / BlockMessages, out var block))
            _blocks[sequence / BlockMessages] = block = new Block { Earliest = long.MaxValue, Latest = long.MinValue, Ordered = true };
        _first = Math.Min(_first, sequence / BlockMessages);
        block.Ordered &= atMs >= block.Latest;
        block.Latest = atMs;
        if (atMs >= block.Earliest)
            return;
        block.Earliest = atMs;
        _queue.Enqueue(sequence / BlockMessages, atMs);
    }

    /// <summary>Messages of [from, to) may have times that are not known: their blocks are due now.</summary>
    public void AddUnknown(ulong from, ulong to)
    {
        for (ulong number = from / BlockMessages; number * BlockMessages < to; number++)
        {
            _first = Math.Min(_first, number);
            _blocks[number] = new Block { Earliest = long.MinValue };
            _queue.Enqueue(number, long.MinValue);
        }
    }

    /// <summary>The lane holds nothing below any more: what was delivered in time leaves nothing behind.</summary>
    public void RemoveBelow(ulong sequence)
    {
        if (_blocks.Count == 0)
            return;
        for (; _first < sequence / BlockMessages; _first++)
            _blocks.Remove(_first);
        if (_queue.Count <= (_blocks.Count * 2) + StaleMax)
            return;
        _queue.Clear();
        foreach (var (number, block) in _blocks)
            if (block.Earliest != long.MaxValue)
                _queue.Enqueue(number, block.Earliest);
    }

    /// <summary>The earliest time of all.</summary>
    public bool TryPeek(out long atMs)
    {
        while (_queue.TryPeek(out ulong number, out atMs))
        {
            if (_blocks.TryGetValue(number, out var block) && block.Earliest == atMs)
                return true;
            _queue.Dequeue();
        }
        return false;
    }

    /// <summary>Takes a block that is due out; what stays in it is put back with <see cref="Put"/>.</summary>
    /// <param name="ordered">Its times grow with its sequences.</param>
    public bool TryTake(long nowMs, out ulong from, out ulong to, out bool ordered)
    {
        (from, to, ordered) = (0, 0, false);
        if (!TryPeek(out long atMs) || atMs > nowMs)
            return false;
        ulong number = _queue.Dequeue();
        (from, to) = (number * BlockMessages, (number + 1) * BlockMessages);
        ordered = _blocks[number].Ordered;
        _blocks[number].Earliest = long.MaxValue;
        return true;
    }

    /// <param name="earliestMs">Of what is left; the largest number when nothing is.</param>
    public void Put(ulong from, long earliestMs)
    {
        ulong number = from / BlockMessages;
        if (!_blocks.TryGetValue(number, out var block))
            return;
        block.Earliest = Math.Min(block.Earliest, earliestMs);
        if (block.Earliest != long.MaxValue)
            _queue.Enqueue(number, block.Earliest);
        else
            _blocks.Remove(number);
    }

    // Places of blocks that are no more, before they are swept.
    private const int StaleMax = 64;

    /// <summary>Sequences in a block: one search reads as many messages at most.</summary>
    public const ulong BlockMessages = 256;
}
