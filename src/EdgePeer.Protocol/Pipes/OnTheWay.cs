using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>
/// What of a lane is on the way in one session: messages that were begun and are not told as kept, in order, which of them are to be sent again, and
/// what the receiver has told of later ones.
/// </summary>
internal sealed class OnTheWay(NodeContext node, OutStream stream)
{
    private readonly SequenceWindow<OutMessage> _messages = new(0);
    private readonly SortedSet<ulong> _again = [];
    private readonly KeptAhead _keptAhead = new();

    /// <summary>All below is kept, or has ended.</summary>
    public ulong Base => _messages.Base;

    /// <summary>All below has been begun in this session.</summary>
    public ulong End => _messages.End;

    public int Count => _messages.Count;

    public OutMessage? Front => Count > 0 ? _messages[Base] : null;

    public OutMessage? Last => Count > 0 ? _messages[End - 1] : null;

    public OutMessage this[ulong sequence] => _messages[sequence];

    public bool TryGet(ulong sequence, out OutMessage message) => _messages.TryGet(sequence, out message);

    /// <summary>Nothing is on the way, and what is begun next has that sequence.</summary>
    public void Reset(ulong sequence) => _messages.Reset(sequence);

    /// <summary>The next message, less what the receiver has kept of it in an earlier session.</summary>
    public OutMessage Begin(int totalBytes, long costStart)
    {
        var message = new OutMessage(totalBytes, costStart);
        _keptAhead.Take(End, message);
        _messages.Add(message);
        return message;
    }

    /// <summary>The next message is not to be sent.</summary>
    /// <param name="ending">Its receiver is to say first whether it has it; else it has ended.</param>
    public void Pass(long costStart, bool ending) => _messages.Add(new OutMessage(0, costStart) { Ending = ending, Kept = !ending });

    /// <summary>The first message that is to be sent again, and that the receiver allows.</summary>
    public bool TryFirstAgain(ByteCredit credit, out ulong first)
    {
        for (first = 0; _again.Count > 0; _again.Remove(first))
        {
            first = _again.Min;
            if (_messages.TryGet(first, out var message) && credit.MaySend(message))
                return true;
        }
        return false;
    }

    public void OnHeard(ulong sequence, int offset, int length, bool wasLost, Instant now)
    {
        if (!_messages.TryGet(sequence, out var message))
            return;
        message.HeardAt = now;
        if (!wasLost)
            message.InFlight--;
        else if (!message.Kept)
            message.OnLateHeard(offset, length);
    }

    public void OnLost(ulong sequence, int offset, int length)
    {
        if (!_messages.TryGet(sequence, out var message))
            return;
        message.InFlight--;
        if (message.Kept)
            return;
        message.OnLost(offset, length);
        NoteAgain(sequence, message);
    }

    /// <returns>True when some of it is news.</returns>
    public bool OnKept(in NumberRange run)
    {
        bool news = false;
        _keptAhead.OnRun(Math.Max(run.First, End), run.Last);
        for (ulong sequence = Math.Max(run.First, Base); sequence <= run.Last && sequence < End; sequence++)
            if (!_messages[sequence].Kept)
            {
                stream.Ends.OnKept(sequence, sequence + 1);
                SetKept(sequence);
                news = true;
            }
        return news;
    }

    public void OnPartKept(ulong sequence, in ByteRange range)
    {
        if (_messages.TryGet(sequence, out var message) && range.End <= message.TotalBytes)
        {
            message.OnPartKept(range.Offset, range.Length);
            if (!message.NeedsSending)
                _again.Remove(sequence);
        }
        else if (sequence >= End)
        {
            _keptAhead.OnPart(sequence, range);
        }
    }

    /// <summary>Messages of [from, to) are to end: no more of them is sent until the receiver has said what it has.</summary>
    public void OnEnding(ulong from, ulong to)
    {
        for (ulong sequence = Math.Max(from, Base); sequence < to && sequence < End; sequence++)
            if (!_messages[sequence].Kept)
            {
                _messages[sequence].Ending = true;
                _again.Remove(sequence);
            }
    }

    /// <summary>Messages of [from, to) need no more of this: they are kept, or have ended.</summary>
    public void SetKept(ulong from, ulong to)
    {
        for (ulong sequence = Math.Max(from, Base); sequence < to && sequence < End; sequence++)
            SetKept(sequence);
    }

    /// <summary>All below is kept.</summary>
    /// <returns>True when some of it is news.</returns>
    public bool KeepBelow(ulong next)
    {
        if (next <= Base)
            return false;
        while (Count > 0 && Base < next)
        {
            _again.Remove(Base);
            _messages.RemoveFirst();
        }
        if (Base < next)
            _messages.Reset(next);
        stream.OnKept(next);
        return true;
    }

    /// <summary>What a run told as kept may have become the front: it counts as kept, though the word of it was lost.</summary>
    public bool ReleaseKeptFront()
    {
        ulong before = Base;
        while (Front is { Kept: true })
            _messages.RemoveFirst();
        stream.OnKept(Base);
        return Base != before;
    }

    /// <summary>The receiver has answered what was asked then: what was heard before and is not kept was refused there.</summary>
    public void SendRefusedAgain(Instant askedAt)
    {
        for (ulong sequence = Base; sequence < End; sequence++)
        {
            var message = _messages[sequence];
            if (!message.MayBeRefused || message.HeardAt >= askedAt)
                continue;
            message.SendAgain();
            if (message.NeedsSending)
            {
                node.Counts.HeardNotKept++;
                NoteAgain(sequence, message);
            }
        }
    }

    private void SetKept(ulong sequence)
    {
        _messages[sequence].Kept = true;
        _again.Remove(sequence);
    }

    private void NoteAgain(ulong sequence, OutMessage message)
    {
        node.Counts.Retransmissions++;
        stream.SentAgain++;
        if (message.NeedsSending)
            _again.Add(sequence);
    }
}
