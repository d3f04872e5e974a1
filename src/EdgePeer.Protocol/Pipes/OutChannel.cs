using EdgePeer.Protocol.Sessions;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>
/// A stream bound to its endpoint in one session: what of it is on the way, how far the receiver lets it go, and when to ask
/// what has become of it.
/// </summary>
internal sealed class OutChannel(NodeContext node, Session session, OutStream stream, int number)
{
    private readonly SequenceWindow<OutMessage> _window = new(0);
    private readonly SortedSet<ulong> _again = [];
    private readonly KeptAhead _keptAhead = new();
    private readonly ConsumedWatch _watch = new(session, number);
    private readonly ByteCredit _credit = new(node);
    private readonly SkipTeller _skips = new(session, stream, number);
    private int _messageBytesMax = int.MaxValue;
    private ulong _askNumber;
    private Instant _askedAt;
    private int _asksInVain;
    private ulong _boundNext;
    private Path? _toldOn;
    private ulong _toldNext;
    private bool _warned;
    private ulong _keptTold;

    // The message that is to be begun next, looked at more often than it is begun.
    private StampedMessage? _peeked;

    public OutStream Stream { get; } = stream;

    public Session Session { get; } = session;

    public int Number { get; } = number;

    public ChannelState State { get; private set; }

    /// <summary>All below has been sent once in this session.</summary>
    public ulong SentNext => _window.End;

    /// <summary>The receiver has no room for what comes next.</summary>
    public bool Blocked => _credit.BlockedAt != Instant.Never;

    public void Bind()
    {
        Span<byte> body = stackalloc byte[256];
        var writer = new WireWriter(body);
        var key = Stream.Key;
        new BindItem(Number, key.Lane, key.Incarnation, Stream.FirstSequence, Stream.SendableNext, key.Pipe, Stream.Pipe.Endpoint).Write(ref writer);
        Session.Say(ItemKind.Bind, writer.Written);
    }

    public void OnBound(in BoundItem bound, Instant now)
    {
        if (State != ChannelState.Bound)
        {
            State = ChannelState.Bound;
            _messageBytesMax = bound.MessageBytesMax;
            _boundNext = bound.Next;
            if (Stream.Turns is null)
                foreach (var gap in bound.Gaps)
                    Stream.Ends.OnGapThere(gap, now);
            // What it tells neither as a gap nor as missing, it has kept.
            _window.Reset(Math.Max(Math.Min(bound.Next, Stream.Ends.FirstEndingOf(bound.Gaps)), Stream.FirstSequence));
            Stream.OnKept(_window.Base);
            // What ended since the binding was said; or the receiver has forgotten what it had kept.
            if (bound.Next < _window.Base)
                _skips.Say(bound.Next, _window.Base, now);
            _askedAt = now;
            _skips.SayAll(now);
        }
        else
        {
            Keep(bound.Next);
        }
        Stream.OnConsumed(bound.Consumed);
        OnWindow(bound.Next, bound.Window);
        _watch.Add(Stream.LastWatched(_window.End));
        _watch.Say();
    }

    public void Refuse() => State = ChannelState.Refused;

    public bool CanSend(Instant now) =>
        State == ChannelState.Bound && (HasAgain() || LastGoesOn(now) || CanBegin(now, out _));

    /// <summary>The next piece that fits, marked as sent.</summary>
    /// <param name="room">Bytes for the item's fields and the piece.</param>
    public bool TryTakePiece(int room, Instant now, out SentPiece piece, out int totalBytes)
    {
        piece = default;
        totalBytes = 0;
        if (State != ChannelState.Bound)
            return false;
        if (HasAgain())
            return TryTake(_again.Min, room, out piece, out totalBytes);
        if (LastGoesOn(now))
            return TryTake(_window.End - 1, room, out piece, out totalBytes);
        while (CanBegin(now, out int bytes))
        {
            var message = Begin(bytes);
            if (_credit.MaySend(message))
                return TryTake(_window.End - 1, room, out piece, out totalBytes);
            // What is kept of it may reach further than the receiver allows as yet.
            if (message.NeedsSending)
                return false;
        }
        return false;
    }

