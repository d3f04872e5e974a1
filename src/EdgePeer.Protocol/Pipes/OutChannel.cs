using EdgePeer.Protocol.Sessions;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>
/// A stream bound to its endpoint in one session: what is sent of it, as far as the receiver lets it go, and what the receiver says of that.
/// </summary>
internal sealed class OutChannel
{
    private readonly NodeContext _node;
    private readonly OnTheWay _onTheWay;
    private readonly NextMessage _next;
    private readonly KeptQuestion _question;
    private readonly ConsumedWatch _watch;
    private readonly ByteCredit _credit;
    private readonly SkipTeller _skips;
    private int _messageBytesMax = int.MaxValue;
    private Path? _toldOn;
    private ulong _toldNext;
    private bool _warned;
    private ulong _keptTold;

    public OutChannel(NodeContext node, Session session, OutStream stream, int number)
    {
        _node = node;
        Stream = stream;
        Session = session;
        Number = number;
        _onTheWay = new OnTheWay(node, stream);
        _credit = new ByteCredit(node);
        _skips = new SkipTeller(session, stream, number);
        _watch = new ConsumedWatch(session, number);
        _next = new NextMessage(node, stream, _onTheWay, _credit, _skips);
        _question = new KeptQuestion(node, session, _onTheWay, _credit, number);
    }

    public OutStream Stream { get; }

    public Session Session { get; }

    public int Number { get; }

    public ChannelState State { get; private set; }

    /// <summary>All below has been sent once in this session.</summary>
    public ulong SentNext => _onTheWay.End;

    /// <summary>The receiver has no room for what comes next.</summary>
    public bool Blocked => _credit.BlockedAt != Instant.Never;

    public void Bind()
    {
        Span<byte> body = stackalloc byte[256];
        var writer = new WireWriter(body);
        var key = Stream.Key;
        new BindItem(Number, key.Lane, key.Incarnation, Stream.FirstSequence, Stream.SendableNext, key.Pipe, Stream.Pipe.Endpoint, Stream.Lives.Current).Write(ref writer);
        Session.Say(ItemKind.Bind, writer.Written);
    }

    public void OnBound(in BoundItem bound, Instant now)
    {
        if (State != ChannelState.Bound)
        {
            State = ChannelState.Bound;
            _messageBytesMax = bound.MessageBytesMax;
            _next.BoundNext = bound.Next;
            if (Stream.Turns is null)
                foreach (var gap in bound.Gaps)
                    Stream.Ends.OnGapThere(gap, now);
            // What it tells neither as a gap nor as missing, it has kept.
            _onTheWay.Reset(Math.Max(Math.Min(bound.Next, Stream.Ends.FirstEndingOf(bound.Gaps)), Stream.FirstSequence));
            Stream.OnKept(_onTheWay.Base);
            // What ended since the binding was said; or the receiver has forgotten what it had kept.
            if (bound.Next < _onTheWay.Base)
                _skips.Say(bound.Next, _onTheWay.Base, now);
            _question.OnBound(now);
            _skips.SayAll(now);
        }
        else
        {
            Keep(bound.Next);
        }
        Stream.OnConsumed(bound.Consumed);
        OnWindow(bound.Next, bound.Window);
        _watch.Add(Stream.LastWatched(_onTheWay.End));
        _watch.Say();
    }

    public void Refuse() => State = ChannelState.Refused;

    public bool CanSend(Instant now) =>
        State == ChannelState.Bound && (_onTheWay.TryFirstAgain(_credit, out _) || LastGoesOn(now) || CanBegin(now, out _));

    /// <summary>The next piece that fits, marked as sent.</summary>
    /// <param name="room">Bytes for the item's fields and the piece.</param>
    public bool TryTakePiece(int room, Instant now, out SentPiece piece, out int totalBytes)
    {
        piece = default;
        totalBytes = 0;
        if (State != ChannelState.Bound)
            return false;
        if (_onTheWay.TryFirstAgain(_credit, out ulong again))
            return TryTake(again, room, out piece, out totalBytes);
        if (LastGoesOn(now))
            return TryTake(_onTheWay.End - 1, room, out piece, out totalBytes);
        while (CanBegin(now, out int bytes))
        {
            var message = Begin(bytes);
            if (_credit.MaySend(message))
                return TryTake(_onTheWay.End - 1, room, out piece, out totalBytes);
            // What is kept of it may reach further than the receiver allows as yet.
            if (message.NeedsSending)
                return false;
        }
        return false;
    }

    public void OnPieceHeard(in SentPiece piece, bool wasLost, Instant now) => _onTheWay.OnHeard(piece.Sequence, piece.Offset, piece.Length, wasLost, now);

    public void OnPieceLost(in SentPiece piece, Instant now) => _onTheWay.OnLost(piece.Sequence, piece.Offset, piece.Length);

    /// <summary>A piece that was to be sent did not read back; it counts as lost on the way.</summary>
    public void OnUnreadable(ulong sequence, Instant now)
    {
        if (State == ChannelState.Bound && _onTheWay.TryGet(sequence, out var message) && message is { Kept: false, Ending: false } && Stream.Ends.TryGiveUp(Stream.NumberOf(sequence), now))
            _next.PassLost(sequence, now);
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
            progress |= _onTheWay.OnKept(run);
        while (kept.TryNextPart(out ulong sequence, out var range))
            _onTheWay.OnPartKept(sequence, range);
        progress |= _onTheWay.ReleaseKeptFront();
        if (progress)
            _question.OnProgress();
        if (_question.IsAnsweredBy(kept))
            _onTheWay.SendRefusedAgain(_question.AskedAt);
        return !kept.Failed;
    }

