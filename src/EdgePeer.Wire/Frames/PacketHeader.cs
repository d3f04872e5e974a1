namespace EdgePeer.Wire;

/// <summary>The clear head of a packet: the receiver's label of the path, and a truncated packet number. WIRE.md, "Packet".</summary>
/// <param name="ShortTag">Sealed with a tag of 8 bytes; else 16.</param>
/// <param name="NumberBytes">1 to 4.</param>
public readonly record struct PacketHeader(bool ShortTag, ushort Label, uint TruncatedNumber, int NumberBytes)
{
    public int Bytes => 3 + NumberBytes;

    public static FrameFault TryRead(ReadOnlySpan<byte> frame, out PacketHeader header)
    {
        header = default;
        var reader = new WireReader(frame);
        var head = FrameHead.Of(reader.ReadByte());
        int numberBytes = head.Bits + 1;
        ushort label = reader.ReadUInt16();
        uint truncated = 0;
        foreach (byte b in reader.ReadBytes(numberBytes))
            truncated = (truncated << 8) | b;
        header = new PacketHeader(head.Kind == FrameKind.ShortTagPacket, label, truncated, numberBytes);
        return reader.Failed ? FrameFault.TooShort : FrameFault.None;
    }

    public static void Write(ref WireWriter writer, bool shortTag, ushort label, ulong number, ulong? largestHeard)
    {
        int bytes = NumberBytesFor(number, largestHeard);
        writer.WriteByte(FrameHead.For(shortTag ? FrameKind.ShortTagPacket : FrameKind.Packet, bytes - 1));
        writer.WriteUInt16(label);
        for (int i = bytes - 1; i >= 0; i--)
            writer.WriteByte((byte)(number >> (8 * i)));
    }

    /// <summary>Enough bits for twice the numbers that may be on the way (RFC 9000 §A.2).</summary>
    public static int NumberBytesFor(ulong number, ulong? largestHeard)
    {
        ulong unheard = largestHeard is { } heard ? number - heard : number + 1;
        return unheard < 1 << 7 ? 1 : unheard < 1 << 15 ? 2 : unheard < 1 << 23 ? 3 : 4;
    }

    /// <summary>The full number nearest to the one expected next (RFC 9000 §A.3).</summary>
    public ulong Expand(ulong expected)
    {
        ulong window = 1UL << (8 * NumberBytes);
        ulong candidate = (expected & ~(window - 1)) | TruncatedNumber;
        if (candidate + (window / 2) <= expected)
            return candidate + window;
        return candidate > expected + (window / 2) && candidate >= window ? candidate - window : candidate;
    }
}
