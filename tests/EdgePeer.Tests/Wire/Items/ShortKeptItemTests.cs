using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Wire.Items;

public class ShortKeptItemTests
{
    [Fact]
    public void The_documents_example_is_what_the_code_writes_and_reads()
    {
        var item = new ShortKeptItem(2, true, 0xE8, TimeSpan.FromMilliseconds(12.4), 0x2C);
        Assert.Equal(114, (int)item.Kind);
        Codec(item.Kind).AssertExample("short kept", item);
        Assert.Equal(1000u, LowByte.Expand(item.Heard, 996));
        Assert.Equal(300u, LowByte.Expand(item.Next, 299));
    }

    [Fact]
    public void Legal_items_round_trip() => Codec(ItemKind.ShortKept).AssertRoundTrips();

    [Fact]
    public void Damaged_items_are_refused_or_read_as_legal_ones() => Codec(ItemKind.ShortKept).AssertBearsDamage();

    [Fact]
    public void Each_kind_from_96_on_is_one_channels_and_says_whether_all_but_one_are_consumed()
    {
        for (int kind = 96; kind < 128; kind++)
        {
            Assert.True(ShortKeptItem.Is((ItemKind)kind));
            Assert.True(ShortKeptItem.TryRead((ItemKind)kind, [1, 2, 3], out var item));
            Assert.Equal(kind % 16, item.Channel);
            Assert.Equal(kind >= 112, item.ButOneConsumed);
            Assert.Equal((ItemKind)kind, item.Kind);
        }
        Assert.False(ShortKeptItem.Is((ItemKind)95));
    }

    [Fact]
    public void The_low_byte_stands_for_the_first_number_that_has_it()
    {
        Assert.Equal(0u, LowByte.Expand(0, 0));
        Assert.Equal(0x1FFu, LowByte.Expand(0xFF, 0x1FF));
        Assert.Equal(0x2FEu, LowByte.Expand(0xFE, 0x1FF));
        var random = new Random(1);
        for (int i = 0; i < 10_000; i++)
        {
            ulong floor = Legal.Varint(random), number = floor + (ulong)random.Next(256);
            Assert.Equal(number, LowByte.Expand((byte)number, floor));
        }
    }

    private static Codec<ShortKeptItem> Codec(ItemKind kind) => new(
        random => new ShortKeptItem(0, false, (byte)random.Next(256), DelayCode.ToTime((byte)random.Next(256)), (byte)random.Next(256)),
        (value, bytes) =>
        {
            var writer = new WireWriter(bytes);
            value.Write(ref writer);
            return writer.Length;
        },
        (ReadOnlySpan<byte> bytes, out ShortKeptItem value) => ShortKeptItem.TryRead(kind, bytes, out value));
}
