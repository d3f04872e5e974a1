using EdgePeer.Protocol;
using EdgePeer.Protocol.Groups;
using EdgePeer.Runtime.Loop;
using EdgePeer.Store;
using EdgePeer.Transports;
using EdgePeer.Wire;

namespace EdgePeer.Runtime;

/// <summary>What a peer needs to run.</summary>
public sealed record PeerHostOptions
{
    public required NodeOptions Node { get; init; }
    public required JournalOptions Journal { get; init; }

    /// <summary>Holds the journal's segments and its lock; made when missing.</summary>
    public required string StateDirectory { get; init; }

    /// <summary>Owned by the host from here on. <see cref="TransportId"/> is the place in this list.</summary>
    public required IReadOnlyList<ConfiguredTransport> Transports { get; init; }

    /// <summary>
    /// Puts a newer member list, learnt from another peer, on flash; it is in force when this has returned, and not when it throws an
    /// <see cref="IOException"/>. Called from a thread of the pool, once at a time. Null keeps lists in memory alone.
    /// </summary>
    public Action<MemberList>? KeepMembers { get; init; }

    /// <summary>Receives lines for the log; called from the host's threads, and must return at once.</summary>
    public Action<string>? Log { get; init; }

    /// <summary>Gives monotonic time to the node; its wall clock is not read. With another one than this, time off counts for nothing.</summary>
    public TimeProvider Clock { get; init; } = BootClock.Instance;
}

/// <param name="Seeds">Addresses to say hello to.</param>
public sealed record ConfiguredTransport(ITransport Transport, IReadOnlyList<LinkAddress> Seeds);
