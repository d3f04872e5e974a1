namespace EdgePeer.Wire;

/// <summary>"I do not know that label": says to a peer that the other end has started anew. WIRE.md, "Hint".</summary>
public readonly record struct HintFrame(ushort Label)
{
    public const int Bytes = 3 + FrameHead.TagBytes;

    public int Write(Span<byte> frame, uint groupSeed)
    {
        var writer = new WireWriter(frame);
        writer.WriteByte(FrameHead.For(FrameKind.Hint));
        writer.WriteUInt16(Label);
        Tag.Seal(ref writer, groupSeed);
        return writer.Length;
    }

    public static FrameFault TryRead(ReadOnlySpan<byte> frame, uint groupSeed, out HintFrame hint)
    {
        hint = default;
        if (!Tag.TryOpen(frame, groupSeed, out var opened))
            return FrameFault.WrongTag;
        var reader = new WireReader(opened);
        reader.ReadByte();
        hint = new HintFrame(reader.ReadUInt16());
        return reader.Failed ? FrameFault.Malformed : FrameFault.None;
    }
}