    public void OnPieceHeard(in SentPiece piece, bool wasLost, Instant now)
    {
        if (!_window.TryGet(piece.Sequence, out var message))
            return;
        message.HeardAt = now;
        if (!wasLost)
            message.InFlight--;
        else if (!message.Kept)
            message.OnLateHeard(piece.Offset, piece.Length);
    }

    public void OnPieceLost(in SentPiece piece, Instant now)
    {
        if (!_window.TryGet(piece.Sequence, out var message))
            return;
        message.InFlight--;
        if (message.Kept)
            return;
        message.OnLost(piece.Offset, piece.Length);
        NoteAgain(piece.Sequence, message);
    }

    /// <summary>A piece that was to be sent did not read back; it counts as lost on the way.</summary>
    public void OnUnreadable(ulong sequence, Instant now)
    {
        if (State == ChannelState.Bound && _window.TryGet(sequence, out var message) && message is { Kept: false, Ending: false } && Stream.Ends.TryGiveUp(Stream.NumberOf(sequence), now))
            PassLost(sequence, now);
    }

    /// <param name="inOrder">The path it came by; null when a later packet had come there before it.</param>
    /// <returns>False when the item's walk met something illegal.</returns>
    public bool OnKept(ref KeptItem kept, Path? inOrder, Instant now)
    {
        if (State != ChannelState.Bound || kept.Next > Stream.EndSequence)
            return true;
        if (inOrder is not null)
            (_toldOn, _toldNext) = (inOrder, kept.Next);
        bool progress = Keep(kept.Next);
        progress |= OnWindow(kept.Next, kept.Window);
        while (kept.TryNextRun(out var run))
        {
            _keptAhead.OnRun(Math.Max(run.First, _window.End), run.Last);
            for (ulong sequence = Math.Max(run.First, _window.Base); sequence <= run.Last && sequence < _window.End; sequence++)
                if (!_window[sequence].Kept)
                {
                    _window[sequence].Kept = true;
                    Stream.Ends.OnKept(sequence, sequence + 1);
                    _again.Remove(sequence);
                    progress = true;
                }
        }
        while (kept.TryNextPart(out ulong sequence, out var range))
            if (_window.TryGet(sequence, out var message) && range.End <= message.TotalBytes)
            {
                message.OnPartKept(range.Offset, range.Length);
                if (!message.NeedsSending)
                    _again.Remove(sequence);
            }
            else if (sequence >= _window.End)
            {
                _keptAhead.OnPart(sequence, range);
            }
        progress |= ReleaseKeptFront();
        if (progress)
            _asksInVain = 0;
        if (kept.Answers != 0 && kept.Answers == _askNumber)
            SendRefusedAgain();
        return !kept.Failed;
    }

    /// <summary>
    /// The low byte is read from the last word of this path on. What is kept only grows and words of one path are read in order, so that
    /// less than is kept may come out of it after lost words, and never more.
    /// </summary>
    public void OnShortKept(in ShortKeptItem kept, Path path)
    {
        ulong next = LowByte.Expand(kept.Next, path == _toldOn ? _toldNext : _boundNext);
        if (State != ChannelState.Bound || next > Stream.EndSequence)
            return;
        (_toldOn, _toldNext) = (path, next);
        if (Keep(next) | ReleaseKeptFront())
            _asksInVain = 0;
        if (kept.ButOneConsumed && next > 0)
            Stream.OnConsumed(next - 1);
    }

    /// <summary>Messages of [from, to), which may have been sent, are to end: the receiver is asked what it has of them.</summary>
    public void OnEnding(ulong from, ulong to, Instant now)
    {
        if (State != ChannelState.Bound)
            return;
        for (ulong sequence = Math.Max(from, _window.Base); sequence < to && sequence < _window.End; sequence++)
            if (!_window[sequence].Kept)
            {
                _window[sequence].Ending = true;
                _again.Remove(sequence);
            }
        _skips.Say(from, to, now);
    }

