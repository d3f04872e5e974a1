using EdgePeer.Wire;

namespace EdgePeer.Protocol.Discovery;

/// <summary>Boots of peers that are over, while a frame of theirs may still be on the way and must not bring a session back.</summary>
internal sealed class PastBoots
{
    private readonly Queue<(ulong Boot, Instant Until)> _boots = new();

    public void Add(ulong boot, Instant now)
    {
        _boots.Enqueue((boot, now + RememberedFor));
        if (_boots.Count > CountMax)
            _boots.Dequeue();
    }

    public bool Contains(ulong boot, Instant now)
    {
        while (_boots.TryPeek(out var oldest) && oldest.Until <= now)
            _boots.Dequeue();
        foreach (var past in _boots)
            if (past.Boot == boot)
                return true;
        return false;
    }

    // Restarts remembered at once: one a second is more than any peer manages.
    private const int CountMax = 64;

    // No link holds a frame back longer.
    private static readonly TimeSpan RememberedFor = TimeSpan.FromMinutes(1);
}
