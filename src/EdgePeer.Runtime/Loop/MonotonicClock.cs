using EdgePeer.Wire;

namespace EdgePeer.Runtime.Loop;

/// <summary>The time that the core is given: ticks since the host was opened, from a clock that never goes back.</summary>
internal sealed class MonotonicClock(TimeProvider provider)
{
    private readonly long _start = provider.GetTimestamp();

    public Instant Now => At(provider.GetTimestamp());

    /// <summary>The moment of one of the provider's timestamps.</summary>
    public Instant At(long timestamp) => new(provider.GetElapsedTime(_start, timestamp).Ticks);
}
