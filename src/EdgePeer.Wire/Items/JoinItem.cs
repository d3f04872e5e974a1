namespace EdgePeer.Wire;

/// <summary>Opens a path of a session over the link that it comes by. WIRE.md, "Join".</summary>
/// <param name="FrameBytesMax">The largest frame that the sender takes on this link.</param>
/// <param name="Address">The sender's chosen address; empty where the transport tells it.</param>
public readonly record struct JoinItem(int FrameBytesMax, LinkAddress Address)
{
    public void Write(ref WireWriter writer)
    {
        writer.WriteUInt16((ushort)FrameBytesMax);
        writer.WriteAddress(Address);
    }

    public static bool TryRead(ReadOnlySpan<byte> body, out JoinItem item)
    {
        var reader = new WireReader(body);
        item = new JoinItem(reader.ReadUInt16(), reader.ReadAddress());
        return !reader.Failed && item.FrameBytesMax >= HandshakeParameters.FrameBytesMin;
    }
}
