using EdgePeer.Wire;

namespace EdgePeer.Protocol.Sessions;

/// <summary>
/// The packet numbers of two boots with each other, path by path. They outlive a session: where one end has ended it and the other has
/// not, both still count on from the same number when they meet again.
/// </summary>
internal sealed class SessionNumbers
{
    private readonly PathNumbers?[] _paths = new PathNumbers?[Labels.PathMax + 1];

    /// <summary>Another boot of the peer has taken the place of this one: a peer does not return to a boot, so that who does is another.</summary>
    public bool Replaced { get; set; }

    /// <summary>Null where no packet of that path was sent or taken.</summary>
    public PathNumbers? Find(int path) => _paths[path];

    public PathNumbers Of(int path) => _paths[path] ??= new PathNumbers();
}

/// <summary>The packet numbers of one path of a session in both directions: never used twice, whatever becomes of the path.</summary>
internal sealed class PathNumbers
{
    /// <summary>Of the next packet to send.</summary>
    public ulong Next { get; set; }

    /// <summary>The highest that the other end has heard of.</summary>
    public ulong? LargestHeard { get; set; }

    public ReceivedPackets Received { get; } = new();

    /// <summary>A join with a lower number is one of before, and may be a repetition that was not read when it came first.</summary>
    public ulong NextJoin { get; set; }
}
