namespace EdgePeer.Wire;

/// <summary>"I do not know that label": says to a peer that the other end has started anew. WIRE.md, "Hint".</summary>
public readonly record struct HintFrame(ushort Label)
{
    public const int Bytes = 3 + GroupCode.Bytes;

    public void Write(ref WireWriter writer)
    {
        writer.WriteByte(FrameHead.For(FrameKind.Hint));
        writer.WriteUInt16(Label);
    }

    public static bool TryRead(ref WireReader reader, out HintFrame hint)
    {
        reader.ReadByte();
        hint = new HintFrame(reader.ReadUInt16());
        return !reader.Failed;
    }
}
