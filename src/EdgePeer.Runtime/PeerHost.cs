using EdgePeer.Protocol;
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

    /// <summary>Receives lines for the log; called from the host's threads.</summary>
    public Action<string>? Log { get; init; }
}

/// <param name="Seeds">Addresses to say hello to.</param>
public sealed record ConfiguredTransport(ITransport Transport, IReadOnlyList<LinkAddress> Seeds);

/// <param name="ClientId">The application's own id of the message, 1 to 128 characters; a second send with it is not stored again.</param>
/// <param name="Lane">0 to 7; null takes the pipe's priority.</param>
public sealed record SendOptions(string? ClientId = null, byte? Lane = null, Receipt WaitFor = Receipt.Durable);

/// <param name="Reached"><see cref="Receipt.Rejected"/>, or the receipt waited for.</param>
public sealed record SendResult(Receipt Reached, StreamKey Stream, ulong Sequence, string? Reason);

/// <param name="Payload">Owned by the receiver of the record.</param>
public sealed record ReceivedMessage(StreamKey Stream, EndpointName Endpoint, ulong Sequence, byte[] Payload);

public sealed record TransportStatus(TransportId Id, string Name, string Type, bool Up, TransportTraits? Traits, TransportCounters Counters, string? DownReason);

public sealed record HostStatus(TimeSpan Uptime, NodeStatus Node, IReadOnlyList<TransportStatus> Transports, JournalCounters Journal, RecoveryReport Recovery);

/// <summary>One application's place in a pipe: an asynchronous sequence of messages, each consumed when the application says so.</summary>
public interface IPipeReader : IAsyncDisposable
{
    /// <summary>The next message; null when the host stops.</summary>
    /// <exception cref="PipeRefusedException">The node refused the reader.</exception>
    ValueTask<ReceivedMessage?> ReadAsync(CancellationToken cancellation = default);

    /// <summary>Consumes the message, and those of its stream read here before it.</summary>
    void Consume(ReceivedMessage message);
}

public sealed class PipeRefusedException(string reason) : Exception(reason);

/// <summary>A second agent holds the journal's lock.</summary>
public sealed class StateDirectoryBusyException(string message) : Exception(message);

/// <summary>
/// A running peer: the one loop that joins core, journal and transports, and the public .NET API. All members are thread-safe.
/// </summary>
public sealed class PeerHost : IAsyncDisposable
{
    /// <summary>Locks the state directory and recovers the journal.</summary>
    /// <exception cref="StateDirectoryBusyException">Another agent runs on the directory.</exception>
    public static PeerHost Open(PeerHostOptions options) => throw new NotSupportedException();

    /// <summary>Completes when the journal is recovered and the node runs.</summary>
    public Task StartAsync() => throw new NotSupportedException();

    /// <summary>Waits for room as the pipe's policy says; completes with the receipt asked for, or a rejection.</summary>
    public Task<SendResult> SendAsync(PipeName pipe, ReadOnlyMemory<byte> payload, SendOptions options, CancellationToken cancellation = default) => throw new NotSupportedException();

    /// <param name="window">Most messages read and not yet consumed.</param>
    public IPipeReader OpenReader(PipeName pipe, EndpointName endpoint, int window = 64) => throw new NotSupportedException();

    public Task<HostStatus> StatusAsync() => throw new NotSupportedException();

    /// <summary>Grows each time the node's loop has gone round; a watchdog is fed only while it does.</summary>
    public long LoopTurns => throw new NotSupportedException();

    /// <summary>Completes, with the reason, when the host can't go on (an invariant broke); never otherwise.</summary>
    public Task<string> Failed => throw new NotSupportedException();

    /// <summary>Stops taking messages, syncs the journal, stops the transports, frees the directory.</summary>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
