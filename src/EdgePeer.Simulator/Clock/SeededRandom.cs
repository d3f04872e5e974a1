using System.Buffers.Binary;
using System.Numerics;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Clock;

/// <summary>
/// xoshiro256** (Blackman and Vigna), seeded by SplitMix64. The platform's own generator is not used: its sequence may change
/// with a version, and a seed must stay the same seed.
/// </summary>
internal sealed class SeededRandom : IRandom
{
    private ulong _a, _b, _c, _d;

    public SeededRandom(ulong seed)
    {
        _a = SplitMix(ref seed);
        _b = SplitMix(ref seed);
        _c = SplitMix(ref seed);
        _d = SplitMix(ref seed);
    }

    /// <summary>A generator of its own for a part, so that one more draw in the network does not change the flash.</summary>
    public SeededRandom Fork() => new(Next());

    public ulong Next()
    {
        ulong result = BitOperations.RotateLeft(_b * 5, 7) * 9;
        ulong shifted = _b << 17;
        _c ^= _a;
        _d ^= _b;
        _b ^= _c;
        _a ^= _d;
        _c ^= shifted;
        _d = BitOperations.RotateLeft(_d, 45);
        return result;
    }

    public void Fill(Span<byte> bytes)
    {
        for (; bytes.Length >= 8; bytes = bytes[8..])
            BinaryPrimitives.WriteUInt64LittleEndian(bytes, Next());
        if (bytes.IsEmpty)
            return;
        ulong last = Next();
        for (int i = 0; i < bytes.Length; i++, last >>= 8)
            bytes[i] = (byte)last;
    }

    /// <summary>Uniform in [0, 1).</summary>
    public double Share() => (Next() >> 11) * (1.0 / (1UL << 53));

    public bool Chance(double probability) => probability > 0 && Share() < probability;

    /// <summary>Uniform in [0, bound).</summary>
    public int Below(int bound) => (int)(Share() * bound);

    /// <summary>Uniform in [low, high], both included.</summary>
    public int Between(int low, int high) => low + Below(high - low + 1);

    public double Between(double low, double high) => low + Share() * (high - low);

    public TimeSpan Between(TimeSpan low, TimeSpan high) => new(low.Ticks + (long)(Share() * (high.Ticks - low.Ticks)));

    /// <summary>Each magnitude between low and high is as likely as any other.</summary>
    public double Magnitude(double low, double high) => low * Math.Pow(high / low, Share());

    public T Pick<T>(IReadOnlyList<T> from) => from[Below(from.Count)];

    private static ulong SplitMix(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
