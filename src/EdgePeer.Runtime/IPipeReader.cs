using EdgePeer.Wire;

namespace EdgePeer.Runtime;

/// <summary>One application's place in a pipe: an asynchronous sequence of messages, each consumed when the application says so.</summary>
public interface IPipeReader : IAsyncDisposable
{
    /// <summary>The next message; null when the host stops or the reader was disposed. One call at a time.</summary>
    /// <exception cref="PipeRefusedException">The node refused the reader, or the flash cannot give a message back.</exception>
    ValueTask<ReceivedMessage?> ReadAsync(CancellationToken cancellation = default);

    /// <summary>
    /// Consumes the message, and those of its stream read here before it. Returns at once: a message consumed within a sync
    /// window of a crash may be handed over again, with the same identity.
    /// </summary>
    void Consume(ReceivedMessage message);
}

/// <param name="Payload">Owned by the receiver of the record.</param>
public sealed record ReceivedMessage(StreamKey Stream, EndpointName Endpoint, ulong Sequence, byte[] Payload);

public sealed class PipeRefusedException(string reason) : Exception(reason);
