using System.Numerics;

namespace EdgePeer.Wire;

/// <summary>A number of bytes in one octet: three bits of mantissa, five of exponent, rounded down. WIRE.md, "Window".</summary>
public static class WindowCode
{
    /// <summary>The largest code whose bytes do not exceed <paramref name="bytes"/>; 0 below 8.</summary>
    public static byte Of(long bytes)
    {
        if (bytes < 8)
            return 0;
        int exponent = Math.Min(BitOperations.Log2((ulong)bytes) - 3, ExponentMax);
        long mantissa = Math.Min(bytes >> exponent, 15) - 8;
        return (byte)((exponent << 3) | (int)mantissa);
    }

    /// <summary>0 is a closed window; code 0 and 8 bytes share it, so 8 bytes round down to closed.</summary>
    public static long ToBytes(byte code) => code == 0 ? 0 : (8L + (code & 7)) << (code >> 3);

    private const int ExponentMax = 31;
}
