using System.Numerics;

namespace EdgePeer.Wire;

/// <summary>CRC-32C (Castagnoli, RFC 3720 §B.4): the checksum of journal records and of what must be told apart.</summary>
public static class Crc32C
{
    /// <summary>Checksum of the bytes; <paramref name="seed"/> is the checksum of what came before, or zero.</summary>
    public static uint Compute(ReadOnlySpan<byte> bytes, uint seed = 0)
    {
        uint crc = ~seed;
        while (bytes.Length >= 8)
        {
            crc = BitOperations.Crc32C(crc, System.Buffers.Binary.BinaryPrimitives.ReadUInt64LittleEndian(bytes));
            bytes = bytes[8..];
        }
        foreach (byte b in bytes)
            crc = BitOperations.Crc32C(crc, b);
        return ~crc;
    }
}
