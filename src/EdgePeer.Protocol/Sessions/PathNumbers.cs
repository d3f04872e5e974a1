namespace EdgePeer.Protocol.Sessions;

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
