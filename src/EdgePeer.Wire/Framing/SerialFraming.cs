namespace EdgePeer.Wire.Framing;

/// <summary>How a frame stands on a serial line: SERIAL.md, "On the line".</summary>
public static class SerialFraming
{
    /// <summary>Stands between frames, and nowhere in them.</summary>
    public const byte Delimiter = 0x00;

    /// <summary>The destination that every listener takes for its own.</summary>
    public const byte Everyone = 0x7F;

    /// <summary>The highest address that a node may choose; the lowest is 1.</summary>
    public const byte AddressMax = 0x7E;

    /// <summary>One byte of COBS, destination, checksum and one delimiter: what a frame of up to 252 bytes costs.</summary>
    public const int FramingBytes = 4;

    /// <summary>The longest frame of any serial line: 90 ms at 115,200 baud, where faster lines gain less than 1 % from longer ones.</summary>
    public const int FrameBytesMax = 1024;

    /// <summary>Bytes on the line for a frame at most, with a delimiter before and after.</summary>
    public static int LineBytesMax(int frameBytes) => Cobs.EncodedBytesMax(frameBytes + EnvelopeBytes) + 2;

    /// <param name="destination">1 to 126, or <see cref="Everyone"/>.</param>
    /// <param name="yields">The sender lets others begin after this frame.</param>
    /// <param name="afterSilence">Puts a delimiter before the frame too, which ends whatever noise the receiver took for a beginning.</param>
    /// <param name="frame">1 to <see cref="FrameBytesMax"/> bytes.</param>
    /// <param name="into">At least <see cref="LineBytesMax"/> bytes.</param>
    /// <param name="fingerprint"><see cref="SerialFrame.Fingerprint"/> of the echo.</param>
    /// <returns>The number of bytes written.</returns>
    public static int Encode(byte destination, bool yields, bool afterSilence, ReadOnlySpan<byte> frame, Span<byte> into, out uint fingerprint)
    {
        ArgumentOutOfRangeException.ThrowIfZero(destination);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(destination, Everyone);
        ArgumentOutOfRangeException.ThrowIfZero(frame.Length);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(frame.Length, FrameBytesMax);
        Span<byte> envelope = stackalloc byte[FrameBytesMax + EnvelopeBytes];
        envelope[0] = (byte)(yields ? destination | YieldBit : destination);
        frame.CopyTo(envelope[1..]);
        int covered = 1 + frame.Length;
        fingerprint = Crc32C.Compute(envelope[..covered]);
        envelope[covered] = Crc8.Compute(envelope[..covered]);
        int written = 0;
        if (afterSilence)
            into[written++] = Delimiter;
        written += Cobs.Encode(envelope[..(covered + ChecksumBytes)], into[written..]);
        into[written++] = Delimiter;
        return written;
    }

    internal const byte YieldBit = 0x80;
    internal const int ChecksumBytes = 1;

    /// <summary>Destination and checksum.</summary>
    internal const int EnvelopeBytes = 1 + ChecksumBytes;
}
