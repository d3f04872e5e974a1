using EdgePeer.Wire;

namespace EdgePeer.Protocol;

/// <summary>A picture of the node, taken at once.</summary>
public sealed record NodeStatus(IReadOnlyList<PeerStatus> Peers, IReadOnlyList<AdvertisedPeer> Advertised, IReadOnlyList<PipeStatus> Pipes, NodeCounters Counters);

/// <param name="SecondsSinceHeard">On whichever link, those that are gone included; null before the session's first packet.</param>
public sealed record PeerStatus(PeerId Peer, string Name, IReadOnlyList<LinkStatus> Links, double? SecondsSinceHeard);

/// <summary>What a peer says of itself, signed, whether or not there is a session with it.</summary>
/// <param name="Version">Of the peer's statements; never goes back.</param>
/// <param name="Teller">Who has told it here.</param>
public sealed record AdvertisedPeer(PeerId Peer, string Name, ulong Version, double ExpiresInSeconds, PeerId Teller);

/// <param name="Loss">Share of <paramref name="PacketsLost"/> among the last thousand packets whose fate is known, 0 to 1.</param>
/// <param name="Active">Traffic to the peer goes this way now.</param>
/// <param name="SecondsSinceHeard">Null while nothing has come over it since it was last opened.</param>
public sealed record LinkStatus(
    TransportId Transport, LinkAddress Address, bool Alive, bool Active, double RttMs, double Loss,
    int WindowBytes, int InFlightBytes, int FrameBytesMax, double? SecondsSinceHeard, long PacketsSent, long PacketsReceived, long PacketsLost);

/// <summary>A pipe's books. Accepted = Delivered + Queued + Expired + Dropped, at all times, across restarts.</summary>
/// <param name="Received">Messages of other peers kept here, over the pipe's life.</param>
/// <param name="Waiting">Of those, not yet consumed.</param>
/// <param name="Lost">Of those, not given back by the flash to any reader. Received = Waiting + Lost + those consumed.</param>
/// <param name="Consumed">Messages sent from here that were consumed there, as far as known, plus messages consumed here.</param>
public sealed record PipeStatus(
    PipeName Name, string Type, long Accepted, long Delivered, long Consumed, long Queued, long Expired, long Dropped,
    long Received, long Waiting, long Lost, long SentAgain, IReadOnlyList<LaneStatus> Lanes, IReadOnlyList<EndpointStatus> Endpoints)
{
    /// <summary>What messages written here may still take, with their records; null while none has been.</summary>
    public long? RoomBytes { get; init; }

    public RoomLimit RoomBy { get; init; }
}

/// <summary>One lane of a pipe that is written here: what is queued, and how much of it is on the way.</summary>
public sealed record LaneStatus(byte Lane, Incarnation Incarnation, ulong Base, ulong Next, ulong Heard, string State);

/// <param name="Peer">Where the endpoint is; this peer for one that is read here.</param>
public sealed record EndpointStatus(EndpointName Name, PeerId Peer, bool Local, string State);

/// <summary>How much a node holds because of what came from outside; each has its maximum in <see cref="Limits"/>.</summary>
internal readonly record struct NodeSizes(int Sessions, int Openings, int Answers, int Labels, int SeenOpenings, int PacketNumbers, int Advertisements = 0);

/// <summary>Counted since the start of the process.</summary>
public sealed record NodeCounters
{
    public long FramesDropped { get; init; }
    public long FramesMalformed { get; init; }
    public long HeardNotKept { get; init; }
    public long WindowsClosed { get; init; }
    public long Retransmissions { get; init; }
    public long Duplicates { get; init; }
    public long Moves { get; init; }
}
