using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>
/// Ends messages of a lane before their endpoint has kept them: what was never sent at once, what may have been sent when its receiver has said that
/// it has not kept it. What has ended stays so through restarts, and is counted by its reason.
/// </summary>
internal sealed class LaneEnds
{
    private readonly NodeContext _node;
    private readonly OutStream _stream;
    private readonly ExpiryIndex _expiry = new();
    private readonly RangeSet _ending = new();
    private readonly EarlyEnds _ended;
    private readonly RangeSet _lost = new();
    private (ulong Number, ReadTries Tries) _unreadable;
    private ulong _stampedTo;
    private Instant _againAt;

    public LaneEnds(NodeContext node, OutStream stream)
    {
        _node = node;
        _stream = stream;
        Mark = new SentMark(node, stream.Pipe, stream.Lane);
        _ended = EarlyEnds.Read(PipeFacts.GetEnds(node.Buffer, stream.Pipe.Name, stream.Lane));
        _stampedTo = PipeFacts.GetExpiringTo(node.Buffer, stream.Pipe.Name, stream.Lane);
    }

    public SentMark Mark { get; }

    /// <summary>Turns say it themselves.</summary>
    public bool KeepsMark => _stream.Pipe.Options.EndsMessages && _stream.Turns is null;

    public long Expired => _ended.Expired;

    public long Dropped => _ended.Dropped;

    /// <summary>When to look again at a message that did not read back.</summary>
    public Instant ReadAgainAt { get; private set; } = Instant.Never;

    /// <summary>When <see cref="Expire"/> has something to do.</summary>
    public Instant ExpireAt => _expiry.TryPeek(out long atMs) ? Instant.Later(_node.Clock.At(atMs), _againAt) : Instant.Never;

    /// <summary>Ends again what a crash has left half ended: the count is written before the release.</summary>
    public void Recover()
    {
        Mark.Recover(_stream.Next, KeepsMark);
        _expiry.AddUnknown(_stream.Base, Math.Min(_stampedTo, _stream.Next));
        foreach (var (from, to, reason) in new List<(ulong, ulong, EndReason)>(_ended.Runs))
        {
            if (to <= _stream.Base)
                continue;
            long used = _node.Buffer.UsedBytes(StreamDirection.Outgoing);
            if (_node.Buffer.TryRelease(_stream.Stored, from, to, out _))
                _stream.TakeEnded(from, to);
            else
                TakeBack(from, to, reason);
            _stream.OnUsed(used);
        }
    }

    public bool IsEnding(ulong sequence) => _ending.Contains(sequence, sequence + 1);

    /// <summary>The first message at or above that waits to be settled with its receiver.</summary>
    public ulong FirstEnding(ulong from)
    {
        for (int i = 0; i < _ending.Count; i++)
            if (_ending[i].End > from)
                return Math.Max(from, _ending[i].Start);
        return ulong.MaxValue;
    }

    /// <summary>The first message of those gaps that is not yet ended here.</summary>
    public ulong FirstEndingOf(NumberRange[] gaps)
    {
        foreach (var gap in gaps)
            if (FirstEnding(gap.First) is var first && first <= gap.Last)
                return first;
        return ulong.MaxValue;
    }

    public IEnumerable<(ulong Start, ulong End)> Ending
    {
        get
        {
            for (int i = 0; i < _ending.Count; i++)
                yield return _ending[i];
        }
    }

    public EndReason? ReasonOf(ulong sequence) => _ended.ReasonOf(sequence);

    /// <summary>The message has left the lane so long ago that nobody can say any more how.</summary>
    public bool Forgotten(ulong sequence) => sequence < _ended.KnownFrom;

    public long CountBelow(ulong next) => _ended.CountBelow(next);

    /// <summary>Before a message is appended that expires: so a restart knows where to look for such.</summary>
    public void OnAppending(ulong sequence, long? expiresAtMs)
    {
        if (expiresAtMs is null || sequence < _stampedTo)
            return;
        _stampedTo = (sequence / ExpiryIndex.BlockMessages + 1) * ExpiryIndex.BlockMessages;
        PipeFacts.PutExpiringTo(_node.Buffer, _stream.Pipe.Name, _stream.Lane, _stampedTo);
    }

    public void OnAppended(ulong sequence, long? expiresAtMs)
    {
        if (expiresAtMs is { } at)
            _expiry.Add(sequence, at);
    }

