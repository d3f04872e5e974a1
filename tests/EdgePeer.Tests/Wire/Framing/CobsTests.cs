using EdgePeer.Wire.Framing;
using Xunit;

namespace EdgePeer.Tests.Wire.Framing;

public class CobsTests
{
    [Theory]
    [InlineData("", "01")]
    [InlineData("00", "0101")]
    [InlineData("0000", "010101")]
    [InlineData("11220033", "0311220233")]
    [InlineData("11000000", "0211010101")]
    public void Encodes_as_the_paper_says(string plain, string encoded)
    {
        Assert.Equal(encoded, Encode(Convert.FromHexString(plain)));
    }

    [Theory]
    [InlineData(253, "FE", 254)]
    [InlineData(254, "FF", 255)]
    [InlineData(255, "FF", 257)]
    public void Runs_without_zero_cost_a_byte_for_each_254(int length, string firstByte, int encodedLength)
    {
        string encoded = Encode([.. Enumerable.Range(0, length).Select(i => (byte)(i % 255 + 1))]);
        Assert.Equal(firstByte, encoded[..2]);
        Assert.Equal(encodedLength * 2, encoded.Length);
    }

    [Fact]
    public void Every_input_round_trips_without_a_zero_on_the_way()
    {
        var random = new Random(1);
        for (int i = 0; i < 5000; i++)
        {
            byte[] plain = new byte[random.Next(0, 1100)];
            random.NextBytes(plain);
            // Few, some and many zeros.
            foreach (ref byte b in plain.AsSpan())
                if (random.Next(1 << (i % 12)) == 0)
                    b = 0;
            byte[] encoded = new byte[Cobs.EncodedBytesMax(plain.Length)];
            var line = encoded.AsSpan(0, Cobs.Encode(plain, encoded));
            Assert.False(line.Contains((byte)0));
            Assert.True(Cobs.TryDecode(line, line, out int length));
            Assert.Equal(plain, line[..length].ToArray());
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("0311")]
    [InlineData("03110022")]
    [InlineData("0211FF")]
    public void What_no_encoder_makes_is_refused(string encoded)
    {
        byte[] bytes = Convert.FromHexString(encoded);
        Assert.False(Cobs.TryDecode(bytes, new byte[bytes.Length], out _));
    }

    private static string Encode(ReadOnlySpan<byte> plain)
    {
        byte[] encoded = new byte[Cobs.EncodedBytesMax(plain.Length)];
        return Convert.ToHexString(encoded.AsSpan(0, Cobs.Encode(plain, encoded)));
    }
}
