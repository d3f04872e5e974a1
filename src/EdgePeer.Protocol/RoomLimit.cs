namespace EdgePeer.Protocol;

/// <summary>What sets the limit to the room that a pipe has left.</summary>
public enum RoomLimit
{
    /// <summary>All that the journal has for outgoing messages.</summary>
    Journal,

    /// <summary>The pipe's own capacity.</summary>
    Capacity,

    /// <summary>The journal has room that is kept free for other pipes.</summary>
    Share,
}