    /// <summary>Messages of [from, to) have ended and been released.</summary>
    public void OnEnded(ulong from, ulong to)
    {
        for (ulong sequence = Math.Max(from, _window.Base); sequence < to && sequence < _window.End; sequence++)
        {
            _window[sequence].Kept = true;
            _again.Remove(sequence);
        }
    }

    public void OnSkipped(in SkippedItem skipped)
    {
        if (State != ChannelState.Bound || skipped.Last >= Stream.EndSequence)
            return;
        foreach (var run in skipped.Kept)
            for (ulong sequence = Math.Max(run.First, _window.Base); sequence <= run.Last && sequence < _window.End; sequence++)
                _window[sequence].Kept = true;
        Stream.Ends.OnSkipped(skipped);
        ReleaseKeptFront();
        Keep(_keptTold);
        ReleaseKeptFront();
        _skips.OnAnswered();
    }

    /// <summary>A caller waits until that message, which may have been sent, is consumed.</summary>
    public void OnWatched(ulong sequence)
    {
        if (State != ChannelState.Bound || sequence >= _window.End)
            return;
        _watch.Add(sequence);
        _watch.Say();
    }

    /// <summary>Asks to be told of what callers wait for.</summary>
    public void SayWatch() => _watch.Say();

    /// <summary>When to ask what has become of what was heard, or of the closed window.</summary>
    public Instant AskAt
    {
        get
        {
            if (State != ChannelState.Bound || Session.Active is not { } path)
                return Instant.Never;
            Instant since;
            var front = _window.Count > 0 ? _window[_window.Base] : null;
            if (front is { OnlyHeard: true })
            {
                if (node.Has(NodeFaults.HeardNotKeptNeverAsked))
                    return Instant.Never;
                since = front.HeardAt;
            }
            else if (_credit.BlockedAt != Instant.Never && (front is null || (front.InFlight == 0 && !_credit.MaySend(front))))
            {
                if (node.Has(NodeFaults.WindowUpdateLost))
                    return Instant.Never;
                since = _credit.BlockedAt;
            }
            else
            {
                return Instant.Never;
            }
            var wait = (Session.SyncWindowThere + path.Timeout(AskBytes)) * (1 << Math.Min(_asksInVain, 10));
            return Instant.Later(since, _askedAt) + RoundTrip.Min(wait, AskBackoffMax);
        }
    }

    /// <summary>When to tell again what is to be skipped.</summary>
    public Instant SkipAt => State == ChannelState.Bound && Session.Active is not null ? _skips.At : Instant.Never;

    public void OnDeadline(Instant now)
    {
        if (SkipAt <= now)
            _skips.OnDeadline(now);
        if (AskAt > now)
            return;
        _askedAt = now;
        _asksInVain++;
        Span<byte> body = stackalloc byte[16];
        var writer = new WireWriter(body);
        new AskItem(Number, ++_askNumber).Write(ref writer);
        Session.Say(ItemKind.Ask, writer.Written);
    }

    private bool HasAgain()
    {
        while (_again.Count > 0)
        {
            ulong first = _again.Min;
            if (_window.TryGet(first, out var message) && _credit.MaySend(message))
                return true;
            _again.Remove(first);
        }
        return false;
    }

    /// <summary>The message begun last has more bytes to send, and the receiver allows some of them.</summary>
    private bool LastGoesOn(Instant now)
    {
        if (_window.Count == 0 || !_window[_window.End - 1].NeedsSending)
            return false;
        return _credit.MaySend(_window[_window.End - 1]) || _credit.Block(now);
    }

