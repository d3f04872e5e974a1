using EdgePeer.Wire;

namespace EdgePeer.Simulator.Network;

/// <summary>What a medium does to frames on their way from one port to another; each direction of a pair has its own.</summary>
internal sealed class SimPath
{
    public double Loss { get; set; }

    public double Duplicated { get; set; }

    public double Reordered { get; set; }

    /// <summary>Share of bits that flip. A frame with a flipped bit is dropped by the transport's checksum, but for a few.</summary>
    public double BitErrorRate { get; set; }

    public TimeSpan Delay { get; set; }

    public TimeSpan Jitter { get; set; }

    /// <summary>A partition: nothing passes in this direction.</summary>
    public bool Cut { get; set; }

    /// <summary>Rate of a bottleneck beyond the sender's own interface; zero when there is none.</summary>
    public long BitsPerSecond { get; set; }

    /// <summary>When the bottleneck has passed all it holds.</summary>
    public Instant BottleneckBusyUntil { get; set; }

    /// <summary>Arrival of the latest frame, for media that keep order.</summary>
    public Instant LastArrival { get; set; }

    public void Heal()
    {
        Loss = Duplicated = Reordered = BitErrorRate = 0;
        Jitter = TimeSpan.Zero;
        Cut = false;
        BitsPerSecond = 0;
    }
}
