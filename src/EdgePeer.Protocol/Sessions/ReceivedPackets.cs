using EdgePeer.Wire;

namespace EdgePeer.Protocol.Sessions;

/// <summary>Which packets of a path have come, and when the other end must be told.</summary>
internal sealed class ReceivedPackets
{
    private readonly RangeSet _numbers = new();
    private ulong _floor;
    private Instant _largestAt;
    private int _untold;

    /// <summary>One past the highest number; what the next truncated number is measured from.</summary>
    public ulong Expected => _numbers.IsEmpty ? 0 : _numbers.Last.End;

    /// <summary>When <see cref="HeardItem"/> must go out; never while nothing asks for it.</summary>
    public Instant TellAt { get; private set; } = Instant.Never;

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
        TellAt = !inOrder || _untold >= UntoldMax ? now : Instant.Earlier(TellAt, now + holdBack);
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

    public void OnTold()
    {
        TellAt = Instant.Never;
        _untold = 0;
    }

    // Two packets an answer, as TCP and QUIC do.
    private const int UntoldMax = 2;
}
