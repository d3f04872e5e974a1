using EdgePeer.Protocol;
using EdgePeer.Store;
using EdgePeer.Transports;
using EdgePeer.Wire;

namespace EdgePeer.Runtime;

/// <summary>A picture of the host, taken between two turns of its loop.</summary>
/// <param name="SendsWaiting">Messages that wait for room in the journal.</param>
public sealed record HostStatus(
    TimeSpan Uptime, NodeStatus Node, IReadOnlyList<TransportStatus> Transports, JournalCounters Journal, RecoveryReport Recovery, int SendsWaiting);

/// <param name="Traits">As last announced; null before the transport was first up.</param>
/// <param name="DownReason">One line for a person; null while it is up.</param>
public sealed record TransportStatus(TransportId Id, string Name, string Type, bool Up, TransportTraits? Traits, TransportCounters Counters, string? DownReason);
