namespace EdgePeer.Wire;

/// <summary>What an advertisement is about. WIRE.md, "Advertisement".</summary>
public enum StatementKind : byte
{
    /// <summary>A <see cref="PeerStatement"/>.</summary>
    Peer = 1,
}

/// <summary>A signed statement, as one peer passes it on to another. WIRE.md, "Advertisement".</summary>
/// <param name="ageMinutes">Since it was made, as far as known.</param>
/// <param name="statement">Signed; its first octet is a <see cref="StatementKind"/>.</param>
/// <param name="signature">Of the key in the statement.</param>
public readonly ref struct AdvertisementItem(uint ageMinutes, ReadOnlySpan<byte> statement, ReadOnlySpan<byte> signature)
{
    public uint AgeMinutes { get; } = ageMinutes;

    public ReadOnlySpan<byte> Statement { get; } = statement;

    public ReadOnlySpan<byte> Signature { get; } = signature;

    public void Write(ref WireWriter writer)
    {
        writer.WriteVarint(AgeMinutes);
        writer.WriteBytes(Statement);
        writer.WriteBytes(Signature);
    }

    public static bool TryRead(ReadOnlySpan<byte> body, out AdvertisementItem item)
    {
        item = default;
        var reader = new WireReader(body);
        int age = reader.ReadVarint(PeerStatement.LifetimeMinutesMax);
        if (reader.Failed || reader.Remaining <= SignatureBytes)
            return false;
        var rest = reader.ReadRest();
        item = new AdvertisementItem((uint)age, rest[..^SignatureBytes], rest[^SignatureBytes..]);
        return true;
    }

    /// <summary>ECDSA on P-256: r and s.</summary>
    public const int SignatureBytes = 64;

    /// <summary>Of a body with a <see cref="PeerStatement"/>.</summary>
    public const int BytesMax = 2 + PeerStatement.BytesMax + SignatureBytes;
}

/// <summary>"I am a peer of this group", by the holder of the key. WIRE.md, "Advertisement".</summary>
/// <param name="publicKey">Exactly <see cref="KeyBytes"/>, a compressed point; whose it is follows from it.</param>
/// <param name="version">Of this peer's statements; the highest counts.</param>
/// <param name="lifetimeMinutes">From when it was made to when it says nothing any more.</param>
/// <param name="name">What people call the peer.</param>
public readonly ref struct PeerStatement(ReadOnlySpan<byte> publicKey, ulong version, uint lifetimeMinutes, string name)
{
    public ReadOnlySpan<byte> PublicKey { get; } = publicKey;

    public ulong Version { get; } = version;

    public uint LifetimeMinutes { get; } = lifetimeMinutes;

    public string Name { get; } = name;

    public void Write(ref WireWriter writer)
    {
        writer.WriteByte((byte)StatementKind.Peer);
        writer.WriteBytes(PublicKey);
        writer.WriteVarint(Version);
        writer.WriteVarint(LifetimeMinutes);
        writer.WriteName(Name);
    }

    public static bool TryRead(ReadOnlySpan<byte> statement, out PeerStatement read)
    {
        var reader = new WireReader(statement);
        bool isPeer = reader.ReadByte() == (byte)StatementKind.Peer;
        read = new PeerStatement(reader.ReadBytes(KeyBytes), reader.ReadVarint(), (uint)reader.ReadVarint(LifetimeMinutesMax), reader.ReadName());
        return isPeer && !reader.Failed && reader.Remaining == 0 && read.Version is > 0 and <= VersionMax && read.LifetimeMinutes > 0 && Names.Legal(read.Name);
    }

    public const int KeyBytes = 33;

    /// <summary>Six bytes as a varint, so that with the longest name a statement and its signature fit the least frame.</summary>
    public const ulong VersionMax = (1UL << 42) - 1;

    /// <summary>Eleven days: who has not been heard of for so long is no news. Two bytes as a varint.</summary>
    public const int LifetimeMinutesMax = (1 << 14) - 1;

    public const int BytesMax = 1 + KeyBytes + 6 + 2 + 65;
}
