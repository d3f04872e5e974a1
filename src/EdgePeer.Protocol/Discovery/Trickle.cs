using EdgePeer.Wire;

namespace EdgePeer.Protocol.Discovery;

/// <summary>
/// When to send a beacon: a Trickle timer (RFC 6206) without suppression, since each beacon speaks for its own sender. Quick
/// after a change, then at doubling intervals up to one that keeps to two of a hundred parts of a slow line.
/// </summary>
internal sealed class Trickle(TransportTraits traits)
{
    private TimeSpan _interval;
    private Instant _intervalEnd;

    /// <summary>The moment of the next beacon.</summary>
    public Instant FireAt { get; private set; } = Instant.Never;

    /// <summary>The beacon goes out with the next frame.</summary>
    public bool Due { get; private set; }

    public void OnDeadline(Instant now)
    {
        if (FireAt > now)
            return;
        FireAt = Instant.Never;
        Due = true;
    }

    /// <summary>By when the beacon after the next one will have come.</summary>
    public TimeSpan NextWithin => UntilAfterNext(_interval) + Least;

    private TimeSpan Least => new(Math.Max(LeastInterval.Ticks, traits.Airtime(BeaconBytes).Ticks * 8));

    private TimeSpan Most => new(Math.Max(traits.BitsPerSecond == 0 ? MostInterval.Ticks : SlowMostInterval.Ticks, traits.Airtime(BeaconBytes).Ticks * 50));

    /// <summary>Something has changed: begin again with the shortest interval.</summary>
    public void Reset(IRandom random, Instant now)
    {
        if (Due || (_interval == Least && FireAt != Instant.Never))
            return;
        Begin(Least, random, now);
    }

    public void OnFired(IRandom random, Instant now)
    {
        Due = false;
        var next = new TimeSpan(Math.Min(_interval.Ticks * 2, Most.Ticks));
        Begin(next, random, Instant.Later(_intervalEnd, now));
    }

    private void Begin(TimeSpan interval, IRandom random, Instant from)
    {
        _interval = interval;
        _intervalEnd = from + interval;
        FireAt = from + random.Between(interval / 2, interval);
    }

    // This interval may still have half to run, and the next is twice as long.
    private static TimeSpan UntilAfterNext(TimeSpan interval) => interval * 2.5;

    private const int BeaconBytes = 80;
    private static readonly TimeSpan LeastInterval = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan MostInterval = TimeSpan.FromSeconds(16);
    private static readonly TimeSpan SlowMostInterval = TimeSpan.FromSeconds(60);
}