    /// <summary>
    /// The low byte is read from the last word of this path on. What is kept only grows and words of one path are read in order, so that
    /// less than is kept may come out of it after lost words, and never more.
    /// </summary>
    public void OnShortKept(in ShortKeptItem kept, Path path)
    {
        ulong next = LowByte.Expand(kept.Next, path == _toldOn ? _toldNext : _next.BoundNext);
        if (State != ChannelState.Bound || next > Stream.EndSequence)
            return;
        (_toldOn, _toldNext) = (path, next);
        if (Keep(next) | _onTheWay.ReleaseKeptFront())
            _question.OnProgress();
        if (kept.ButOneConsumed && next > 0)
            Stream.OnConsumed(next - 1);
    }

    /// <summary>Messages of [from, to), which may have been sent, are to end: the receiver is asked what it has of them.</summary>
    public void OnEnding(ulong from, ulong to, Instant now)
    {
        if (State != ChannelState.Bound)
            return;
        _onTheWay.OnEnding(from, to);
        _skips.Say(from, to, now);
    }

    /// <summary>Messages of [from, to) have ended and been released.</summary>
    public void OnEnded(ulong from, ulong to) => _onTheWay.SetKept(from, to);

    public void OnSkipped(in SkippedItem skipped)
    {
        if (State != ChannelState.Bound || skipped.Last >= Stream.EndSequence)
            return;
        foreach (var run in skipped.Kept)
            _onTheWay.SetKept(run.First, run.Last + 1);
        Stream.Ends.OnSkipped(skipped);
        _onTheWay.ReleaseKeptFront();
        Keep(_keptTold);
        _onTheWay.ReleaseKeptFront();
        _skips.OnAnswered();
    }

    /// <summary>A caller waits until that message, which may have been sent, is consumed.</summary>
    public void OnWatched(ulong sequence)
    {
        if (State != ChannelState.Bound || sequence >= _onTheWay.End)
            return;
        _watch.Add(sequence);
        _watch.Say();
    }

    /// <summary>Asks to be told of what callers wait for.</summary>
    public void SayWatch() => _watch.Say();

    /// <summary>When to ask what has become of what was heard, or of the closed window.</summary>
    public Instant AskAt => State == ChannelState.Bound ? _question.At : Instant.Never;

    /// <summary>When to tell again what is to be skipped.</summary>
    public Instant SkipAt => State == ChannelState.Bound && Session.Active is not null ? _skips.At : Instant.Never;

    public void OnDeadline(Instant now)
    {
        if (SkipAt <= now)
            _skips.OnDeadline(now);
        if (AskAt <= now)
            _question.Ask(now);
    }

    /// <summary>The message begun last has more bytes to send, and the receiver allows some of them.</summary>
    private bool LastGoesOn(Instant now)
    {
        if (_onTheWay.Last is not { NeedsSending: true } last)
            return false;
        return _credit.MaySend(last) || _credit.Block(now);
    }

    /// <summary>The next message may be begun.</summary>
    private bool CanBegin(Instant now, out int totalBytes)
    {
        totalBytes = 0;
        Stream.PrepareSending(_onTheWay.End, now);
        if (_onTheWay.End >= Stream.SendableNext || _onTheWay.Count >= Limits.WindowMessagesMax || _onTheWay.Last is { NeedsSending: true })
            return false;
        if (!_next.TryFind(now, out var found) || !Stream.MaySend(_onTheWay.End))
            return false;
        totalBytes = found.TotalBytes;
        // What is on the way cannot be dropped: half of such a pipe can.
        if (Stream.Pipe.Options.WhenFull == WhenFull.DropOldest && _onTheWay.Front is { } front && _credit.Next - front.CostStart + totalBytes > Stream.Pipe.CapacityBytes / 2)
            return false;
        if (totalBytes > _messageBytesMax)
            Warn($"message {_onTheWay.End} of {Stream.Key} has {totalBytes} bytes, and the journal of {Session.Name} can never keep more than {_messageBytesMax}: give that peer a larger journal.capacity");
        return _credit.MayBegin(totalBytes, now);
    }

    private OutMessage Begin(int totalBytes)
    {
        ulong sequence = _onTheWay.End;
        if (Stream.IsWatched(sequence))
            _watch.Add(sequence);
        Stream.OnSent(sequence);
        var message = _onTheWay.Begin(totalBytes, _credit.Next);
        _credit.Take(totalBytes);
        return message;
    }

    private bool TryTake(ulong sequence, int room, out SentPiece piece, out int totalBytes)
    {
        piece = default;
        var message = _onTheWay[sequence];
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
        return _onTheWay.KeepBelow(_node.Has(NodeFaults.ExpiredWithoutSettling) ? next : Math.Min(next, Stream.Ends.FirstEnding(_onTheWay.Base)));
    }

    /// <returns>True when the window grew.</returns>
    private bool OnWindow(ulong next, byte window)
    {
        if (next < _onTheWay.Base)
            return false;
        return _credit.OnWindow(_onTheWay.TryGet(next, out var message) ? message.CostStart : _credit.Next, window);
    }

    private bool Warn(string text)
    {
        if (!_warned)
            _node.Report(ReportKind.Warning, text);
        _warned = true;
        return false;
    }

    // A shorter piece of a longer range costs more than waiting for the next frame.
    private const int PieceBytesMin = 32;
}
