using EdgePeer.Protocol.Discovery;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Sessions;

/// <summary>Which advertisements the other end of a session knows, and which it is to be told.</summary>
internal sealed class AdvertisementExchange
{
    private readonly Dictionary<ulong, ulong> _knownThere = [];
    private readonly SortedDictionary<PeerId, Advertisement> _toTell = [];

    /// <summary>The other end was told what is known here.</summary>
    public bool Begun { get; set; }

    /// <summary>The other end has said all that it knows.</summary>
    public bool Complete { get; set; }

    public bool HasMore => _toTell.Count > 0;

    public void Knows(KnownAdvertisement known)
    {
        if (_knownThere.Count < Limits.AdvertisementsMax * 2)
            _knownThere[known.Code] = Math.Max(known.Version, _knownThere.GetValueOrDefault(known.Code));
    }

    /// <summary>The other end says so: zero when it has expired there.</summary>
    public void Says(KnownAdvertisement known)
    {
        if (known.Version > 0)
            Knows(known);
        else
            Forget(known.Code);
    }

    /// <summary>What was told of that peer is to be told again.</summary>
    public void Forget(ulong code) => _knownThere.Remove(code);

    /// <summary>Once the other end has said what it knows; what it knows is not told.</summary>
    public void Tell(Advertisement advertisement, ulong code)
    {
        if (Complete && _knownThere.GetValueOrDefault(code) < advertisement.Version)
        {
            Knows(new KnownAdvertisement(code, advertisement.Version));
            _toTell[advertisement.Peer] = advertisement;
        }
    }

    public Advertisement? Next
    {
        get
        {
            // Asked for with each frame: an enumerator is an allocation.
            if (_toTell.Count > 0)
                foreach (var next in _toTell.Values)
                    return next;
            return null;
        }
    }

    public void OnSent(Advertisement advertisement) => _toTell.Remove(advertisement.Peer);

    /// <summary>It was lost on the way; a newer one takes its place.</summary>
    public void TellAgain(Advertisement advertisement) => _toTell.TryAdd(advertisement.Peer, advertisement);
}