    /// <summary>The next message may be begun.</summary>
    private bool CanBegin(Instant now, out int totalBytes)
    {
        totalBytes = 0;
        Stream.PrepareSending(_window.End, now);
        if (_window.End >= Stream.SendableNext || _window.Count >= Limits.WindowMessagesMax || (_window.Count > 0 && _window[_window.End - 1].NeedsSending))
            return false;
        if (!TryPassEnded(now, out var found) || !Stream.MaySend(_window.End))
            return false;
        totalBytes = found.TotalBytes;
        // What is on the way cannot be dropped: half of such a pipe can.
        if (Stream.Pipe.Options.WhenFull == WhenFull.DropOldest && _window.Count > 0 && _credit.Next - _window[_window.Base].CostStart + totalBytes > Stream.Pipe.CapacityBytes / 2)
            return false;
        if (totalBytes > _messageBytesMax)
            Warn($"message {_window.End} of {Stream.Key} has {totalBytes} bytes, and the journal of {Session.Name} can never keep more than {_messageBytesMax}: give that peer a larger journal.capacity");
        return _credit.MayBegin(totalBytes, now);
    }

    /// <summary>Passes by what has ended before its turn came, to the next message that is to be sent.</summary>
    /// <returns>False when there is none as yet.</returns>
    private bool TryPassEnded(Instant now, out StampedMessage next)
    {
        next = default;
        while (_window.End < Stream.SendableNext && _window.Count < Limits.WindowMessagesMax)
        {
            if (!TryPassGap(now))
                return false;
            ulong sequence = _window.End;
            if (sequence >= Stream.SendableNext)
                return false;
            if (Stream.Turns is null && Stream.Ends.IsEnding(sequence))
            {
                _window.Add(new OutMessage(0, _credit.Next) { Ending = true });
                continue;
            }
            if (_peeked?.Sequence != sequence)
            {
                if (!Stream.TryReadToSend(sequence, out var read))
                {
                    if (!Stream.Ends.TryGiveUp(Stream.NumberOf(sequence), now))
                        return false;
                    PassLost(sequence, now);
                    continue;
                }
                _peeked = read with { Sequence = sequence };
            }
            next = _peeked.Value;
            // What has been given its turn is delivered, be it late: what has not ends without one.
            if (Stream.Turns is not null)
                return true;
            if (!(next.ExpiresAtMs <= node.Clock.Now(now)))
                return true;
            else if (sequence < Stream.Ends.Mark.SentTo)
                Stream.Ends.BeginEnding(sequence, now);
            else if (!Stream.Ends.TryExpireUnsent(sequence))
                return false;
        }
        return false;
    }

    /// <summary>A turn was given to a message that is given up: its receiver is to pass it by.</summary>
    private void PassLost(ulong sequence, Instant now)
    {
        if (Stream.Turns is null)
            return;
        _skips.Say(sequence, sequence + 1, now);
        if (_window.TryGet(sequence, out var message))
            message.Kept = true;
        else
            _window.Add(new OutMessage(0, _credit.Next) { Kept = true });
        _again.Remove(sequence);
    }

    /// <summary>A gap before the next message is told, and takes its place in the window.</summary>
    private bool TryPassGap(Instant now)
    {
        if (_window.Count == 0 && _window.Base < Stream.FirstSequence)
            PassTo(Stream.FirstSequence, now);
        ulong end = Stream.PassEnded(_window.End);
        if (end == _window.End)
            return true;
        if (_window.Count == 0)
        {
            PassTo(end, now);
            return true;
        }
        // A long gap waits until all before it is kept: no memory for messages that are not there.
        if (end - _window.End + (ulong)_window.Count > PassedMax)
            return false;
        _skips.Say(_window.End, end, now);
        while (_window.End < end)
            _window.Add(new OutMessage(0, _credit.Next) { Kept = true });
        return true;
    }

    private void PassTo(ulong end, Instant now)
    {
        if (end > _boundNext)
            _skips.Say(Math.Max(_window.Base, _boundNext), end, now);
        _window.Reset(end);
    }