    /// <summary>Ends, or begins to end, what is due; a block of messages or two at a time.</summary>
    public void Expire(Instant now)
    {
        if (ReadAgainAt <= now)
            ReadAgainAt = Instant.Never;
        if (ExpireAt > now)
            return;
        for (int blocks = 0; blocks < BlocksAtOnce && _expiry.TryTake(_node.Clock.Now(now), out ulong from, out ulong to, out bool ordered); blocks++)
            _expiry.Put(from, ExpireBlock(from, to, ordered, now));
        _againAt = now + Granularity;
    }

    /// <summary>Ends a message that is due and was never sent; false when too many others lie before it.</summary>
    public bool TryExpireUnsent(ulong sequence) => TryEnd(sequence, sequence + 1, EndReason.Expired);

    /// <summary>A message whose turn has come is due, and may have been sent in an earlier session.</summary>
    public void BeginEnding(ulong sequence, Instant now) => BeginEnding(sequence, sequence + 1, EndReason.Expired, now);

    /// <summary>
    /// A message did not read back. One that the journal does not know any more is given up at once, another when it did not for some seconds: flash may
    /// give it the next time.
    /// </summary>
    /// <returns>True when it ends, or has ended.</returns>
    public bool TryGiveUp(ulong number, Instant now)
    {
        if (number < _stream.Base || _stream.EndedAbove.Contains(number, number + 1) || IsEnding(number))
            return true;
        if (_node.Buffer.TryFind(_stream.Stored, number, out var found) && found.Sequence == number && found.Complete)
        {
            var before = _unreadable.Number == number && _unreadable.Tries.Count > 0 ? _unreadable.Tries : ReadTries.Begin(now);
            _unreadable = (number, before.Failed(now));
            if (!_unreadable.Tries.AreOver)
            {
                ReadAgainAt = _unreadable.Tries.NextAt;
                return false;
            }
        }
        return GiveUp(number, now);
    }

    /// <summary>Who reads it has tried for some seconds.</summary>
    /// <returns>False when too many others that have ended lie before it.</returns>
    public bool GiveUp(ulong number, Instant now)
    {
        if (_lost.Add(number, number + 1))
            _node.Report(ReportKind.Gap, $"{_stream.Key}: message {number} cannot be read back from the journal and is given up: check the medium");
        if (number >= Mark.SentTo || !_stream.Pipe.IsBound || _stream.Turns is not null)
            return TryEnd(number, number + 1, EndReason.Lost);
        BeginEnding(number, number + 1, EndReason.Lost, now);
        return true;
    }

    /// <summary>Ends the oldest message that was never sent.</summary>
    /// <returns>False when there is none, or too many others lie before it.</returns>
    public bool TryDropOldest()
    {
        if (_stream.Turns is { } turns)
            return turns.TryFindOldest(out ulong number) && TryEnd(number, number + 1, EndReason.Dropped);
        ulong from = _stream.EndedAbove.EndOf(Math.Max(_stream.Base, Mark.SentTo));
        return _node.Buffer.TryFind(_stream.Stored, from, out var oldest) && oldest.Sequence < _stream.DurableNext
            && TryEnd(oldest.Sequence, oldest.Sequence + 1, EndReason.Dropped);
    }

    /// <summary>The receiver has settled what of [first, last] it has kept; the rest never comes there.</summary>
    public void OnSkipped(in SkippedItem skipped)
    {
        foreach (var run in skipped.Kept)
            _ending.Remove(run.First, run.Last + 1);
        foreach (var (start, end) in new List<(ulong, ulong)>(Ending))
            if (start <= skipped.Last && end > skipped.First)
                EndSettled(Math.Max(start, skipped.First), Math.Min(end, skipped.Last + 1));
    }

    private void EndSettled(ulong from, ulong to)
    {
        var expired = _lost.Missing(from, to);
        var lost = RangeSet.Of(from, to);
        foreach (var (start, end) in expired.ToList())
        {
            lost.Remove(start, end);
            TryEnd(start, end, EndReason.Expired);
        }
        foreach (var (start, end) in lost.ToList())
            TryEnd(start, end, EndReason.Lost);
    }

    /// <summary>The receiver tells, as it binds, of a gap that was declared before: this end may have forgotten that.</summary>
    public void OnGapThere(in NumberRange gap, Instant now)
    {
        for (ulong sequence = Math.Max(gap.First, _stream.Base); sequence <= gap.Last && sequence < _stream.DurableNext; sequence++)
        {
            // The base moves as they end.
            if (Math.Max(_stream.EndedAbove.EndOf(sequence), _stream.Base) is var end && end > sequence)
            {
                sequence = end - 1;
                continue;
            }
            // Why it was given up is what may have been forgotten.
            StampedMessage message = default;
            bool stamped = _node.Buffer.TryFind(_stream.Stored, sequence, out var found) && found.Sequence == sequence && _stream.TryReadStamp(found, out message);
            bool expires = stamped && (message.ExpiresAtMs <= _node.Clock.Now(now) || (message.ExpiresAtMs is not null && _stream.Pipe.Options.WhenFull != WhenFull.DropOldest));
            if (!TryEnd(sequence, sequence + 1, expires ? EndReason.Expired : EndReason.Dropped))
                _ending.Add(sequence, sequence + 1);
        }
    }

