using EdgePeer.Protocol.Discovery;
using EdgePeer.Protocol.Pipes;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Sessions;

internal enum PacketState : byte
{
    InFlight,
    Heard,

    /// <summary>Taken for lost, and its content sent again; it may still turn out to have come.</summary>
    Lost,
}

/// <summary>A packet that asks to be heard of, and what was in it.</summary>
internal sealed class SentPacket
{
    public required ulong Number { get; init; }

    public required Instant SentAt { get; init; }

    /// <summary>Of the frame, without the transport's framing.</summary>
    public int Bytes { get; set; }

    public required long DeliveredWhenSent { get; init; }

    public required Instant DeliveredAtWhenSent { get; init; }

    public PacketState State { get; set; }

    /// <summary>It tells the other end what the path is.</summary>
    public bool Joins { get; set; }

    public List<SentPiece> Pieces { get; } = [];

    public List<ControlItem> Controls { get; } = [];

    public List<Advertisement> Advertisements { get; } = [];

    /// <summary>Channels whose kept state was in it: told again when it is lost and nothing later told it.</summary>
    public List<InChannel> KeptTold { get; } = [];
}

/// <summary>A byte range of a message in a packet. A whole empty message has length zero.</summary>
internal readonly record struct SentPiece(OutChannel Channel, ulong Sequence, int Offset, int Length);

/// <summary>A word of one session that is said until it is heard.</summary>
internal sealed class ControlItem(ItemKind kind, byte[] body)
{
    public ItemKind Kind { get; } = kind;

    public byte[] Body { get; } = body;

    /// <summary>It no longer holds; it is not said again.</summary>
    public bool Withdrawn { get; set; }
}
