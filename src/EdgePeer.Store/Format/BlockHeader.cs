using System.Buffers.Binary;
using EdgePeer.Wire;

namespace EdgePeer.Store;

/// <summary>The head of a block; JOURNAL.md, "Block".</summary>
internal readonly record struct BlockHeader(ulong Generation, ulong Nonce, ulong Number, ulong Durable, int RecordBytes)
{
    public const int SizeBytes = 48;
    public const int PageBytes = 4096;
    private const uint Magic = 0x424A5045;
    private const ushort Version = 2;

    // Its records are as today's, without summaries.
    private const ushort OldestVersion = 1;

    /// <summary>The whole block, header and padding included.</summary>
    public int BlockBytes => WholePages(SizeBytes + RecordBytes);

    /// <summary>What the checksums of the block's records start from.</summary>
    public uint Seed => SeedOf(Generation, Nonce);

    public static int WholePages(int bytes) => (bytes + PageBytes - 1) & -PageBytes;

    public static uint SeedOf(ulong generation, ulong nonce)
    {
        Span<byte> use = stackalloc byte[16];
        BinaryPrimitives.WriteUInt64LittleEndian(use, generation);
        BinaryPrimitives.WriteUInt64LittleEndian(use[8..], nonce);
        return Crc32C.Compute(use);
    }

    public void Write(Span<byte> into)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(into, Magic);
        BinaryPrimitives.WriteUInt16LittleEndian(into[4..], Version);
        BinaryPrimitives.WriteUInt16LittleEndian(into[6..], 0);
        BinaryPrimitives.WriteUInt64LittleEndian(into[8..], Generation);
        BinaryPrimitives.WriteUInt64LittleEndian(into[16..], Nonce);
        BinaryPrimitives.WriteUInt64LittleEndian(into[24..], Number);
        BinaryPrimitives.WriteUInt64LittleEndian(into[32..], Durable);
        BinaryPrimitives.WriteUInt32LittleEndian(into[40..], (uint)RecordBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(into[44..], Crc32C.Compute(into[..44]));
    }

    /// <param name="from">From the header on.</param>
    /// <param name="spaceBytes">From the header up to the end of the segment.</param>
    /// <returns>False when no block begins here.</returns>
    /// <exception cref="JournalFormatException">The block is of a newer version.</exception>
    public static bool TryRead(ReadOnlySpan<byte> from, int spaceBytes, out BlockHeader header)
    {
        header = default;
        if (from.Length < SizeBytes || BinaryPrimitives.ReadUInt32LittleEndian(from) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(from[44..]) != Crc32C.Compute(from[..44]))
            return false;
        ushort version = BinaryPrimitives.ReadUInt16LittleEndian(from[4..]);
        if (version > Version)
            throw new JournalFormatException($"the journal has format {version}, this version reads up to {Version}: run the newer version, or begin with an empty state directory");
        uint recordBytes = BinaryPrimitives.ReadUInt32LittleEndian(from[40..]);
        header = new BlockHeader(
            BinaryPrimitives.ReadUInt64LittleEndian(from[8..]),
            BinaryPrimitives.ReadUInt64LittleEndian(from[16..]),
            BinaryPrimitives.ReadUInt64LittleEndian(from[24..]),
            BinaryPrimitives.ReadUInt64LittleEndian(from[32..]),
            (int)uint.Min(recordBytes, int.MaxValue));
        return version >= OldestVersion && header.Generation > 0 && header.Number > header.Durable && header.RecordBytes <= spaceBytes - SizeBytes;
    }
}

/// <summary>The journal on flash is of a version that this program cannot read.</summary>
public sealed class JournalFormatException(string message) : Exception(message);
