using EdgePeer.Wire;

namespace EdgePeer.Transports;

/// <summary>Monotonic time as the floors below count it, from the moment this was made.</summary>
internal sealed class MonotonicClock(TimeProvider time)
{
    private readonly long _start = time.GetTimestamp();

    public Instant Now => new(time.GetElapsedTime(_start).Ticks);
}
