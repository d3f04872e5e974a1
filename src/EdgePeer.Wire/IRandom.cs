using System.Buffers.Binary;

namespace EdgePeer.Wire;

/// <summary>Where the pure floors get randomness: the operating system's on a device, a seed's in the simulator.</summary>
public interface IRandom
{
    void Fill(Span<byte> bytes);
}

public static class RandomExtensions
{
    public static ulong NextUInt64(this IRandom random)
    {
        Span<byte> bytes = stackalloc byte[8];
        random.Fill(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>Uniform in [0, 1).</summary>
    public static double NextDouble(this IRandom random) => (random.NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>Uniform in [0, bound).</summary>
    public static int Below(this IRandom random, int bound) => (int)(random.NextDouble() * bound);

    /// <summary>Uniform in [low, high).</summary>
    public static TimeSpan Between(this IRandom random, TimeSpan low, TimeSpan high) =>
        new(low.Ticks + (long)(random.NextDouble() * (high.Ticks - low.Ticks)));
}
