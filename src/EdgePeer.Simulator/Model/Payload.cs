using System.Buffers.Binary;

namespace EdgePeer.Simulator.Model;

/// <summary>The bytes of a message, as a function of its number: nothing need be kept to know what must arrive.</summary>
internal static class Payload
{
    public static void Fill(int message, Span<byte> bytes)
    {
        ulong state = Seed(message);
        for (; bytes.Length >= 8; bytes = bytes[8..])
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, Next(ref state));
        ulong last = Next(ref state);
        for (int i = 0; i < bytes.Length; i++, last >>= 8)
            bytes[i] = (byte)last;
    }

    /// <summary>Whether the bytes are those of the message from the offset on.</summary>
    public static bool Matches(int message, int offset, ReadOnlySpan<byte> bytes)
    {
        int skipped = offset / 8;
        ulong state = Seed(message) + ((ulong)skipped * Step);
        int within = offset % 8;
        while (!bytes.IsEmpty)
        {
            ulong word = Next(ref state);
            if (within == 0 && bytes.Length >= 8)
            {
                if (BinaryPrimitives.ReadUInt64LittleEndian(bytes) != word)
                    return false;
                bytes = bytes[8..];
                continue;
            }
            int count = Math.Min(8 - within, bytes.Length);
            for (int i = 0; i < count; i++)
                if (bytes[i] != (byte)(word >> (8 * (within + i))))
                    return false;
            bytes = bytes[count..];
            within = 0;
        }
        return true;
    }

    private static ulong Seed(int message) => ((ulong)message + 1) * 0xD1B54A32D192ED03;

    private static ulong Next(ref ulong state)
    {
        ulong z = state += Step;
        z = (z ^ (z >> 32)) * 0xBF58476D1CE4E5B9;
        return z ^ (z >> 29);
    }

    private const ulong Step = 0x9E3779B97F4A7C15;
}
