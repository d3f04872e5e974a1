using EdgePeer.Protocol.Discovery;
using EdgePeer.Protocol.Pipes;
using EdgePeer.Wire;

namespace EdgePeer.Protocol;

/// <summary>Draws the picture of a node that <see cref="Node.Status"/> gives.</summary>
internal static class StatusOf
{
    public static NodeStatus Node(NodeContext node, Neighbors neighbors, Advertisements advertisements, PipeTable pipes, Instant now)
    {
        var peers = new List<PeerStatus>();
        foreach (var session in neighbors.Sessions)
        {
            var links = new List<LinkStatus>();
            foreach (var path in session.Paths)
                links.Add(new LinkStatus(
                    path.Port.Id, path.Address, !path.Suspect, session.Active == path,
                    path.RoundTrip.Smoothed.TotalMilliseconds + path.Port.Traits.Airtime(PingBytes).TotalMilliseconds, path.Loss,
                    (int)Math.Min(path.Window.Bytes, int.MaxValue), (int)Math.Min(path.Window.InFlight, int.MaxValue), path.FrameBytes,
                    path.PacketsReceived > 0 ? (now - path.LastReceivedAt).TotalSeconds : null, path.PacketsSent, path.PacketsReceived, path.PacketsLost));
            peers.Add(new PeerStatus(session.Peer, session.Name, links, (now - session.LastReceivedAt)?.TotalSeconds));
        }
        var names = new SortedSet<PipeName>(pipes.Outputs.Keys);
        names.UnionWith(pipes.Inputs.Keys);
        var statuses = new List<PipeStatus>();
        foreach (var name in names)
        {
            var input = pipes.InputBooks(name);
            statuses.Add(pipes.Outputs.TryGetValue(name, out var output)
                ? output.Status(node, input)
                : new PipeStatus(
                    name, "reliable", 0, 0, input.Consumed, 0, 0, 0, input.Received, input.Waiting, input.Lost, 0, [],
                    input.Endpoint is { } reads ? [new EndpointStatus(reads, node.Options.Peer, true, "reads")] : []));
        }
        var advertised = new List<AdvertisedPeer>();
        foreach (var one in advertisements.Others(now))
            advertised.Add(new AdvertisedPeer(one.Peer, one.Name, one.Version, (one.ExpiresAt - now).TotalSeconds, one.Teller));
        return new NodeStatus(peers, advertised, statuses, node.Counts.Read());
    }

    private const int PingBytes = 12;
}
