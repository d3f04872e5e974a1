using EdgePeer.Wire;

namespace EdgePeer.Transports.Serial;

/// <summary>
/// Decides when to begin on a line where only one can be heard at a time: SERIAL.md, "Turns". Says nothing of when the own
/// transmitter is done, which is the pacing's business.
/// </summary>
/// <param name="random">Uniform in [0, 1).</param>
internal sealed class TurnTaking(LinePacing line, Func<double> random)
{
    private Instant _notBefore;
    private TimeSpan _ownGap;
    private TimeSpan _turnaround;
    private TimeSpan _burstAirtime;
    private bool _inBurst;
    private bool _awaitsReply;
    private bool _echoes;
    private int _backoff;
    private double _draw = random();

    /// <summary>No frame may start before; long past when the turn is ours already or nobody has it.</summary>
    public Instant StartAt => _inBurst ? default : Instant.Later(_notBefore, line.FreeAt + _ownGap);

    /// <summary>When <see cref="OnSilence"/> must be called if nothing is written until then.</summary>
    public Instant LapsesAt => _inBurst ? line.FreeAt + BurstLapsesAfter : Instant.Never;

    /// <summary>How often in a row own frames seem to have met others'; widens the random gap.</summary>
    public int Backoff => _backoff;

    /// <summary>A frame is about to be written.</summary>
    /// <param name="more">Another one waits behind it.</param>
    /// <returns>Whether the frame must carry the mark T: it ends our turn.</returns>
    public bool OnStart(int lineBytes, bool more)
    {
        if (!_inBurst)
            _burstAirtime = TimeSpan.Zero;
        var airtime = line.Airtime(lineBytes);
        _burstAirtime += airtime;
        bool yields = !more || _burstAirtime + airtime > BurstAirtimeMax;
        _inBurst = !yields;
        if (yields)
            EndBurst(_backoff == 0 ? TimeSpan.Zero : Jitter());
        _awaitsReply = yields;
        return yields;
    }

    /// <summary>Our burst has no next frame after all, and its last one did not say so.</summary>
    public void OnSilence(Instant now)
    {
        if (_inBurst && now >= LapsesAt)
            EndBurst(Jitter());
    }

    /// <summary>Bytes have come, of whatever kind.</summary>
    public void OnBytes(Instant now)
    {
        if (now < line.FreeAt + Sensing)
        {
            if (!_echoes)
                OnCollision();
            return;
        }
        if (_echoes && now < line.FreeAt + EchoDelayMax)
            return;
        if (_awaitsReply)
            LearnTurnaround(now - line.FreeAt);
        _awaitsReply = false;
        _inBurst = false;
        _notBefore = now + Sensing + ReplyGap + Jitter();
    }

    /// <summary>A good frame of another has ended.</summary>
    /// <param name="toUs">It is for this node and for no other.</param>
    /// <param name="toAll">It is for everyone.</param>
    public void OnFrame(bool yields, bool toUs, bool toAll, Instant now)
    {
        _backoff = Math.Max(0, _backoff - 1);
        _ownGap = TimeSpan.Zero;
        if (!yields)
            return;
        // The one spoken to answers at once; when all were, they draw lots within the time the speaker leaves them.
        if (toUs)
            _notBefore = now;
        else if (toAll)
            _notBefore = now + ReplyGap / 2 * random();
    }

    public void OnBadFrame(Instant now)
    {
        // With an echo, this is how the own frame looks after it met another.
        if (_echoes && now < line.FreeAt + EchoDelayMax)
            OnCollision();
    }

    /// <summary>A frame of our own came back: bytes heard while we send are ours.</summary>
    public void OnEcho() => _echoes = true;

    /// <summary>How long the others get after our turn: the longest way to an answer seen of late, and never less than the base.</summary>
    public TimeSpan ReplyGap
    {
        get
        {
            var floor = ReplyGapMin + line.Airtime(ReplyGapBytes);
            var learned = _turnaround * 1.25;
            return learned > floor ? learned : floor;
        }
    }

    private TimeSpan Sensing => SensingMin + line.Airtime(SensingBytes);

    private void OnCollision()
    {
        if (!_inBurst && !_awaitsReply)
            return; // counted already
        _backoff = Math.Min(BackoffMax, _backoff + 1);
        EndBurst(Jitter());
        _awaitsReply = false;
    }

    private void EndBurst(TimeSpan extra)
    {
        _inBurst = false;
        _draw = random();
        _ownGap = ReplyGap + extra;
    }

    private TimeSpan Jitter() => ReplyGap * (_draw * (1 << _backoff));

    private void LearnTurnaround(TimeSpan sample)
    {
        if (sample > TurnaroundMax)
            return; // nobody answered; somebody began
        _turnaround = sample > _turnaround ? sample : _turnaround + (sample - _turnaround) / 4;
    }

    /// <summary>Silence is taken for silence after this and three byte times: the pauses within one writer's frame.</summary>
    private static readonly TimeSpan SensingMin = TimeSpan.FromMilliseconds(2);

    private const int SensingBytes = 3;

    /// <summary>Through radio, adapter and scheduler, twice, on the radios of the field.</summary>
    private static readonly TimeSpan ReplyGapMin = TimeSpan.FromMilliseconds(30);

    private const int ReplyGapBytes = 20;

    /// <summary>Others wait no longer than this for one speaker; a tenth of it is lost in gaps.</summary>
    private static readonly TimeSpan BurstAirtimeMax = TimeSpan.FromMilliseconds(400);

    /// <summary>Half of the base gap: the others still hold still when the turn is given up in silence.</summary>
    private static readonly TimeSpan BurstLapsesAfter = TimeSpan.FromMilliseconds(15);

    /// <summary>USB adapters hand bytes over every 16 ms.</summary>
    private static readonly TimeSpan EchoDelayMax = TimeSpan.FromMilliseconds(20);

    private static readonly TimeSpan TurnaroundMax = TimeSpan.FromMilliseconds(250);

    /// <summary>A window of 16 reply gaps, about half a second: wide enough for a handful of stations.</summary>
    private const int BackoffMax = 4;
}
