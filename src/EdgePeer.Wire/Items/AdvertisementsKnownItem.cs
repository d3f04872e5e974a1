namespace EdgePeer.Wire;

/// <param name="Code">The first eight bytes of the peer's id, too many to be made to meet on purpose.</param>
/// <param name="Version">The highest that is known of that peer.</param>
public readonly record struct KnownAdvertisement(ulong Code, ulong Version);

/// <summary>What the sender knows, so that it is told the rest. WIRE.md, "Advertisements known".</summary>
public static class AdvertisementsKnownItem
{
    /// <param name="last">No more such items follow.</param>
    /// <param name="known">At most <see cref="CountMax"/>.</param>
    public static void Write(ref WireWriter writer, bool last, scoped ReadOnlySpan<KnownAdvertisement> known)
    {
        writer.WriteByte(last ? Last : (byte)0);
        foreach (var one in known)
        {
            writer.WriteUInt64(one.Code);
            writer.WriteVarint(one.Version);
        }
    }

    /// <param name="into">At least <see cref="CountMax"/>.</param>
    public static bool TryRead(ReadOnlySpan<byte> body, Span<KnownAdvertisement> into, out int count, out bool last)
    {
        var reader = new WireReader(body);
        last = (reader.ReadByte() & Last) != 0;
        for (count = 0; count < CountMax && reader.Remaining > 0; count++)
            into[count] = new KnownAdvertisement(reader.ReadUInt64(), reader.ReadVarint());
        return !reader.Failed && reader.Remaining == 0;
    }

    /// <summary>With all else they fit the least frame.</summary>
    public const int CountMax = 8;

    public const int BytesMax = 1 + (CountMax * (8 + 10));

    private const byte Last = 1;
}
