using EdgePeer.Protocol;
using EdgePeer.Store;
using EdgePeer.Transports;
using EdgePeer.Wire;

namespace EdgePeer.Runtime;

/// <summary>A picture of the host, taken between two turns of its loop.</summary>
/// <param name="SendsWaiting">Messages that wait for room in the journal.</param>
public sealed record HostStatus(
    TimeSpan Uptime, NodeStatus Node, IReadOnlyList<TransportStatus> Transports, JournalCounters Journal, RecoveryReport Recovery, int SendsWaiting)
{
    /// <summary>Of those, by pipe.</summary>
    public required IReadOnlyDictionary<PipeName, WaitingSends> WaitingOf { get; init; }

    /// <summary>Why the last write to flash failed, in words; null when it did not.</summary>
    public string? FlashTrouble { get; init; }
}

/// <param name="OwnCapacity">They wait for room in their pipe's own capacity, not for that of all.</param>
public readonly record struct WaitingSends(int Count, bool OwnCapacity);

/// <param name="Traits">As last announced; null before the transport was first up.</param>
/// <param name="DownReason">One line for a person; null while it is up.</param>
public sealed record TransportStatus(TransportId Id, string Name, string Type, bool Up, TransportTraits? Traits, TransportCounters Counters, string? DownReason);
