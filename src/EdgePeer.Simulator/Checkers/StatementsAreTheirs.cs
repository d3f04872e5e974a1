using EdgePeer.Simulator.Peers;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Checkers;

/// <summary>
/// Law 10, of advertisements: what a node knows of a peer is what that peer has said of itself, and of all that the newest that came;
/// and once faults stop, all who are connected, over whomever but the liar, know the newest of each other.
/// </summary>
internal sealed class StatementsAreTheirs(World world) : Checker(Law.OnlyMembersGetIn)
{
    private readonly Dictionary<PeerId, ulong> _made = [];
    private readonly HashSet<SimPeer> _onOtherFlash = [];
    private readonly Dictionary<(SimPeer Peer, PeerId Of), ulong> _known = [];

    public override void OnReady(SimPeer peer)
    {
        if (peer.FlashReplaced)
            _onOtherFlash.Add(peer);
        foreach (var other in world.Peers)
            _known.Remove((peer, other.Id));
    }

    public override void OnIdle(SimPeer peer)
    {
        if (peer.Node is not { } node)
            return;
        if (node.Advertisements.Own is { } own)
        {
            ulong before = _made.GetValueOrDefault(peer.Id);
            // Another flash knows nothing of what was said before, until someone tells.
            Require(own.Version >= before || _onOtherFlash.Contains(peer), $"{peer} says version {own.Version} of itself, and said {before} before; {world.Now}");
            _made[peer.Id] = Math.Max(own.Version, before);
        }
        foreach (var known in node.Advertisements.Others(peer.LocalNow))
        {
            ulong before = _known.GetValueOrDefault((peer, known.Peer));
            if (known.Version == before)
                continue;
            Require(known.Version > before, $"{peer} knows version {known.Version} of \"{known.Name}\", and knew {before}; {world.Now}");
            Require(known.Version <= _made.GetValueOrDefault(known.Peer), $"{peer} knows version {known.Version} of {known.Peer}, who has not said it; {world.Now}");
            Require(world.Peers.Any(other => other.Id == known.Peer && other.Name == known.Name), $"{peer} knows {known.Peer} as \"{known.Name}\"; {world.Now}");
            _known[(peer, known.Peer)] = known.Version;
        }
    }

    public override string? Unsettled()
    {
        foreach (var peer in world.Peers.Where(peer => peer != world.Adversary?.Liar))
            foreach (var other in Connected(peer))
                if (other != peer && other.Node!.Advertisements.Own is { } own
                    && !peer.Node!.Advertisements.Others(peer.LocalNow).Any(known => known.Peer == other.Id && known.Version == own.Version))
                    return $"{peer} does not know what {other} says of itself, version {own.Version}";
        return null;
    }

    public override void OnSettled() => Require(Unsettled() is null, $"at {world.Now}: {Unsettled()}");

    private HashSet<SimPeer> Connected(SimPeer first)
    {
        var connected = new HashSet<SimPeer>();
        var next = new Queue<SimPeer>(first.Node is null ? [] : [first]);
        while (next.TryDequeue(out var peer))
            if (connected.Add(peer) && peer != world.Adversary?.Liar)
                foreach (var known in peer.Node!.Status(peer.LocalNow).Peers.Where(known => known.Links.Any(link => link.Alive)))
                    foreach (var other in world.Peers)
                        if (other.Id == known.Peer && other.Node is not null)
                            next.Enqueue(other);
        return connected;
    }
}
