using EdgePeer.Wire;

namespace EdgePeer.Protocol;

/// <summary>
/// One peer's whole protocol, without sockets, files, threads or clocks: events in, then actions and frames out until there
/// are none, then sleep until <see cref="NextDeadline"/>. The simulator runs this same class.
/// </summary>
public sealed class Node
{
    public Node(NodeOptions options, IRetransmitBuffer buffer, IRandom random, Instant now) => throw new NotSupportedException();

    /// <summary>When <see cref="OnDeadline"/> must be called next.</summary>
    public Instant NextDeadline => throw new NotSupportedException();

    public void OnTransportUp(TransportId transport, TransportTraits traits, Instant now) => throw new NotSupportedException();

    public void OnTransportDown(TransportId transport, Instant now) => throw new NotSupportedException();

    /// <summary>A configured address to say hello to, again and again, until a peer answers from there.</summary>
    public void AddSeed(TransportId transport, LinkAddress address, Instant now) => throw new NotSupportedException();

    /// <summary>The transport has learned that frames to that address may have at most so many bytes.</summary>
    public void OnPathMtu(TransportId transport, LinkAddress address, int frameBytesMax, Instant now) => throw new NotSupportedException();

    /// <param name="from">The sender's address, or empty where the transport does not know it.</param>
    public void OnFrame(TransportId transport, LinkAddress from, ReadOnlySpan<byte> frame, Instant now) => throw new NotSupportedException();

    /// <summary>Composes and numbers the next frame for a transport that can start one now.</summary>
    /// <param name="frame">At least <see cref="TransportTraits.FrameBytesMax"/> bytes.</param>
    /// <returns>False when nothing may be sent there now; <see cref="NextDeadline"/> says when to look again.</returns>
    public bool TryCompose(TransportId transport, Instant now, Span<byte> frame, out OutgoingFrame sent) => throw new NotSupportedException();

    /// <summary>
    /// Takes a message of an application. Answers with <see cref="ReceiptReached"/>: <see cref="Receipt.Durable"/> and then the one
    /// waited for, or <see cref="Receipt.Rejected"/>. With a full journal and <see cref="WhenFull.Block"/> returns false: try again
    /// after the next release (<see cref="RoomVersion"/> has changed).
    /// </summary>
    /// <param name="lane">0 to 7, or null for the pipe's own.</param>
    /// <param name="tag">The client's id of the message, hashed, or zero; one seen before is answered and not stored again.</param>
    public bool TrySubmit(CallerId caller, PipeName pipe, byte? lane, UInt128 tag, ReadOnlySpan<byte> payload, Receipt waitFor, Instant now) => throw new NotSupportedException();

    /// <summary>Changes whenever outgoing room was freed.</summary>
    public ulong RoomVersion => throw new NotSupportedException();

    /// <summary>The caller no longer waits.</summary>
    public void ForgetCaller(CallerId caller) => throw new NotSupportedException();

    /// <summary>An application reads a pipe, through a named endpoint; readers of one endpoint compete.</summary>
    /// <param name="window">Most messages handed over and not yet consumed.</param>
    public void OpenReader(ReaderId reader, PipeName pipe, EndpointName endpoint, int window, Instant now) => throw new NotSupportedException();

    /// <summary>The application has taken the message, and all handed to this reader of the stream before it.</summary>
    public void Consume(ReaderId reader, in StreamKey stream, ulong sequence, Instant now) => throw new NotSupportedException();

    /// <summary>What was handed over and not consumed goes to the next reader.</summary>
    public void CloseReader(ReaderId reader, Instant now) => throw new NotSupportedException();

    public bool TryReadPayload(in StreamKey stream, ulong sequence, int offset, Span<byte> into) => throw new NotSupportedException();

    /// <summary>All asked of the buffer up to the ticket is on flash.</summary>
    public void OnDurable(ulong ticket, Instant now) => throw new NotSupportedException();

    public void OnDeadline(Instant now) => throw new NotSupportedException();

    public bool TryTakeAction(out NodeAction action) => throw new NotSupportedException();

    public NodeStatus Status(Instant now) => throw new NotSupportedException();
}
