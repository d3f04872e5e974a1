using EdgePeer.Wire;

namespace EdgePeer.Protocol.Sessions;

/// <summary>
/// Round trip and variance of a path (RFC 9002 §5), without the airtime of the frame measured: on a slow line that is most of
/// it, differs from frame to frame, and is known.
/// </summary>
internal sealed class RoundTrip
{
    private TimeSpan _windowMinimum = TimeSpan.MaxValue;
    private Instant _windowStart;

    public bool Measured { get; private set; }

    public TimeSpan Smoothed { get; private set; } = TimeSpan.FromMilliseconds(250);

    public TimeSpan Variance { get; private set; } = TimeSpan.FromMilliseconds(125);

    public TimeSpan Latest { get; private set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The least whole round trip lately, airtime included: what a window must cover.</summary>
    public TimeSpan Minimum { get; private set; } = TimeSpan.FromMilliseconds(250);

    /// <param name="sample">From sending to hearing of it, without the time that the other end held the answer back.</param>
    /// <param name="airtime">Of the frame that was answered.</param>
    public void Add(TimeSpan sample, TimeSpan airtime, Instant now)
    {
        sample = Max(sample, Floor);
        var clear = Max(sample - airtime, Floor);
        Latest = clear;
        if (!Measured)
        {
            Measured = true;
            Smoothed = clear;
            Variance = clear / 2;
            Minimum = sample;
            _windowStart = now;
            return;
        }
        var error = clear > Smoothed ? clear - Smoothed : Smoothed - clear;
        Variance = (Variance * 3 + error) / 4;
        Smoothed = (Smoothed * 7 + clear) / 8;
        Minimum = Min(Minimum, sample);
        _windowMinimum = Min(_windowMinimum, sample);
        if (now - _windowStart > Max(MinimumWindow, Minimum * 10))
        {
            Minimum = _windowMinimum;
            _windowMinimum = TimeSpan.MaxValue;
            _windowStart = now;
        }
    }

    public static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;

    public static TimeSpan Min(TimeSpan a, TimeSpan b) => a < b ? a : b;

    // Clocks and schedulers of small boards are no finer.
    private static readonly TimeSpan Floor = TimeSpan.FromMicroseconds(50);

    // A path whose least round trip has grown is believed after this.
    private static readonly TimeSpan MinimumWindow = TimeSpan.FromSeconds(10);
}