    public void OnKept(ulong from, ulong to) => _ending.Remove(from, to);

    public void OnBase(ulong next)
    {
        _expiry.RemoveBelow(next);
        _lost.Remove(0, next);
    }

    private long ExpireBlock(ulong from, ulong to, bool ordered, Instant now)
    {
        long nowMs = _node.Clock.Now(now);
        long earliest = long.MaxValue;
        (ulong From, ulong To) due = default;
        for (ulong at = Math.Max(from, _stream.Base); _node.Buffer.TryFind(_stream.Stored, at, out var message) && message.Sequence < to; at = message.Sequence + 1)
        {
            ulong sequence = message.Sequence;
            if (!_stream.TryReadStamp(message, out var stamped) || stamped.ExpiresAtMs is not { } expiresAtMs || IsEnding(sequence))
                continue;
            if (expiresAtMs > nowMs)
            {
                earliest = Math.Min(earliest, expiresAtMs);
                if (ordered)
                    break;
                continue;
            }
            if (sequence >= _stream.DurableNext)
            {
                earliest = Math.Min(earliest, nowMs + RetryMs);
                continue;
            }
            // It leaves soon; if its peer is away, it may lose its turn again.
            if (_stream.Turns?.TryTurnOf(sequence, out _) == true)
            {
                earliest = Math.Min(earliest, nowMs + TurnMs);
                continue;
            }
            if (due.To != sequence || (sequence == Mark.SentTo && due.To > due.From))
            {
                earliest = Math.Min(earliest, End(due, now));
                due.From = sequence;
            }
            due.To = sequence + 1;
        }
        return Math.Min(earliest, End(due, now));
    }

    /// <returns>When to try again; never when that is not needed.</returns>
    private long End((ulong From, ulong To) run, Instant now)
    {
        if (run.To == run.From)
            return long.MaxValue;
        if (run.From >= Mark.SentTo || _stream.Turns is not null || !_stream.Pipe.IsBound || _node.Has(NodeFaults.ExpiredWithoutSettling))
            return TryEnd(run.From, run.To, EndReason.Expired) ? long.MaxValue : _node.Clock.Now(now) + RetryMs;
        BeginEnding(run.From, run.To, EndReason.Expired, now);
        return long.MaxValue;
    }

    private void BeginEnding(ulong from, ulong to, EndReason reason, Instant now)
    {
        _ending.Add(from, to);
        _node.Do(new MessagesEnded(_stream.Key, from, to - 1, reason, Settled: false));
        _stream.Channel?.OnEnding(from, to, now);
    }

    private bool TryEnd(ulong from, ulong to, EndReason reason)
    {
        bool joins = from <= _stream.Base || _stream.EndedAbove.Contains(from - 1, from) || _stream.EndedAbove.Contains(to, to + 1);
        if (!joins && _stream.EndedAbove.Count >= BoundItem.GapsMax)
            return false;
        // The count goes first: a crash between the two leaves it to Recover to release what is counted.
        _ended.Add(from, to, reason);
        PutEnds();
        long used = _node.Buffer.UsedBytes(StreamDirection.Outgoing);
        bool released = _node.Buffer.TryRelease(_stream.Stored, from, to, out ulong ticket);
        _stream.OnUsed(used);
        if (!released)
        {
            TakeBack(from, to, reason);
            return false;
        }
        _ending.Remove(from, to);
        _node.Do(new MessagesEnded(_stream.Key, from, to - 1, reason, Settled: true));
        _stream.OnEnded(from, to, reason, ticket);
        return true;
    }

    private void TakeBack(ulong from, ulong to, EndReason reason)
    {
        _ended.Remove(from, to, reason);
        PutEnds();
    }

    private void PutEnds()
    {
        if (!_node.Has(NodeFaults.EndsNotCounted))
            PipeFacts.PutEnds(_node.Buffer, _stream.Pipe.Name, _stream.Lane, _ended.Write());
    }

    // One search is a millisecond on a small board; others want the loop too.
    private const int BlocksAtOnce = 2;
    private const long RetryMs = 1_000;
    private const long TurnMs = 60_000;

    // Messages of a second end together, in one word to their receiver.
    private static readonly TimeSpan Granularity = TimeSpan.FromMilliseconds(200);
}
