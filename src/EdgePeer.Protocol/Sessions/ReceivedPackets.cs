using EdgePeer.Wire;

namespace EdgePeer.Protocol.Sessions;

/// <summary>Which packets of a path have come, and when the other end must be told.</summary>
internal sealed class ReceivedPackets
{
    private readonly RangeSet _numbers = new();
    private ulong _floor;
    private Instant _largestAt;
    private int _untold;
    private ulong _toldNext;
    private ulong _shortUntil;

    /// <summary>One past the highest number; what the next truncated number is measured from.</summary>
    public ulong Expected => _numbers.IsEmpty ? 0 : _numbers.Last.End;

    /// <summary>When <see cref="HeardItem"/> becomes due; never while nothing asks for it, or it is.</summary>
    public Instant TellAt { get; private set; } = Instant.Never;

    /// <summary>The other end must be told with the next frame.</summary>
    public bool TellDue { get; private set; }

    /// <summary>Something asks to be told; it may ride with any frame.</summary>
    public bool Untold => TellDue || TellAt != Instant.Never;

    /// <summary>
    /// Nobody asked, and so many have come since the last word that it is worth taking along: the other end sends the fewer bytes of its
    /// numbers the closer it knows them to be heard.
    /// </summary>
    public bool WorthTelling => Untold || Expected >= _toldNext + UnaskedMax;

    /// <summary>A <see cref="ShortKeptItem"/> can tell the run, and the other end has a whole word to read it against.</summary>
    public bool CanTellShort => Expected < _shortUntil && (_numbers.Last.Start == 0 || _numbers.Last.End - _numbers.Last.Start >= ShortKeptItem.RunLength);

    public bool Any => !_numbers.IsEmpty;

    public bool IsNew(ulong number) => number >= _floor && !_numbers.Contains(number, number + 1);

    /// <param name="asks">The packet asks to be heard of.</param>
    /// <param name="holdBack">How long the answer may wait for company.</param>
    public void Add(ulong number, bool asks, TimeSpan holdBack, Instant now)
    {
        bool inOrder = number == Expected;
        if (number >= Expected)
            _largestAt = now;
        _numbers.Add(number, number + 1);
        while (_numbers.Count > Limits.ReceivedRunsMax)
        {
            _floor = _numbers.First.End;
            _numbers.RemoveFirst();
        }
        if (!asks)
            return;
        _untold++;
        if (!inOrder || _untold >= UntoldMax)
            SetDue();
        else if (!TellDue)
            TellAt = Instant.Earlier(TellAt, now + holdBack);
    }

    public void OnDeadline(Instant now)
    {
        if (TellAt <= now)
            SetDue();
    }

    /// <summary>Copies the ranges to tell, highest first.</summary>
    public int Copy(Span<NumberRange> into)
    {
        int count = Math.Min(_numbers.Count, into.Length);
        for (int i = 0; i < count; i++)
        {
            var (start, end) = _numbers[_numbers.Count - 1 - i];
            into[i] = new NumberRange(start, end - 1);
        }
        return count;
    }

    public TimeSpan HeldBack(Instant now) => now - _largestAt;

    /// <summary>The other end seems to have missed words: the next is a whole one.</summary>
    public void TellFully() => _shortUntil = 0;

    /// <param name="fully">By a <see cref="HeardItem"/>.</param>
    public void OnTold(bool fully)
    {
        TellAt = Instant.Never;
        TellDue = false;
        _untold = 0;
        _toldNext = Expected;
        if (fully)
            _shortUntil = Expected + ShortMax;
    }

    private void SetDue()
    {
        TellAt = Instant.Never;
        TellDue = true;
    }

    // Two packets an answer, as TCP and QUIC do.
    private const int UntoldMax = 2;

    // Numbers take one byte while less than 128 are not known to be heard: three words may be lost before they take two.
    private const ulong UnaskedMax = 40;

    // A low byte says nothing to a sender with more than 256 packets open, be it that words were lost or that the path is long.
    private const ulong ShortMax = 64;
}
