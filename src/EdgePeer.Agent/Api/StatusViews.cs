using System.Text.Json;
using EdgePeer.Protocol;
using EdgePeer.Runtime;
using EdgePeer.Transports;
using EdgePeer.Wire;

namespace EdgePeer.Agent.Api;

/// <summary>Turns the host's picture of itself into what the API says.</summary>
internal static class StatusViews
{
    public static StatusView Of(HostStatus status, PeerId peer, string name)
    {
        var transports = status.Transports.ToDictionary(transport => transport.Id);
        return new StatusView(
            peer.ToString(),
            name,
            Math.Round(status.Uptime.TotalSeconds, 3),
            [.. status.Transports.Select(Of)],
            [.. Peers(status.Node, transports)],
            [.. status.Node.Pipes.Select(pipe => Of(pipe, status.WaitingOf.GetValueOrDefault(pipe.Name)))],
            Of(status.Journal, status.SendsWaiting, status.FlashTrouble),
            new RecoveryView(status.Recovery.Segments, status.Recovery.Records, status.Recovery.TornBytes, status.Recovery.PastUncertain, status.Recovery.Damaged),
            Of(status.Node.Counters));
    }

    public static IReadOnlyList<PeerLinkView> Links(StatusView status) =>
        [.. from peer in status.Peers from link in peer.Links select new PeerLinkView(peer.Peer, peer.Name, link)];

    /// <param name="pipe">Null for all pipes.</param>
    public static IReadOnlyList<QueueView> Queue(StatusView status, string? pipe) =>
    [
        .. from one in status.Pipes
           where pipe is null || one.Name == pipe
           from lane in one.Lanes
           select new QueueView(one.Name, lane.Priority, lane.Incarnation, lane.Base, lane.Next - lane.Base, lane.Heard, lane.State),
    ];

    private static TransportView Of(TransportStatus transport) => new(
        transport.Name, transport.Type, transport.Up,
        transport.Counters.FramesSent, transport.Counters.FramesReceived, transport.Counters.BytesSent, transport.Counters.BytesReceived, transport.Counters.FramesDropped,
        transport.Traits?.FrameBytesMax ?? 0, transport.Traits?.BitsPerSecond ?? 0, transport.DownReason);

    /// <summary>Those with whom there is a session, then those that others tell of.</summary>
    private static IEnumerable<PeerView> Peers(NodeStatus node, Dictionary<TransportId, TransportStatus> transports)
    {
        var advertised = node.Advertised.ToDictionary(one => one.Peer);
        foreach (var peer in node.Peers)
            yield return Of(peer, advertised.GetValueOrDefault(peer.Peer), transports);
        var met = node.Peers.Select(peer => peer.Peer).ToHashSet();
        foreach (var one in node.Advertised.Where(one => !met.Contains(one.Peer)))
            yield return new PeerView(one.Peer.ToString(), one.Name, [], Of(one));
    }

    private static AdvertisementView Of(AdvertisedPeer one) => new(one.Version, Math.Round(one.ExpiresInSeconds), one.Teller.ToString());

    private static PeerView Of(PeerStatus peer, AdvertisedPeer? advertised, Dictionary<TransportId, TransportStatus> transports) => new(
        peer.Peer.ToString(),
        peer.Name,
        [
            .. peer.Links.Select(link => new LinkView(
                transports[link.Transport].Name, AddressText.Of(transports[link.Transport].Type, link.Address), link.Alive, link.Active, Math.Round(link.RttMs, 3), Math.Round(link.Loss, 4),
                link.WindowBytes, link.InFlightBytes, link.FrameBytesMax, Rounded(link.SecondsSinceHeard), link.PacketsSent, link.PacketsReceived, link.PacketsLost)),
        ],
        advertised is null ? null : Of(advertised))
    {
        SecondsSinceHeard = Rounded(peer.SecondsSinceHeard),
    };

    private static double? Rounded(double? seconds) => seconds is { } known ? Math.Round(known, 3) : null;

    private static PipeView Of(PipeStatus pipe, WaitingSends waiting) => new(
        pipe.Name.Text, pipe.Type, pipe.Accepted, pipe.Delivered, pipe.Consumed, pipe.Queued, pipe.Expired, pipe.Dropped, pipe.Received, pipe.Waiting, pipe.Lost, pipe.SentAgain,
        [.. pipe.Lanes.Select(lane => new LaneView(lane.Lane, lane.Incarnation.ToString(), lane.Base, lane.Next, lane.Heard, lane.State))],
        [.. pipe.Endpoints.Select(endpoint => new EndpointView(endpoint.Name.Text, endpoint.Peer.ToString(), endpoint.Local, endpoint.State))])
    {
        RoomBytes = pipe.RoomBytes,
        RoomBy = JsonNamingPolicy.CamelCase.ConvertName(LimitOf(pipe.RoomBy, waiting).ToString()),
        SendsWaiting = waiting.Count,
    };

    // A pipe with room of its own may wait behind others all the same.
    private static RoomLimit LimitOf(RoomLimit limit, WaitingSends waiting) =>
        waiting.Count == 0 ? limit
        : waiting.OwnCapacity ? RoomLimit.Capacity
        : limit == RoomLimit.Capacity ? RoomLimit.Journal
        : limit;

    private static JournalView Of(Store.JournalCounters journal, int sendsWaiting, string? trouble) => new(
        journal.PayloadBytes, journal.BytesWritten, journal.Syncs, journal.CapacityBytes, journal.UsedBytes,
        journal.FailedSyncs, journal.SegmentsReclaimed, journal.BytesCopied, journal.AppendsRefused,
        journal.OutgoingBytes, journal.IncomingBytes, journal.OutgoingRoomBytes, journal.IncomingRoomBytes, sendsWaiting)
    {
        Trouble = trouble,
        BytesPreallocated = journal.BytesPreallocated,
        Written = journal.Written,
        Kernel = KernelCount.Now(),
    };

    private static CountersView Of(NodeCounters counters) => new(
        counters.FramesDropped, counters.FramesMalformed, counters.HeardNotKept, counters.WindowsClosed, counters.Retransmissions, counters.Duplicates, counters.Moves);
}
