using System.Buffers.Binary;
using EdgePeer.Wire;

namespace EdgePeer.Store;

/// <summary>What was durable when this was written: JOURNAL.md, "Head".</summary>
/// <param name="Generation">Of the newest segment then.</param>
/// <param name="Durable">The newest durable batch, whose block lies in that segment.</param>
/// <param name="LengthBytes">Of the segment's file.</param>
/// <param name="End">Where that block ends.</param>
internal readonly record struct JournalHead(ulong Generation, ulong Durable, uint Segment, int LengthBytes, int End)
{
    public const int SizeBytes = 48;
    private const uint Magic = 0x484A5045;
    private const ushort Version = 1;

    public void Write(Span<byte> into)
    {
        into[..SizeBytes].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(into, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(into[4..], Version);
        BinaryPrimitives.WriteUInt64LittleEndian(into[8..], Generation);
        BinaryPrimitives.WriteUInt64LittleEndian(into[16..], Durable);
        BinaryPrimitives.WriteUInt32LittleEndian(into[24..], Segment);
        BinaryPrimitives.WriteUInt32LittleEndian(into[28..], (uint)LengthBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(into[32..], (uint)End);
        BinaryPrimitives.WriteUInt32LittleEndian(into[44..], Crc32C.Compute(into[..44]));
    }

    /// <returns>False for anything else: nothing is known then.</returns>
    public static bool TryRead(ReadOnlySpan<byte> from, out JournalHead head)
    {
        head = default;
        if (from.Length < SizeBytes || BinaryPrimitives.ReadUInt32LittleEndian(from) != Magic
            || BinaryPrimitives.ReadUInt16LittleEndian(from[4..]) != Version
            || BinaryPrimitives.ReadUInt32LittleEndian(from[44..]) != Crc32C.Compute(from[..44]))
            return false;
        uint length = BinaryPrimitives.ReadUInt32LittleEndian(from[28..]), end = BinaryPrimitives.ReadUInt32LittleEndian(from[32..]);
        if (length > StoreLimits.SegmentBytesMax || end == 0 || end > length || end % BlockHeader.PageBytes != 0)
            return false;
        head = new JournalHead(
            BinaryPrimitives.ReadUInt64LittleEndian(from[8..]), BinaryPrimitives.ReadUInt64LittleEndian(from[16..]),
            BinaryPrimitives.ReadUInt32LittleEndian(from[24..]), (int)length, (int)end);
        return head is { Generation: > 0, Durable: > 0, Segment: > 0 };
    }
}