    /// <summary>The next message enters the window, less what the receiver has kept of it in an earlier session.</summary>
    private OutMessage Begin(int totalBytes)
    {
        var message = new OutMessage(totalBytes, _credit.Next);
        _keptAhead.Take(_window.End, message);
        if (Stream.IsWatched(_window.End))
            _watch.Add(_window.End);
        Stream.OnSent(_window.End);
        _window.Add(message);
        _credit.Take(totalBytes);
        return message;
    }

    private bool TryTake(ulong sequence, int room, out SentPiece piece, out int totalBytes)
    {
        piece = default;
        var message = _window[sequence];
        totalBytes = message.TotalBytes;
        if (totalBytes == 0)
        {
            if (room < MessageItem.MessageHeadBytes(Number, sequence))
                return false;
            piece = new SentPiece(this, sequence, 0, 0);
        }
        else
        {
            var (start, end) = message.Unsent.First;
            int offset = (int)start, length = (int)Math.Min((long)end, _credit.AllowedEnd(message)) - offset;
            bool whole = offset == 0 && length == totalBytes && room >= MessageItem.MessageHeadBytes(Number, sequence) + length;
            int fits = room - MessageItem.RangeHeadBytes(Number, sequence, totalBytes, offset);
            if (!whole && fits < Math.Min(length, PieceBytesMin))
                return false;
            piece = new SentPiece(this, sequence, offset, whole ? length : Math.Min(length, fits));
        }
        message.OnSent(piece.Offset, piece.Length);
        return true;
    }

    /// <summary>The receiver's cursor is there. It passes over what it has skipped, so that nothing counts as kept that waits to be settled.</summary>
    private bool Keep(ulong next)
    {
        _keptTold = Math.Max(_keptTold, next);
        return KeepBelow(node.Has(NodeFaults.ExpiredWithoutSettling) ? next : Math.Min(next, Stream.Ends.FirstEnding(_window.Base)));
    }

    /// <returns>True when some of it is news.</returns>
    private bool KeepBelow(ulong next)
    {
        if (next <= _window.Base)
            return false;
        while (_window.Count > 0 && _window.Base < next)
        {
            _again.Remove(_window.Base);
            _window.RemoveFirst();
        }
        if (_window.Base < next)
            _window.Reset(next);
        Stream.OnKept(next);
        return true;
    }

    /// <summary>What a run told as kept may have become the front: it counts as kept, though the word of it was lost.</summary>
    private bool ReleaseKeptFront()
    {
        ulong before = _window.Base;
        while (_window.Count > 0 && _window[_window.Base].Kept)
            _window.RemoveFirst();
        Stream.OnKept(_window.Base);
        return _window.Base != before;
    }

    private void NoteAgain(ulong sequence, OutMessage message)
    {
        node.Counts.Retransmissions++;
        Stream.SentAgain++;
        if (message.NeedsSending)
            _again.Add(sequence);
    }

    /// <summary>The receiver has answered: what was heard before the question and is not kept was refused there.</summary>
    private void SendRefusedAgain()
    {
        for (ulong sequence = _window.Base; sequence < _window.End; sequence++)
        {
            var message = _window[sequence];
            if (!message.MayBeRefused || message.HeardAt >= _askedAt)
                continue;
            message.SendAgain();
            if (message.NeedsSending)
            {
                node.Counts.HeardNotKept++;
                NoteAgain(sequence, message);
            }
        }
    }

    /// <returns>True when the window grew.</returns>
    private bool OnWindow(ulong next, byte window)
    {
        if (next < _window.Base)
            return false;
        return _credit.OnWindow(_window.TryGet(next, out var message) ? message.CostStart : _credit.Next, window);
    }

    private bool Warn(string text)
    {
        if (!_warned)
            node.Report(ReportKind.Warning, text);
        _warned = true;
        return false;
    }

    // A shorter piece of a longer range costs more than waiting for the next frame.
    private const int PieceBytesMin = 32;
    private const int AskBytes = 40;

    // Each message of a gap takes a place in the window, some hundred bytes.
    private const ulong PassedMax = 2_048;
    private static readonly TimeSpan AskBackoffMax = TimeSpan.FromSeconds(30);
}
