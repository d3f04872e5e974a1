using System.Buffers.Binary;

namespace EdgePeer.Wire;

/// <summary>
/// What stands in the place of a seal until sessions have keys: a CRC-32C, seeded by what both ends of a session, or the
/// members of a group, know. It tells damage and stale sessions, not forgery. WIRE.md, "Tag".
/// </summary>
public static class Tag
{
    public static uint SeedOfGroup(string group) => Crc32C.Compute(System.Text.Encoding.UTF8.GetBytes(group));

    public static uint SeedOfSession(ulong senderBoot, ulong receiverBoot)
    {
        Span<byte> boots = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64BigEndian(boots, senderBoot);
        BinaryPrimitives.WriteUInt64BigEndian(boots[8..], receiverBoot);
        return Crc32C.Compute(boots);
    }

    /// <summary>Appends the tag of all written so far.</summary>
    public static void Seal(ref WireWriter writer, uint seed) => writer.WriteUInt32(Crc32C.Compute(writer.Written, seed));

    /// <returns>False when the frame is too short for a tag or its tag does not fit.</returns>
    public static bool TryOpen(ReadOnlySpan<byte> frame, uint seed, out ReadOnlySpan<byte> opened)
    {
        opened = default;
        if (frame.Length <= FrameHead.TagBytes)
            return false;
        var sealedPart = frame[..^FrameHead.TagBytes];
        if (BinaryPrimitives.ReadUInt32BigEndian(frame[^FrameHead.TagBytes..]) != Crc32C.Compute(sealedPart, seed))
            return false;
        opened = sealedPart;
        return true;
    }
}
