using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Wire.Items;

public class ListPartItemTests
{
    [Fact]
    public void The_documents_example_is_what_the_code_writes_and_reads() => Parts.AssertExample("list part", new Part(7, 150, 140, "edge"u8.ToArray()));

    [Fact]
    public void Legal_items_round_trip() => Parts.AssertRoundTrips();

    [Fact]
    public void Damaged_items_are_refused_or_read_as_legal_ones() => Parts.AssertBearsDamage();

    [Fact]
    public void Nothing_lies_beyond_the_list_and_no_list_is_longer_than_32_KiB()
    {
        Assert.True(Parts.TryDecode(Parts.Encode(new Part(1, 4, 0, new byte[4])), out _));
        Parts.AssertRefused(Parts.Encode(new Part(1, 4, 1, new byte[4])));
        Parts.AssertRefused(Parts.Encode(new Part(1, 4, 0, [])));
        Parts.AssertRefused(Parts.Encode(new Part(0, 4, 0, new byte[4])));
        Parts.AssertRefused(Parts.Encode(new Part(1, (32 << 10) + 1, 0, new byte[4])));
    }

    private static Part Random(Random random)
    {
        byte[] bytes = new byte[random.Next(1, 200)];
        random.NextBytes(bytes);
        int offset = random.Next(1_000);
        return new Part(Legal.Varint(random) | 1, offset + bytes.Length + random.Next(1_000), offset, bytes);
    }

    private static readonly Codec<Part> Parts = new(
        Random,
        (value, bytes) =>
        {
            var writer = new WireWriter(bytes);
            new ListPartItem(value.Version, value.TotalBytes, value.Offset, value.Bytes).Write(ref writer);
            return writer.Length;
        },
        (ReadOnlySpan<byte> bytes, out Part value) =>
        {
            bool legal = ListPartItem.TryRead(bytes, out var item);
            value = new Part(item.Version, item.TotalBytes, item.Offset, item.Bytes.ToArray());
            return legal;
        })
    {
        View = part => (part.Version, part.TotalBytes, part.Offset, Convert.ToHexString(part.Bytes)),
    };

    private sealed record Part(ulong Version, int TotalBytes, int Offset, byte[] Bytes);
}
