using EdgePeer.Wire;

namespace EdgePeer.Simulator.Network;

/// <summary>Who sits behind a port.</summary>
internal interface IPortOwner
{
    void OnFrame(SimPort port, LinkAddress from, ReadOnlySpan<byte> frame);

    /// <summary>A frame of the adversary's; nothing tells it from another.</summary>
    void OnInjected(SimPort port, LinkAddress from, ReadOnlySpan<byte> frame);

    /// <summary>The port may have room for another frame now.</summary>
    void OnRoom(SimPort port);
}

/// <summary>One owner's transport on a medium. Below it lies one frame on a line, a few on an Ethernet, and nothing else.</summary>
internal sealed class SimPort(SimMedium medium, int place, IPortOwner owner, TransportId id, LinkAddress address)
{
    public SimMedium Medium => medium;

    /// <summary>Index among the medium's ports.</summary>
    public int Place => place;

    public IPortOwner Owner => owner;

    public TransportId Id => id;

    /// <summary>Fixed, or chosen by the node on media with chosen addresses.</summary>
    public LinkAddress Address { get; set; } = address;

    public bool Up { get; set; } = true;

    /// <summary>When all that was handed over has left.</summary>
    public Instant BusyUntil { get; set; }

    /// <summary>On a shared line: before this moment it is someone else's turn.</summary>
    public Instant TurnAt { get; set; }

    /// <summary>A room event is on its way.</summary>
    public bool RoomAwaited { get; set; }

    public override string ToString() => $"{medium.Name}.{place}";
}
