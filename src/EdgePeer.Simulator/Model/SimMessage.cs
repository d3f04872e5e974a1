using EdgePeer.Protocol;
using EdgePeer.Protocol.Pipes;
using EdgePeer.Simulator.Peers;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Model;

internal enum MessageState
{
    /// <summary>The application has it; no node has taken it.</summary>
    Offered,

    /// <summary>A node has taken it and said nothing yet: a crash may keep or lose it.</summary>
    InDoubt,

    /// <summary>The node said durable, or a recovery showed it: from here on it must arrive.</summary>
    Durable,

    /// <summary>A crash took it before anyone was told that it was safe.</summary>
    LostInDoubt,

    /// <summary>The node refused it.</summary>
    Refused,

    /// <summary>Its end was declared: a gap, after the flash that held it was replaced.</summary>
    DeclaredLost,
}

/// <summary>One message of an application, as the model knows it.</summary>
internal sealed class SimMessage(int number, SimPeer sender, SimPipe pipe)
{
    /// <summary>From which the payload follows.</summary>
    public int Number => number;

    public SimPeer Sender => sender;

    public SimPipe Pipe => pipe;

    public byte? Lane { get; init; }

    public UInt128 Tag { get; init; }

    public int Length { get; init; }

    /// <summary>Stated with the message; null takes the pipe's.</summary>
    public TimeSpan? Ttl { get; init; }

    public TimeSpan? TtlInUse => Ttl ?? Pipe.Options.Ttl;

    /// <summary>When the node took it.</summary>
    public Instant AcceptedAt { get; set; }

    /// <summary>Its sender has said that it ends early, so that its endpoint may go on without it.</summary>
    public EndReason? Ending { get; set; }

    /// <summary>Its sender has said so for good, and not taken it back by losing its memory since.</summary>
    public bool Ended { get; set; }

    public MessageState State { get; set; }

    /// <summary>Known from <see cref="MessageState.InDoubt"/> on.</summary>
    public StreamKey Stream { get; set; }

    /// <summary>The number that its acceptance was given.</summary>
    public ulong Sequence { get; set; }

    /// <summary>Where its pipe has turns, the one under which it was first seen on the wire; null until then.</summary>
    public ulong? Turn { get; set; }

    /// <summary>It is read where it is written: there is one copy of it, the writer's.</summary>
    public bool IsOwn => Sender == Pipe.Reader;

    public bool HasTurns => Pipe.Options.Order != BacklogOrder.OldestFirst;

    /// <summary>Its sequence on the wire, and at its receiver; null while it has none.</summary>
    public ulong? SentAs => HasTurns ? Turn : Sequence;

    /// <summary>The furthest receipt that any caller was given.</summary>
    public Receipt Reached { get; set; }

    /// <summary>Frames with bytes of it have left: its sequence number can mean nothing else any more.</summary>
    public bool SeenOnWire { get; set; }

    /// <summary>The sender's flash was replaced by one that never knew of it: its books begin without it.</summary>
    public bool OffTheBooks { get; set; }

    public byte LaneInUse => Lane ?? Pipe.Options.Priority;

    public override string ToString() => $"message {number} ({Length} bytes, {State}, {Stream} {Sequence})";
}

/// <summary>A call that waits for receipts of a message.</summary>
internal sealed class SimCall(CallerId caller, SimMessage message, Receipt waitFor, int life)
{
    public CallerId Caller => caller;

    public SimMessage Message => message;

    public Receipt WaitFor => waitFor;

    /// <summary>The life of the peer in which it was made; it dies with it.</summary>
    public int Life => life;

    public Receipt Last { get; set; } = Receipt.Rejected;

    public bool Forgotten { get; set; }

    public bool Answered { get; set; }
}

/// <summary>A pipe of the scenario: one input endpoint, on one peer.</summary>
/// <param name="Own">That peer writes it too, and reads what it writes.</param>
internal sealed record SimPipe(PipeName Name, EndpointName Endpoint, SimPeer Reader, PipeOptions Options, bool Own);
