namespace EdgePeer.Wire;

/// <summary>What stands before the sealed part of a beacon, and what it is sealed with. WIRE.md, "Beacon".</summary>
/// <param name="ShortTag">Sealed with a tag of 8 bytes; else 16.</param>
/// <param name="Boot">Random, new at each start of the peer.</param>
/// <param name="Counter">Of the beacons of this boot; never repeats.</param>
public readonly record struct BeaconHeader(bool ShortTag, ulong Boot, uint Counter)
{
    public const int Bytes = 1 + 8 + 4;

    public void Write(ref WireWriter writer)
    {
        writer.WriteByte(FrameHead.For(FrameKind.Beacon, ShortTag ? 1 : 0));
        writer.WriteUInt64(Boot);
        writer.WriteUInt32(Counter);
    }

    public static FrameFault TryRead(ReadOnlySpan<byte> frame, out BeaconHeader header)
    {
        var reader = new WireReader(frame);
        byte bits = FrameHead.Of(reader.ReadByte()).Bits;
        header = new BeaconHeader(bits == 1, reader.ReadUInt64(), reader.ReadUInt32());
        return reader.Failed ? FrameFault.TooShort : bits > 1 ? FrameFault.Malformed : FrameFault.None;
    }
}

/// <summary>"I am here", to all who listen on a transport: the sealed part. A hint that leads to a handshake. WIRE.md, "Beacon".</summary>
/// <param name="NextWithinTenths">The next beacon comes within so many tenths of a second.</param>
/// <param name="Digest">Of what the peer knows; changes when that does.</param>
/// <param name="MembersVersion">Of the member list that the peer holds; zero for none.</param>
/// <param name="Address">The sender's chosen address; empty where the transport tells it.</param>
public readonly record struct BeaconBody(PeerId Peer, uint NextWithinTenths, uint Digest, ulong MembersVersion, LinkAddress Address, string Name)
{
    public const int BytesMax = PeerId.SizeBytes + 5 + 4 + 9 + 1 + LinkAddress.LengthMax + 1 + 64;

    public void Write(ref WireWriter writer)
    {
        writer.WritePeerId(Peer);
        writer.WriteVarint(NextWithinTenths);
        writer.WriteUInt32(Digest);
        writer.WriteVarint(MembersVersion);
        writer.WriteAddress(Address);
        writer.WriteName(Name);
    }

    public static bool TryRead(ReadOnlySpan<byte> opened, out BeaconBody beacon)
    {
        var reader = new WireReader(opened);
        beacon = new BeaconBody(
            reader.ReadPeerId(), (uint)reader.ReadVarint(NextWithinTenthsMax), reader.ReadUInt32(), reader.ReadVarint(), reader.ReadAddress(), reader.ReadName());
        return !reader.Failed && Names.Legal(beacon.Name);
    }

    // A day: nobody is waited for longer.
    private const int NextWithinTenthsMax = 864_000;
}
