using EdgePeer.Tests.Support;
using Xunit;

namespace EdgePeer.Tests.Wire;

/// <summary>What every codec must keep, asserted over many values and much damage, drawn from a seed.</summary>
public sealed class Codec<T>(Func<Random, T> legal, Codec<T>.Writer write, Codec<T>.Reader tryRead)
    where T : notnull
{
    /// <returns>The number of bytes written.</returns>
    public delegate int Writer(T value, Span<byte> bytes);

    public delegate bool Reader(ReadOnlySpan<byte> bytes, out T value);

    /// <summary>What two equal values have in common, where a value holds arrays.</summary>
    public Func<T, object> View { get; init; } = value => value;

    /// <summary>Makes damaged bytes right again where a checksum would hide all else from the reader.</summary>
    public Func<byte[], byte[]> Mend { get; init; } = bytes => bytes;

    public byte[] Encode(T value)
    {
        byte[] bytes = new byte[4 << 10];
        return bytes[..write(value, bytes)];
    }

    public bool TryDecode(byte[] bytes, out T value) => tryRead(bytes, out value);

    /// <summary>The example in WIRE.md is this value, both ways.</summary>
    public void AssertExample(string name, T value)
    {
        byte[] bytes = DocumentExample.Hex(DocumentExample.Wire, name);
        Assert.Equal(Convert.ToHexString(bytes), Convert.ToHexString(Encode(value)));
        Assert.True(tryRead(bytes, out var read));
        Assert.Equal(View(value), View(read));
    }

    public void AssertRoundTrips()
    {
        var random = new Random(Seed);
        for (int i = 0; i < 2_000; i++)
        {
            var value = legal(random);
            byte[] bytes = Encode(value);
            Assert.True(tryRead(bytes, out var read), $"{value} as {Convert.ToHexString(bytes)} is not read");
            Assert.Equal(View(value), View(read));
        }
    }

    public void AssertRefused(byte[] bytes) => Assert.False(tryRead(bytes, out _), Convert.ToHexString(bytes));

    /// <summary>The oracle: nothing throws, and what is taken is written and read again as an equal value.</summary>
    public void AssertBearsDamage()
    {
        var random = new Random(Seed);
        int taken = 0, refused = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] bytes = Mend(i % 4 == 0 ? Mutation.Bytes(random, 100) : Mutation.Of(random, Encode(legal(random))));
            if (!tryRead(bytes, out var read))
            {
                refused++;
                continue;
            }
            taken++;
            Assert.True(tryRead(Encode(read), out var again), Convert.ToHexString(bytes));
            Assert.Equal(View(read), View(again));
        }
        // Damage that is always seen, or never, would say nothing of the reader.
        Assert.True(taken > 100 && refused > 100, $"{taken} taken, {refused} refused");
    }

    private const int Seed = 7;
}
