using EdgePeer.Protocol.Groups;
using EdgePeer.Protocol.Pipes;
using EdgePeer.Wire;

namespace EdgePeer.Protocol;

/// <summary>Names a call of an application that waits for receipts; chosen by the caller, never reused.</summary>
public readonly record struct CallerId(ulong Value);

/// <summary>Names an application that reads an input endpoint; chosen by the caller, never reused.</summary>
public readonly record struct ReaderId(ulong Value) : IComparable<ReaderId>
{
    public int CompareTo(ReaderId other) => Value.CompareTo(other.Value);
}

/// <summary>How far a message has come. Up to <see cref="Consumed"/> each implies those before it, down to <see cref="Durable"/>.</summary>
public enum Receipt : byte
{
    /// <summary>Refused and never accepted, or dropped as its pipe's policy says; the reason says which, and why.</summary>
    Rejected,

    /// <summary>On flash here.</summary>
    Durable,

    /// <summary>Kept on flash there, by every bound endpoint.</summary>
    Delivered,

    /// <summary>The application there has taken it.</summary>
    Consumed,

    /// <summary>Its time to live was over before it was kept there: nothing more is to be waited for.</summary>
    Expired,
}

/// <summary>What the node wants done, or says. Taken with <see cref="Node.TryTakeAction"/> until there is none.</summary>
public abstract record NodeAction;

/// <summary>A message has come so far; the caller has asked for this receipt.</summary>
/// <param name="Reason">For <see cref="Receipt.Rejected"/>: why, and the mend; else null.</param>
public sealed record ReceiptReached(CallerId Caller, Receipt Receipt, StreamKey Stream, ulong Sequence, string? Reason) : NodeAction;

/// <summary>Messages of a lane that is written here end before their endpoint has kept them.</summary>
/// <param name="Settled">They have ended, which the buffer was asked to keep; else the receiver is to say first whether it kept some of them.</param>
public sealed record MessagesEnded(StreamKey Stream, ulong First, ulong Last, EndReason Reason, bool Settled) : NodeAction;

/// <summary>A message for a reader, in order. Its bytes are read with <see cref="Node.TryReadPayload"/> until it is consumed.</summary>
public sealed record Delivery(ReaderId Reader, EndpointName Endpoint, StreamKey Stream, ulong Sequence, int TotalBytes) : NodeAction;

/// <summary>The node chose, or chose again, its one-byte address on a transport with <see cref="TransportTraits.ChosenAddresses"/>.</summary>
public sealed record AddressChosen(TransportId Transport, LinkAddress Address) : NodeAction;

/// <summary>
/// A member of the group has told a newer list, signed by the same authority. It is in force when it is on flash and
/// <see cref="Node.UseMembers"/> was called; until then it may be learnt again.
/// </summary>
public sealed record MembersLearnt(MemberList Members) : NodeAction;

/// <summary>A reader was refused or cut off; the reason says why.</summary>
public sealed record ReaderEnded(ReaderId Reader, string Reason) : NodeAction;

public enum ReportKind
{
    PeerFound,
    PeerLost,
    LinkUp,
    LinkDown,
    Bound,
    Refused,

    /// <summary>A declared gap: messages of a stream that will not come; the text says which.</summary>
    Gap,

    /// <summary>A stream went on under a new incarnation; the text says why.</summary>
    NewIncarnation,
    DuplicateIdentity,
    Warning,
}

/// <summary>Something an operator may want to know, as one line of text.</summary>
/// <param name="Link">The way that the text speaks of, which it does not name: numbers mean nothing to a person, and names are the runtime's.</param>
public sealed record Report(ReportKind Kind, string Text, LinkPlace? Link = null) : NodeAction;

/// <summary>A neighbour's place: an address on a transport.</summary>
public readonly record struct LinkPlace(TransportId Transport, LinkAddress Address);
