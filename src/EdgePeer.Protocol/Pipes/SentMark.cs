namespace EdgePeer.Protocol.Pipes;

/// <summary>
/// Below which sequence messages of a lane may have been sent, kept as a fact where messages may end early: what was never sent ends at once, what may
/// have been sent is settled with its receiver first. The mark is on flash before anything at or above it leaves.
/// </summary>
internal sealed class SentMark(NodeContext node, OutputPipe pipe, byte lane)
{
    private readonly Queue<(ulong Ticket, ulong Mark)> _onTheWay = new();
    private ulong _asked;
    private ulong _durable;
    private ulong _step = StepMin;

    /// <summary>Kept on flash; else nobody needs it, and after a restart everything counts as sent.</summary>
    public bool Kept { get; private set; }

    /// <summary>All that may have been sent lies below, as far as this life can tell.</summary>
    public ulong SentTo { get; private set; }

    /// <summary>Takes up what was kept, or what must be assumed where nothing was.</summary>
    public void Recover(ulong next, bool keep)
    {
        bool known = PipeFacts.TryGetSentMark(node.Buffer, pipe.Name, lane, out ulong mark);
        SentTo = !pipe.IsBound ? 0 : known ? Math.Min(mark, next) : next;
        _asked = _durable = known ? mark : 0;
        Kept = known;
        Keep(keep);
    }

    public void Keep(bool keep)
    {
        if (keep == Kept)
            return;
        Kept = keep;
        if (keep)
            Put(SentTo);
        else
            PipeFacts.RemoveSentMark(node.Buffer, pipe.Name, lane);
    }

    public void OnSent(ulong sequence) => SentTo = Math.Max(SentTo, sequence + 1);

    /// <summary>Along with the append of a message that may leave as soon as it is durable.</summary>
    public void OnAppending(ulong sequence)
    {
        if (Kept && sequence >= _asked)
            Put(sequence + 1);
    }

    /// <summary>Asks for a higher mark where the message may not leave yet, and ahead of that.</summary>
    /// <param name="next">One past the lane's last message: the mark says nothing of what is not there yet.</param>
    public bool MaySend(ulong sequence, ulong next)
    {
        if (!Kept || node.Has(NodeFaults.SentMarkNotKept))
            return true;
        while (_onTheWay.TryPeek(out var put) && put.Ticket <= node.DurableThrough)
            _durable = Math.Max(_durable, _onTheWay.Dequeue().Mark);
        bool may = sequence < _durable;
        if (_onTheWay.Count == 0 && _asked < next && sequence + _step / 2 >= _asked)
        {
            Put(Math.Min(next, sequence + _step));
            _step = Math.Min(_step * 2, StepMax);
        }
        if (!may)
            node.Buffer.Hurry();
        return may;
    }

    /// <summary>The session is over: what was not sent in it can end at once, after a restart too.</summary>
    public void OnLost()
    {
        _step = StepMin;
        if (!Kept || _asked <= SentTo)
            return;
        _onTheWay.Clear();
        _durable = Math.Min(_durable, SentTo);
        Put(SentTo);
    }

    private void Put(ulong mark)
    {
        _asked = mark;
        _onTheWay.Enqueue((PipeFacts.PutSentMark(node.Buffer, pipe.Name, lane, mark), mark));
    }

    // After a restart so many messages may be taken for sent that were not, and wait for their receiver before they end.
    private const ulong StepMin = 16;

    // A quick link has sent these before the next mark is on flash.
    private const ulong StepMax = 8_192;
}
