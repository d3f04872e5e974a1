using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>
/// The turns of a lane whose messages do not leave in the order of their acceptance. To its receiver it is a lane like any other, in which a message's
/// sequence is its turn. A turn is given shortly before the message leaves, and is on flash before it does: from then on the turn can mean
/// nothing else. What has no turn yet was never sent.
/// </summary>
internal sealed class Turns
{
    private readonly NodeContext _node;
    private readonly OutStream _stream;
    private readonly TurnList _given;
    private readonly Queue<(ulong Ticket, ulong Base, ulong End)> _onTheWay = new();
    private ulong _durableEnd;
    private uint _block = BlockMin;
    private uint _blocks;
    private Instant _gaveAt;

    private Turns(NodeContext node, OutStream stream, TurnList given)
    {
        _node = node;
        _stream = stream;
        _given = given;
        // What was given in an earlier life may have been sent.
        _durableEnd = SentTo = given.End;
        DurableBase = Kept = given.Base;
    }

    /// <summary>The lane is to have turns from now on; the first of them is that of the message of the same number.</summary>
    /// <param name="skipped">Of the sequences below so many ended early.</param>
    public static Turns Begin(NodeContext node, OutStream stream, ulong first, ulong skipped)
    {
        var turns = new Turns(node, stream, TurnList.BeginningAt(first, skipped));
        turns.Put();
        return turns;
    }

    /// <summary>Takes up what was kept; null where the lane has no turns.</summary>
    public static Turns? Recover(NodeContext node, OutStream stream, in MessageStream stored)
    {
        if (TurnList.Read(PipeFacts.GetTurns(node.Buffer, stream.Pipe.Name, stream.Lane)) is not { } given)
            return null;
        // Turns are done with in their order. A message that is not there was never accepted, and its turn not used.
        while (given.Count > 0 && IsReleased(given.NumberOf(given.Base), stream, stored))
            given.RemoveBelow(given.Base + 1);
        for (ulong turn = given.Base; turn < given.End; turn++)
            if (given.NumberOf(turn) >= stored.Next)
                given.RemoveFrom(turn);
        return new Turns(node, stream, given);
    }

    /// <inheritdoc cref="TurnList.Skipped"/>
    public ulong Skipped => _given.Skipped;

    /// <summary>All messages of turns below are released.</summary>
    public ulong Base => _given.Base;

    /// <summary>A base that a restart will not go back behind.</summary>
    public ulong DurableBase { get; private set; }

    /// <summary>The endpoint has kept all of turns below.</summary>
    public ulong Kept { get; private set; }

    /// <summary>The next turn to be given.</summary>
    public ulong End => _given.End;

    /// <summary>Messages of turns below may leave.</summary>
    public ulong SendableEnd
    {
        get
        {
            while (_onTheWay.TryPeek(out var put) && put.Ticket <= _node.DurableThrough)
            {
                DurableBase = put.Base;
                _durableEnd = _onTheWay.Dequeue().End;
            }
            return _durableEnd;
        }
    }

    /// <summary>Messages that have no turn yet.</summary>
    public ulong Waiting => _stream.Next - _stream.Base - _stream.EndedAbove.CountFrom(_stream.Base) - _given.Count;

    public ulong NumberOf(ulong turn) => _given.NumberOf(turn);

    public bool TryTurnOf(ulong number, out ulong turn) => _given.TryTurnOf(number, out turn);

    /// <summary>The oldest message that is on flash, not ended and has no turn.</summary>
    public bool TryFindOldest(out ulong number)
    {
        var free = Free();
        number = free.IsEmpty ? 0 : free.First.Start;
        return !free.IsEmpty;
    }

    /// <summary>A message was appended: where none waits before it and the link keeps up, its turn is written along with it.</summary>
    public void OnAppended(ulong number)
    {
        if (Waiting != 1 || _stream.Channel is not { State: ChannelState.Bound } channel || channel.SentNext + BlockMin <= End || _given.Runs >= RunsMax)
            return;
        _given.Add(number, 1, down: false);
        Put();
    }

    /// <summary>Gives turns to the next messages when nearly all that have one are sent.</summary>
    /// <param name="sent">The next turn to be sent.</param>
    public void Give(ulong sent, Instant now)
    {
        if (End > sent + (_block / 2) || _given.Runs >= RunsMax || Waiting == 0)
            return;
        var free = Free();
        if (free.IsEmpty)
            return;
        Pace(now);
        bool newest = _stream.Pipe.Options.Order == BacklogOrder.NewestFirst && ++_blocks % OldestEvery != 0;
        var (start, end) = newest ? free.Last : free.First;
        uint count = (uint)Math.Min(_block, end - start);
        _given.Add(newest ? end - count : start, count, newest);
        Put();
        _node.Buffer.Hurry();
    }

    /// <summary>Messages of turns below may have been sent.</summary>
    public ulong SentTo { get; private set; }

    public void OnSent(ulong turn) => SentTo = Math.Max(SentTo, turn + 1);

    /// <summary>The session is over: what was not sent in it waits for its turn again, and what comes meanwhile may go before it.</summary>
    public void OnLost()
    {
        _block = BlockMin;
        if (End <= SentTo)
            return;
        _given.RemoveFrom(SentTo);
        _onTheWay.Clear();
        _durableEnd = Math.Min(_durableEnd, SentTo);
        Put();
    }

    /// <summary>The endpoint has kept all of turns below: the next of their messages to be released, in the order of turns.</summary>
    public void OnKept(ulong turn) => Kept = Math.Max(Kept, Math.Min(turn, End));

    public bool TryNextKept(out ulong from, out ulong to)
    {
        (from, to) = Kept > Base ? _given.FirstNumbers(Kept) : default;
        return Kept > Base;
    }

    /// <summary>So many of the first turns are released.</summary>
    public void OnReleased(ulong count) => _given.RemoveBelow(Base + count);

    private static bool IsReleased(ulong number, OutStream stream, in MessageStream stored) => number < stored.Base || stream.EndedAbove.Contains(number, number + 1);

    private RangeSet Free()
    {
        var free = RangeSet.Of(_stream.Base, _stream.DurableNext);
        for (int i = 0; i < _stream.EndedAbove.Count; i++)
            free.Remove(_stream.EndedAbove[i].Start, _stream.EndedAbove[i].End);
        _given.RemoveFrom(free);
        return free;
    }

    /// <summary>Large blocks cost fewer syncs, small ones let what is new pass sooner.</summary>
    private void Pace(Instant now)
    {
        var since = now - _gaveAt;
        if (since < BlockTimeMin)
            _block = Math.Min(_block * 2, BlockMax);
        else if (since > BlockTimeMax)
            _block = Math.Max(_block / 2, BlockMin);
        _gaveAt = now;
    }

    private void Put()
    {
        byte[] fact = _node.Has(NodeFaults.TurnsNotKept) ? TurnList.BeginningAt(Base, Skipped).Write() : _given.Write();
        _onTheWay.Enqueue((PipeFacts.PutTurns(_node.Buffer, _stream.Pipe.Name, _stream.Lane, fact), Base, End));
    }

    // A fact of 160 bytes at most.
    private const int RunsMax = 12;

    // One block of four is of the oldest: a pipe that is always behind delivers those too.
    private const uint OldestEvery = 4;

    private const uint BlockMin = 4;
    private const uint BlockMax = 8_192;
    private static readonly TimeSpan BlockTimeMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan BlockTimeMax = TimeSpan.FromSeconds(4);
}
