using EdgePeer.Wire;

namespace EdgePeer.Transports.Serial;

/// <summary>Knows the frames sent of late by their fingerprints: adapters of two-wire buses bring one's own frames back.</summary>
internal sealed class EchoMemory
{
    private readonly (uint Fingerprint, Instant Until)[] _sent = new (uint, Instant)[Limits.RememberedFramesMax];
    private int _next;

    public void Remember(uint fingerprint, Instant freeAt)
    {
        _sent[_next] = (fingerprint, freeAt + Limits.EchoWithin);
        _next = (_next + 1) % _sent.Length;
    }

    /// <summary>Whether the frame is one of our own; each comes back once.</summary>
    public bool TryForget(uint fingerprint, Instant now)
    {
        for (int i = 0; i < _sent.Length; i++)
        {
            if (_sent[i].Fingerprint != fingerprint || _sent[i].Until < now)
                continue;
            _sent[i] = default;
            return true;
        }
        return false;
    }
}
