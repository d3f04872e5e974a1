namespace EdgePeer.Wire;

/// <summary>"I am here", to all who listen on a transport. A hint: it leads to an <see cref="GreetingFrame"/>. WIRE.md, "Beacon".</summary>
/// <param name="Boot">Random, new at each start of the peer.</param>
/// <param name="NextWithinTenths">The next beacon comes within so many tenths of a second.</param>
/// <param name="Digest">Changes when the input endpoints of the peer change.</param>
/// <param name="Address">The sender's chosen address; empty where the transport tells it.</param>
public readonly record struct BeaconFrame(PeerId Peer, ulong Boot, uint NextWithinTenths, uint Digest, LinkAddress Address, string Name)
{
    public const int BytesMax = 1 + PeerId.SizeBytes + 8 + 5 + 4 + 1 + LinkAddress.LengthMax + 1 + 64 + FrameHead.TagBytes;

    public int Write(Span<byte> frame, uint groupSeed)
    {
        var writer = new WireWriter(frame);
        writer.WriteByte(FrameHead.For(FrameKind.Beacon));
        writer.WritePeerId(Peer);
        writer.WriteUInt64(Boot);
        writer.WriteVarint(NextWithinTenths);
        writer.WriteUInt32(Digest);
        writer.WriteAddress(Address);
        writer.WriteName(Name);
        Tag.Seal(ref writer, groupSeed);
        return writer.Length;
    }

    public static FrameFault TryRead(ReadOnlySpan<byte> frame, uint groupSeed, out BeaconFrame beacon)
    {
        beacon = default;
        if (!Tag.TryOpen(frame, groupSeed, out var opened))
            return FrameFault.WrongTag;
        var reader = new WireReader(opened);
        reader.ReadByte();
        beacon = new BeaconFrame(reader.ReadPeerId(), reader.ReadUInt64(), (uint)reader.ReadVarint(NextWithinTenthsMax), reader.ReadUInt32(), reader.ReadAddress(), reader.ReadName());
        return reader.Failed || !Names.Legal(beacon.Name) ? FrameFault.Malformed : FrameFault.None;
    }

    // A day: nobody is waited for longer.
    private const int NextWithinTenthsMax = 864_000;
}
