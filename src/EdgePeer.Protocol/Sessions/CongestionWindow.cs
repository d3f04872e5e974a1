using EdgePeer.Wire;

namespace EdgePeer.Protocol.Sessions;

/// <summary>
/// How many bytes may be on a path: twice what it delivered in a least round trip, after the model of BBR rather than by
/// halving at a loss, because radios lose for other reasons than being full. Rises and falls of the rate, a hundredfold too,
/// show in what is delivered. Decision 0004.
/// </summary>
internal sealed class CongestionWindow(int frameBytes)
{
    private readonly Queue<(long Round, double Rate)> _best = new();
    private double _bytesPerSecond;
    private double _fullRate;
    private int _flatRounds;
    private int _cautiousRounds;
    private long _round;
    private long _roundEnd;
    private long _roundHeard, _roundLost;
    private bool _startup = true;

    /// <summary>Bytes heard of, ever.</summary>
    public long Delivered { get; private set; }

    public Instant DeliveredAt { get; private set; }

    public long InFlight { get; private set; }

    /// <summary>When delivered bytes pass this, samples are no longer limited by a lack of things to send.</summary>
    public long LimitedUntil { get; private set; }

    public long Bytes { get; private set; } = InitialFrames * frameBytes;

    public bool HasRoom => InFlight < Bytes;

    public void OnSent(int bytes, Instant now)
    {
        if (InFlight == 0)
            DeliveredAt = now;
        InFlight += bytes;
    }

    public void OnIdle()
    {
        if (HasRoom)
            LimitedUntil = Delivered + InFlight;
    }

    public void OnHeard(SentPacket packet, RoundTrip roundTrip, TimeSpan heldBack, Instant now)
    {
        if (packet.State == PacketState.InFlight)
            InFlight -= packet.Bytes;
        Delivered += packet.Bytes;
        DeliveredAt = now;
        _roundHeard++;
        var interval = RoundTrip.Max(now - packet.DeliveredAtWhenSent, roundTrip.Minimum);
        double rate = (Delivered - packet.DeliveredWhenSent) / Math.Max(interval.TotalSeconds, 1e-5);
        bool limited = packet.DeliveredWhenSent < LimitedUntil;
        if (packet.DeliveredWhenSent >= _roundEnd)
            OnRound();
        if (!limited || rate > _bytesPerSecond)
            AddRate(rate);
        Resize(roundTrip, heldBack);
    }

    public void OnLost(SentPacket packet)
    {
        InFlight -= packet.Bytes;
        _roundLost++;
    }

    /// <summary>Nothing came back for long: begin again from little.</summary>
    public void OnSilence()
    {
        _best.Clear();
        _bytesPerSecond = 0;
        _fullRate = 0;
        _flatRounds = 0;
        _startup = true;
        Bytes = SilentFrames * frameBytes;
    }

    private void OnRound()
    {
        _round++;
        _roundEnd = Delivered + InFlight;
        while (_best.Count > 0 && _best.Peek().Round < _round - RateRounds)
            _best.Dequeue();
        // So much loss is no noise of a radio: something on the way overflows.
        if (_roundLost > 5 && _roundLost * 10 > (_roundHeard + _roundLost) * 3)
            _cautiousRounds = CautiousRounds;
        else if (_cautiousRounds > 0)
            _cautiousRounds--;
        _roundHeard = _roundLost = 0;
        if (!_startup)
            return;
        if (_bytesPerSecond > _fullRate * 1.25)
        {
            _fullRate = _bytesPerSecond;
            _flatRounds = 0;
        }
        else if (_bytesPerSecond > 0 && ++_flatRounds >= 3)
        {
            _startup = false;
        }
    }

    private void AddRate(double rate)
    {
        _best.Enqueue((_round, rate));
        if (_best.Count > RatesMax)
            _best.Dequeue();
        _bytesPerSecond = 0;
        foreach (var (_, r) in _best)
            _bytesPerSecond = Math.Max(_bytesPerSecond, r);
    }

    private void Resize(RoundTrip roundTrip, TimeSpan heldBack)
    {
        double gain = _cautiousRounds > 0 ? 1.05 : _startup ? 2.9 : 2.0;
        double held = Math.Min(_bytesPerSecond * heldBack.TotalSeconds, HeldBackFramesMax * frameBytes);
        double target = (gain * _bytesPerSecond * roundTrip.Minimum.TotalSeconds) + held + (SpareFrames * frameBytes);
        long bytes = (long)Math.Clamp(target, MinimumFrames * frameBytes, BytesMax);
        // In startup a window only grows: a slow first sample must not shrink what has not been tried.
        Bytes = _startup && _cautiousRounds == 0 && _round < 3 ? Math.Max(Bytes, bytes) : bytes;
    }

    private const int InitialFrames = 10;
    private const int MinimumFrames = 4;
    private const int SilentFrames = 2;
    private const int SpareFrames = 3;

    // Of a stream every second packet is answered at once: what is held back is its end, and what gathers in a turn of the other
    // end's loop. More would be a burst that overflows its socket, which by Linux's default holds some ninety frames.
    private const int HeldBackFramesMax = 64;

    // The best rate of that many round trips counts; older ones are history.
    private const int RateRounds = 10;
    private const int RatesMax = 64;
    private const int CautiousRounds = 8;

    // 8 MiB on one path fills 100 ms at 600 Mbit/s; no device here sends more.
    private const double BytesMax = 8 << 20;
}
