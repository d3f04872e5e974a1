using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using EdgePeer.Agent.Bridges;
using EdgePeer.Agent.Cli;
using EdgePeer.Store;

namespace EdgePeer.Agent.Api;

/// <summary>What <c>GET /status</c> answers. Scripts read these names: adding is free, renaming is not.</summary>
internal sealed record StatusView(
    string Peer, string Name, double UptimeSeconds, IReadOnlyList<TransportView> Transports, IReadOnlyList<PeerView> Peers,
    IReadOnlyList<PipeView> Pipes, JournalView Journal, RecoveryView Recovery, CountersView Counters)
{
    public IReadOnlyList<BridgeView> Bridges { get; init; } = [];
}

/// <param name="DownReason">One line for a person; null while it is up.</param>
internal sealed record TransportView(
    string Name, string Type, bool Up, long FramesSent, long FramesReceived, long BytesSent, long BytesReceived, long FramesDropped,
    int FrameBytesMax, long BitsPerSecond, string? DownReason);

/// <param name="Links">None where the peer is known by its advertisement alone.</param>
/// <param name="Advertisement">What the peer says of itself; null where none has come, or it has expired.</param>
internal sealed record PeerView(string Peer, string Name, IReadOnlyList<LinkView> Links, AdvertisementView? Advertisement)
{
    /// <summary>On whichever link, those that are gone included; null without a session.</summary>
    public double? SecondsSinceHeard { get; init; }
}

/// <param name="ToldBy">The peer that it came from.</param>
internal sealed record AdvertisementView(ulong Version, double ExpiresInSeconds, string ToldBy);

/// <param name="Loss">Share of packets taken for lost among the last thousand, 0 to 1.</param>
/// <param name="Active">Traffic to the peer goes this way now.</param>
/// <param name="SecondsSinceHeard">Null while nothing has come over it since it was last opened.</param>
internal sealed record LinkView(
    string Transport, string Address, bool Alive, bool Active, double RttMs, double Loss, int WindowBytes, int InFlightBytes, int FrameBytesMax,
    double? SecondsSinceHeard, long PacketsSent, long PacketsReceived, long PacketsLost);

/// <summary>A link with the peer that it leads to, for lists.</summary>
internal sealed record PeerLinkView(string Peer, string Name, LinkView Link);

/// <summary>A pipe's books: accepted = delivered + queued + expired + dropped.</summary>
/// <param name="Received">Messages of other peers kept here.</param>
/// <param name="Waiting">Of those, not yet consumed.</param>
/// <param name="Lost">Of those, not given back by the flash to any reader: received = waiting + lost + those consumed here.</param>
internal sealed record PipeView(
    string Name, string Type, long Accepted, long Delivered, long Consumed, long Queued, long Expired, long Dropped,
    long Received, long Waiting, long Lost, long SentAgain, IReadOnlyList<LaneView> Lanes, IReadOnlyList<EndpointView> Endpoints)
{
    /// <summary>What messages written here may still take, records' overhead included; null while none has been.</summary>
    public long? RoomBytes { get; init; }

    /// <summary>What sets that limit: <c>journal</c>, the pipe's own <c>capacity</c>, or the <c>share</c> of others.</summary>
    public string RoomBy { get; init; } = "journal";

    /// <summary>Messages that wait for room.</summary>
    public int SendsWaiting { get; init; }
}

internal sealed record LaneView(int Priority, string Incarnation, ulong Base, ulong Next, ulong Heard, string State);

internal sealed record EndpointView(string Name, string Peer, bool Local, string State);

/// <param name="OutgoingRoomBytes">What outgoing messages can still take of the capacity, records' overhead included, while incoming ones hold what they do.</param>
/// <param name="SendsWaiting">Messages that wait for room.</param>
internal sealed record JournalView(
    long PayloadBytes, long BytesWritten, long Syncs, long CapacityBytes, long UsedBytes, long FailedSyncs, long SegmentsReclaimed, long BytesCopied, long AppendsRefused,
    long OutgoingBytes, long IncomingBytes, long OutgoingRoomBytes, long IncomingRoomBytes, int SendsWaiting)
{
    /// <summary>Why the flash takes no writes now, and what was given it waits; null while it does.</summary>
    public string? Trouble { get; init; }

    /// <summary>Zeros that new segments were filled with.</summary>
    public long BytesPreallocated { get; init; }

    /// <summary><see cref="BytesWritten"/> by cause.</summary>
    public required WrittenBytes Written { get; init; }

    /// <summary>What the kernel counts as written by the agent's process; null where it does not count.</summary>
    public KernelCount? Kernel { get; init; }
}

