using System.Globalization;
using System.Numerics;
using EdgePeer.Protocol.Cryptography;
using Xunit;

namespace EdgePeer.Tests.Protocol.Cryptography;

/// <summary>The oracle is <see cref="BigInteger"/>.</summary>
public class P256FieldTests
{
    [Fact]
    public void Sums_differences_products_and_roots_are_those_of_the_field()
    {
        foreach (var a in Numbers)
        {
            var field = Field(a);
            Assert.Equal(a, Number(field));
            Assert.Equal((Prime - a) % Prime, Number(field.Negate()));
            bool isSquare = BigInteger.ModPow(a, (Prime - 1) / 2, Prime) <= 1;
            Assert.Equal(isSquare, field.TrySquareRoot(out var root));
            if (isSquare)
                Assert.Equal(a, BigInteger.ModPow(Number(root), 2, Prime));
            foreach (var b in Numbers)
            {
                Assert.Equal((a + b) % Prime, Number(field + Field(b)));
                Assert.Equal((a - b + Prime) % Prime, Number(field - Field(b)));
                Assert.Equal(a * b % Prime, Number(field * Field(b)));
            }
        }
    }

    [Fact]
    public void Only_numbers_below_the_prime_are_read()
    {
        foreach (var number in new[] { Prime, Prime + 1, BigInteger.Pow(2, 256) - 1 })
            Assert.False(P256Field.TryRead(number.ToByteArray(isUnsigned: true, isBigEndian: true), out _));
    }

    private static readonly BigInteger Prime = BigInteger.Pow(2, 256) - BigInteger.Pow(2, 224) + BigInteger.Pow(2, 192) + BigInteger.Pow(2, 96) - 1;

    /// <summary>Those next to 0, to the prime and to each limb's ends, and 100 from a seed.</summary>
    private static readonly List<BigInteger> Numbers = MakeNumbers();

    private static List<BigInteger> MakeNumbers()
    {
        var numbers = new List<BigInteger>();
        for (int bit = 0; bit <= 256; bit += 32)
            for (int offset = -2; offset <= 2; offset++)
                foreach (var number in new[] { BigInteger.Pow(2, bit) + offset, Prime - BigInteger.Pow(2, bit) + offset })
                    if (number >= 0 && number < Prime)
                        numbers.Add(number);
        var random = new Random(1);
        byte[] bytes = new byte[P256Field.Bytes];
        for (int i = 0; i < 100; i++)
        {
            random.NextBytes(bytes);
            numbers.Add(new BigInteger(bytes, isUnsigned: true) % Prime);
        }
        return numbers;
    }

    private static P256Field Field(BigInteger number)
    {
        Assert.True(P256Field.TryRead(Convert.FromHexString(number.ToString("x64", CultureInfo.InvariantCulture)[^64..]), out var field));
        return field;
    }

    private static BigInteger Number(P256Field field)
    {
        byte[] bytes = new byte[P256Field.Bytes];
        field.Write(bytes);
        return new BigInteger(bytes, isUnsigned: true, isBigEndian: true);
    }
}
