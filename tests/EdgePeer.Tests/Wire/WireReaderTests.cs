using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Wire;

public class WireReaderTests
{
    [Theory]
    [InlineData(0, "00")]
    [InlineData(127, "7F")]
    [InlineData(128, "8001")]
    [InlineData(300, "AC02")]
    [InlineData(16_383, "FF7F")]
    [InlineData(16_384, "808001")]
    [InlineData(long.MaxValue, "FFFFFFFFFFFFFFFF7F")]
    public void Varints_have_one_form(ulong value, string hex)
    {
        var writer = new WireWriter(new byte[16]);
        writer.WriteVarint(value);
        Assert.Equal(hex, Convert.ToHexString(writer.Written));
        Assert.Equal(hex.Length / 2, WireWriter.VarintBytes(value));
        var reader = new WireReader(writer.Written);
        Assert.Equal(value, reader.ReadVarint());
        Assert.False(reader.Failed);
        Assert.Equal(0, reader.Remaining);
    }

    [Theory]
    [InlineData("")]
    [InlineData("80")]
    [InlineData("8000")]
    [InlineData("AC8200")]
    [InlineData("FFFFFFFFFFFFFFFFFF")]
    [InlineData("FFFFFFFFFFFFFFFFFF01")]
    [InlineData("80808080808080808001")]
    public void Varints_cut_short_longer_than_need_be_or_above_63_bits_fail(string hex)
    {
        var reader = new WireReader(Convert.FromHexString(hex));
        Assert.Equal(0UL, reader.ReadVarint());
        Assert.True(reader.Failed);
    }

    [Fact]
    public void Varints_of_all_sizes_round_trip()
    {
        var random = new Random(1);
        for (int i = 0; i < 50_000; i++)
        {
            ulong value = Legal.Varint(random);
            var writer = new WireWriter(new byte[9]);
            writer.WriteVarint(value);
            var reader = new WireReader(writer.Written);
            Assert.Equal(value, reader.ReadVarint());
            Assert.Equal(WireWriter.VarintBytes(value), writer.Length);
        }
    }

    /// <summary>The oracle: what is read, written again, is the bytes that were read.</summary>
    [Fact]
    public void Any_bytes_are_one_varint_or_none()
    {
        var random = new Random(2);
        byte[] bytes = new byte[12];
        int read = 0;
        for (int i = 0; i < 50_000; i++)
        {
            random.NextBytes(bytes);
            for (int b = random.Next(bytes.Length); b > 0; b--)
                bytes[b - 1] |= 0x80;
            var reader = new WireReader(bytes);
            ulong value = reader.ReadVarint();
            if (reader.Failed)
                continue;
            read++;
            var writer = new WireWriter(new byte[9]);
            writer.WriteVarint(value);
            Assert.Equal(bytes[..(bytes.Length - reader.Remaining)], writer.Written.ToArray());
        }
        Assert.InRange(read, 1, 49_999);
    }

    [Fact]
    public void A_bounded_varint_takes_its_bound_and_not_one_more()
    {
        var within = new WireReader([0xFF, 0x7F]);
        Assert.Equal(16_383, within.ReadVarint(16_383));
        Assert.False(within.Failed);
        var above = new WireReader([0xFF, 0x7F]);
        Assert.Equal(0, above.ReadVarint(16_382));
        Assert.True(above.Failed);
    }

    [Fact]
    public void After_a_fault_every_read_gives_nothing()
    {
        var reader = new WireReader([1, 2, 3, 4, 5, 6, 7, 8, 9]);
        Assert.Equal(1, reader.ReadByte());
        Assert.Equal(0, reader.ReadBytes(9).Length);
        Assert.True(reader.Failed);
        Assert.Equal(0, reader.ReadByte());
        Assert.Equal(0, reader.ReadUInt16());
        Assert.Equal(0U, reader.ReadUInt32());
        Assert.Equal(0UL, reader.ReadUInt64());
        Assert.Equal(0UL, reader.ReadVarint());
        Assert.Equal(default, reader.ReadPeerId());
        Assert.Equal("", reader.ReadName());
        Assert.Equal(default, reader.ReadAddress());
        Assert.Equal(0, reader.ReadRest().Length);
        Assert.Equal(0, reader.Remaining);
    }

    [Theory]
    [InlineData("")]
    [InlineData("02")]
    [InlineData("0261")]
    [InlineData("026180")]
    public void Names_cut_short_or_beyond_ascii_fail(string hex)
    {
        var reader = new WireReader(Convert.FromHexString(hex));
        _ = reader.ReadName();
        Assert.True(reader.Failed);
    }

    [Fact]
    public void Addresses_have_24_bytes_at_most()
    {
        var longest = new WireReader([24, .. new byte[24]]);
        Assert.Equal(24, longest.ReadAddress().Length);
        Assert.False(longest.Failed);
        var longer = new WireReader([25, .. new byte[25]]);
        Assert.Equal(0, longer.ReadAddress().Length);
        Assert.True(longer.Failed);
    }

    [Fact]
    public void Writing_beyond_the_room_is_a_bug_and_throws()
    {
        Assert.ThrowsAny<Exception>(() =>
        {
            var writer = new WireWriter(new byte[3]);
            writer.WriteUInt32(1);
        });
    }
}