internal sealed record RecoveryView(int Segments, long Records, long TornBytes, bool PastUncertain, IReadOnlyList<string> Damaged);

internal sealed record CountersView(
    long FramesDropped, long FramesMalformed, long HeardNotKept, long WindowsClosed, long Retransmissions, long Duplicates, long Moves);

/// <summary>What waits in one lane of a pipe that is written here.</summary>
internal sealed record QueueView(string Pipe, int Priority, string Incarnation, ulong First, ulong Queued, ulong Heard, string State);

/// <summary>Who the agent is.</summary>
/// <param name="PublicKey">In PEM: SubjectPublicKeyInfo.</param>
internal sealed record IdentityView(string Peer, string PublicKey);

/// <summary>What <c>edgepeer id --check --json</c> prints.</summary>
/// <param name="Peer">As it is printed; null when the text is no peer id.</param>
/// <param name="Fault">What is wrong with the text; null when nothing is.</param>
internal sealed record IdCheckView(string? Peer, string? Fault);

/// <summary>What <c>edgepeer group members show --json</c> prints.</summary>
internal sealed record MembersView(string Group, ulong Version, IReadOnlyList<MemberView> Members);

internal sealed record MemberView(string Peer, string Name);

/// <summary>A message as a reader gets it, with its whole identity.</summary>
internal sealed record MessageView(string Pipe, string From, string Incarnation, ulong Sequence, int Priority, byte[] Payload);

/// <summary>Names a message that was consumed, and those of its stream before it. A whole <see cref="MessageView"/> will do.</summary>
internal sealed record ConsumedView(string Pipe, string From, string Incarnation, ulong Sequence, int Priority);

/// <summary>One line of a batch.</summary>
/// <param name="Priority">0 to 7; null takes the post's, or else the pipe's.</param>
/// <param name="Ttl">As "1h"; null takes the post's, or else the pipe's.</param>
internal sealed record PostView(byte[] Payload, string? ClientId = null, int? Priority = null, string? Ttl = null);

/// <summary>How far a posted message has come, and who it is.</summary>
internal sealed record ReceiptView(string Receipt, string Pipe, string From, string Incarnation, ulong Sequence, int Priority)
{
    /// <summary>What <c>edgepeer trace --message</c> takes.</summary>
    public string Message => $"{Pipe}:{Priority}:{Sequence}";
}

/// <summary>Where a message is that was written here.</summary>
/// <param name="Place">unknown, accepted, queued, sent, ending, delivered, consumed, expired or dropped.</param>
/// <param name="Why">What it waits for, or why it ended; empty where nothing is left to say.</param>
/// <param name="Ahead">Messages that go before it.</param>
internal sealed record TraceView(string Message, string Pipe, int Priority, ulong Sequence, string Place, string Why, long Ahead, double? ExpiresInSeconds);

/// <summary>One line of a batch's answer, in the order of the lines: a receipt or a problem.</summary>
internal sealed record PostedView(ReceiptView? Receipt = null, ProblemView? Problem = null);

/// <summary>What went wrong, as <c>application/problem+json</c> (RFC 9457).</summary>
/// <param name="Title">What happened, in one sentence.</param>
/// <param name="Mend">What to do about it.</param>
/// <param name="Receipt">Of a message that was sent: rejected or expired, and nothing more will come of it.</param>
internal sealed record ProblemView(string Title, string Mend, int Status, string? Receipt = null);

[JsonSerializable(typeof(StatusView))]
[JsonSerializable(typeof(IReadOnlyList<TransportView>))]
[JsonSerializable(typeof(IReadOnlyList<PeerView>))]
[JsonSerializable(typeof(IReadOnlyList<PeerLinkView>))]
[JsonSerializable(typeof(IReadOnlyList<PipeView>))]
[JsonSerializable(typeof(IReadOnlyList<QueueView>))]
[JsonSerializable(typeof(TraceView))]
[JsonSerializable(typeof(IdentityView))]
[JsonSerializable(typeof(WearForecast))]
[JsonSerializable(typeof(IdCheckView))]
[JsonSerializable(typeof(MembersView))]
[JsonSerializable(typeof(MessageView))]
[JsonSerializable(typeof(ConsumedView))]
[JsonSerializable(typeof(PostView))]
[JsonSerializable(typeof(ReceiptView))]
[JsonSerializable(typeof(PostedView))]
[JsonSerializable(typeof(ProblemView))]
internal sealed partial class ApiJson : JsonSerializerContext
{
    /// <summary>Quotes stand as they are: the answers go to terminals and JSON parsers, never into HTML.</summary>
    public static ApiJson Plain { get; } = new(new JsonSerializerOptions
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    });
}
