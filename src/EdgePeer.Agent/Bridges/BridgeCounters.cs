namespace EdgePeer.Agent.Bridges;

/// <summary>What a bridge has done since it was started. Written under its lock.</summary>
internal sealed class BridgeCounters
{
    /// <summary>Given to the broker, repeats included.</summary>
    public long Published { get; set; }

    /// <summary>To a broker: what it has acknowledged. From one: what is durable here and acknowledged to it.</summary>
    public long Acknowledged { get; set; }

    /// <summary>Of the published, those that the broker had acknowledged before it forgot them.</summary>
    public long Replayed { get; set; }

    /// <summary>Acknowledged by a broker that has forgotten them since, and no longer here to be given again: whether its consumers have them is not known.</summary>
    public long Forgotten { get; set; }

    /// <summary>Named in the log and passed by: nobody can take them.</summary>
    public long Refused { get; set; }

    public long Received { get; set; }
}

/// <summary>A bridge as `status` shows it.</summary>
/// <param name="DownReason">One line for a person; null while it is up.</param>
/// <param name="InFlight">Published and not yet acknowledged.</param>
/// <param name="Held">Acknowledged, and kept for a broker that forgets.</param>
internal sealed record BridgeView(
    string Pipe, string Transport, string Broker, string Direction, string Topic, bool Up, string? DownReason,
    long Published, long Acknowledged, long InFlight, long Held, long Replayed, long Forgotten, long Refused, long Received);
