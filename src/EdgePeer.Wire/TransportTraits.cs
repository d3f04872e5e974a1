namespace EdgePeer.Wire;

/// <summary>Names one configured transport of a peer; small numbers in the order of the configuration.</summary>
public readonly record struct TransportId(int Value) : IComparable<TransportId>
{
    public int CompareTo(TransportId other) => Value.CompareTo(other.Value);

    public override string ToString() => $"transport {Value}";
}

/// <summary>What a transport says of itself, as data: what the layers above may rely on, and what it costs.</summary>
public sealed record TransportTraits
{
    /// <summary>Largest frame in bytes, without the transport's own framing; 200 to 8,192 on what exists today.</summary>
    public required int FrameBytesMax { get; init; }

    /// <summary>Bytes that the transport adds to each frame on the wire.</summary>
    public int FramingBytes { get; init; }

    /// <summary>Line rate in bit/s with all framing bits, or 0 when it is not known (Ethernet, a broker).</summary>
    public long BitsPerSecond { get; init; }

    /// <summary>Bits on the line for one byte: 10 on an asynchronous serial line.</summary>
    public int BitsPerByte { get; init; } = 8;

    /// <summary>A frame can be sent to all who listen here.</summary>
    public bool Broadcast { get; init; }

    public bool HalfDuplex { get; init; }

    /// <summary>Frames arrive in the order in which they were sent, or not at all: a later one heard means an earlier one lost.</summary>
    public bool KeepsOrder { get; init; }

    /// <summary>Losses come from bit errors, so that shorter frames get through better.</summary>
    public bool BitErrors { get; init; }

    /// <summary>Addresses are one byte, chosen by the node and chosen again on collision; frames that need a source carry it.</summary>
    public bool ChosenAddresses { get; init; }

    /// <summary>Relative cost of a byte; the cheaper live link is used.</summary>
    public int Cost { get; init; } = 10;

    /// <summary>Time on the line for a frame of that many bytes, framing included; zero when the rate is not known.</summary>
    public TimeSpan Airtime(int frameBytes) =>
        BitsPerSecond == 0 ? TimeSpan.Zero : new((frameBytes + FramingBytes) * (long)BitsPerByte * TimeSpan.TicksPerSecond / BitsPerSecond);
}
