namespace EdgePeer.Wire;

/// <summary>
/// Opens a path between two peers on one link, and answers that. Both kinds have one layout and length, so that an answer is
/// never larger than its cause. WIRE.md, "Open and accept".
/// </summary>
/// <param name="IsAccept">An answer; else an opening.</param>
/// <param name="Boot">The sender's; random, new at each start.</param>
/// <param name="ToBoot">In an answer the opener's boot; in an opening the boot it last knew of the other, or zero.</param>
/// <param name="Label">What the sender wants to see on packets to it, on this link; never zero.</param>
/// <param name="FrameBytesMax">The largest frame that the sender takes on this link.</param>
/// <param name="Address">The sender's chosen address; empty where the transport tells it.</param>
public readonly record struct GreetingFrame(bool IsAccept, PeerId Peer, ulong Boot, ulong ToBoot, ushort Label, int FrameBytesMax, LinkAddress Address)
{
    public const int BytesMax = 1 + PeerId.SizeBytes + 8 + 8 + 2 + 2 + 1 + LinkAddress.LengthMax + FrameHead.TagBytes;

    public int Write(Span<byte> frame, uint groupSeed)
    {
        var writer = new WireWriter(frame);
        writer.WriteByte(FrameHead.For(IsAccept ? FrameKind.Accept : FrameKind.Open));
        writer.WritePeerId(Peer);
        writer.WriteUInt64(Boot);
        writer.WriteUInt64(ToBoot);
        writer.WriteUInt16(Label);
        writer.WriteUInt16((ushort)FrameBytesMax);
        writer.WriteAddress(Address);
        Tag.Seal(ref writer, groupSeed);
        return writer.Length;
    }

    public static FrameFault TryRead(ReadOnlySpan<byte> frame, uint groupSeed, out GreetingFrame greeting)
    {
        greeting = default;
        if (!Tag.TryOpen(frame, groupSeed, out var opened))
            return FrameFault.WrongTag;
        var reader = new WireReader(opened);
        bool isAccept = FrameHead.Of(reader.ReadByte()).Kind == FrameKind.Accept;
        greeting = new GreetingFrame(isAccept, reader.ReadPeerId(), reader.ReadUInt64(), reader.ReadUInt64(), reader.ReadUInt16(), reader.ReadUInt16(), reader.ReadAddress());
        return reader.Failed || greeting.Label == 0 || greeting.FrameBytesMax < FrameBytesMin ? FrameFault.Malformed : FrameFault.None;
    }

    /// <summary>No transport takes less: a binding with two names of 64 bytes must fit one frame.</summary>
    public const int FrameBytesMin = 200;
}
