using EdgePeer.Protocol;
using EdgePeer.Simulator.Network;
using EdgePeer.Simulator.Peers;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Checkers;

/// <summary>
/// Law 10: a frame means something only if a member made it, and it means that once. Sessions are with members alone; what no
/// member made is refused and leaves nothing behind; a packet is believed once, and only from where its sender is; what is
/// repeated ends no session and no link. And what a node holds of all that stays within its limits.
/// </summary>
internal sealed class OnlyMembersGetIn(World world) : Checker(Law.OnlyMembersGetIn)
{
    // What members made, and from where.
    private readonly Dictionary<ulong, LinkAddress> _made = [];
    private readonly HashSet<(SimPort Port, ulong Frame)> _received = [];
    private readonly Dictionary<ulong, NobodysPlace> _saidToNobody = [];
    private readonly HashSet<NobodysPlace> _passedOn = [];
    private readonly Dictionary<SimPeer, HashSet<ulong>> _taken = [];
    private NodeStatus _before = null!;
    private NodeSizes _sizesBefore;
    private bool _cameBefore;

    public override void OnReady(SimPeer peer)
    {
        _taken[peer] = [];
        _received.RemoveWhere(received => received.Port.Owner == peer);
    }

    public override void OnComposed(SimPort port, in OutgoingFrame sent, ReadOnlySpan<byte> frame)
    {
        if (world.Adversary is null)
            return;
        _made[FrameHash.Of(frame)] = port.Address;
        if (!sent.To.IsBroadcast && !port.Medium.HasPortAt(sent.To, besides: port))
            _saidToNobody[FrameHash.Of(frame)] = new NobodysPlace(port, sent.To);
    }

    public override void OnReceived(SimPort port, LinkAddress from, ReadOnlySpan<byte> frame)
    {
        if (world.Adversary is not null && HasCome(port, from, frame))
            _received.Add((port, FrameHash.Of(frame)));
    }

    public override void OnTaken(SimPort port, LinkAddress from, ReadOnlySpan<byte> frame)
    {
        ulong hash = FrameHash.Of(frame);
        Require(_taken[(SimPeer)port.Owner].Add(hash), $"{port.Owner} takes a packet of {frame.Length} bytes a second time, at {port}, {world.Now}");
        Require(world.Adversary is null || _made.ContainsKey(hash), $"{port.Owner} takes a packet that no member has made, at {port}, {world.Now}");
    }

    public override void OnInjecting(SimPort port, LinkAddress from, ReadOnlySpan<byte> frame)
    {
        var peer = (SimPeer)port.Owner;
        if (_saidToNobody.TryGetValue(FrameHash.Of(frame), out var place))
            _passedOn.Add(place);
        _before = peer.Node!.Status(peer.LocalNow);
        _sizesBefore = peer.Node.Sizes;
        _cameBefore = _received.Contains((port, FrameHash.Of(frame))) || _taken[peer].Contains(FrameHash.Of(frame));
        if (HasCome(port, from, frame))
            _received.Add((port, FrameHash.Of(frame)));
    }

    public override void OnInjected(SimPort port, LinkAddress from, ReadOnlySpan<byte> frame)
    {
        var peer = (SimPeer)port.Owner;
        var after = peer.Node!.Status(peer.LocalNow);
        ulong hash = FrameHash.Of(frame);
        var head = FrameHead.Of(frame[0]);
        bool isMembers = _made.ContainsKey(hash);
        if (!isMembers && !world.Adversary!.IsInsiders(frame))
        {
            Require(peer.Node.Sizes == _sizesBefore, $"{peer} holds {peer.Node.Sizes} after a forged {head.Kind} of {frame.Length} bytes, and held {_sizesBefore}; {world.Now}");
            // The head of a beacon may be its own.
            Require(head.Kind == FrameKind.Beacon || Refused(after) > Refused(_before), $"{peer} does not refuse a forged {head.Kind} of {frame.Length} bytes from {from} at {port}, {world.Now}");
        }
        // What a member sent and had not come before has come late, and is taken.
        if (!isMembers || _cameBefore)
            foreach (var known in _before.Peers)
                foreach (var link in known.Links)
                    Require(
                        after.Peers.Any(p => p.Peer == known.Peer && p.Links.Any(l => l.Transport == link.Transport && l.Address == link.Address)),
                        $"{peer} loses its link to {known.Name} by a {head.Kind} of {frame.Length} bytes that is {(isMembers ? "a repetition" : "forged")}, at {port}, {world.Now}");
        RequireWithinLimits(peer);
    }

    public override void OnReport(SimPeer peer, Report report)
    {
        if (report.Kind == ReportKind.PeerFound)
            RequireMembers(peer);
        else if (report is { Kind: ReportKind.LinkUp, Link: { } link })
            RequireLedToMember(peer, link);
    }

    public override void OnSettled()
    {
        foreach (var peer in world.Peers)
            if (peer.Node is not null)
            {
                RequireMembers(peer);
                RequireWithinLimits(peer);
            }
    }

    private void RequireMembers(SimPeer peer)
    {
        foreach (var other in peer.Node!.Status(peer.LocalNow).Peers)
            Require(world.Peers.Any(p => p.Id == other.Peer), $"{peer} has a session with {other.Peer.ToShortString()}, \"{other.Name}\", who is no member; {world.Now}");
    }

    private void RequireLedToMember(SimPeer peer, in LinkPlace link)
    {
        var (transport, address) = link;
        var port = peer.Ports.First(port => port.Id == transport);
        // Where addresses are chosen the member itself says which is its own, sealed.
        Require(
            port.Medium.Traits.ChosenAddresses || port.Medium.HasPortAt(address, besides: port) || _passedOn.Contains(new NobodysPlace(port, address)),
            $"{peer} has a link to {address} at {port}, where no member is; {world.Now}");
    }

    private void RequireWithinLimits(SimPeer peer)
    {
        var sizes = peer.Node!.Sizes;
        Require(
            sizes.Sessions <= Limits.SessionsMax && sizes.Openings <= Limits.OpeningsMax && sizes.Answers <= Limits.AnswersMax && sizes.SeenOpenings <= Limits.SeenOpeningsMax
            && sizes.PacketNumbers <= Limits.SessionNumbersMax && sizes.Advertisements <= Limits.AdvertisementsMax
            && sizes.Labels <= sizes.Openings + sizes.Answers + (sizes.Sessions * Limits.KeysPerSessionMax),
            $"{peer} holds {sizes} at {world.Now}");
    }

    /// <summary>
    /// A packet that comes before its keys are there has not come, nor has a handshake from where its maker is not: repeated later, or from there, it has come late.
    /// </summary>
    private bool HasCome(SimPort port, in LinkAddress from, ReadOnlySpan<byte> frame)
    {
        if (frame.IsEmpty)
            return true;
        if (FrameHead.Of(frame[0]).Kind is FrameKind.Packet or FrameKind.ShortTagPacket)
            return ((SimPeer)port.Owner).Node!.WouldOpen(frame);
        return from.IsBroadcast || !_made.TryGetValue(FrameHash.Of(frame), out var maker) || from == maker;
    }

    private static long Refused(NodeStatus status) => status.Counters.FramesDropped + status.Counters.FramesMalformed;

    private readonly record struct NobodysPlace(SimPort Port, LinkAddress Address);
}
