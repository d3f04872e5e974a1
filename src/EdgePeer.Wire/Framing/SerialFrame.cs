namespace EdgePeer.Wire.Framing;

/// <summary>A whole frame heard on a serial line, its checksum right and its destination legal.</summary>
public readonly ref struct SerialFrame
{
    /// <summary>1 to 126, or <see cref="SerialFraming.Everyone"/>.</summary>
    public required byte Destination { get; init; }

    /// <summary>The sender lets others begin.</summary>
    public required bool Yields { get; init; }

    /// <summary>CRC-32C of all before the checksum: tells a sender's own frame from another's.</summary>
    public required uint Fingerprint { get; init; }

    /// <summary>Bytes it took on the line, with one delimiter.</summary>
    public required int LineBytes { get; init; }

    /// <summary>Lent until the decoder is called again; at least one byte.</summary>
    public required ReadOnlySpan<byte> Frame { get; init; }
}
