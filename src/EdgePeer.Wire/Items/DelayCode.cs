using System.Numerics;

namespace EdgePeer.Wire;

/// <summary>A short time in one octet: four bits of exponent, four of mantissa, rounded to the nearest. WIRE.md, "Short kept".</summary>
public static class DelayCode
{
    public static byte Of(TimeSpan delay)
    {
        long units = Math.Clamp((delay.Ticks + UnitTicks / 2) / UnitTicks, 0, UnitsMax);
        if (units < 16)
            return (byte)units;
        int shift = BitOperations.Log2((ulong)units) - 4;
        long mantissa = (units + ((1L << shift) >> 1)) >> shift;
        if (mantissa == 32)
            (mantissa, shift) = (16, shift + 1);
        return (byte)(((shift + 1) << 4) | (int)(mantissa - 16));
    }

    public static TimeSpan ToTime(byte code) =>
        new(UnitTicks * (code < 16 ? code : (16L + (code & 15)) << ((code >> 4) - 1)));

    // Tenths of a millisecond, as in HeardItem.
    private const long UnitTicks = TimeSpan.TicksPerMillisecond / 10;

    // 50.8 s, of the minute that a heard item can state.
    private const long UnitsMax = 31L << 14;
}
