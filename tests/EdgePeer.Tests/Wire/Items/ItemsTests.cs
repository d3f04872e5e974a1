using EdgePeer.Tests.Support;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Wire.Items;

public class ItemsTests
{
    [Fact]
    public void The_documents_example_is_what_the_code_writes_and_reads()
    {
        byte[] bytes = DocumentExample.Hex(DocumentExample.Wire, "items");
        byte[] heard = DocumentExample.Hex(DocumentExample.Wire, "heard"), message = DocumentExample.Hex(DocumentExample.Wire, "short message");
        Item[] items = [new(ItemKind.Heard, heard), new(ItemKind.Ping, []), new(MessageItem.KindOn(2), message)];
        Assert.Equal(Convert.ToHexString(bytes), Convert.ToHexString(Written(items, stretch: true)));
        AssertSame(items, Read(bytes, out bool failed));
        Assert.False(failed);
    }

    [Fact]
    public void Items_of_all_lengths_round_trip_stretched_and_not()
    {
        var random = new Random(1);
        int[] lengths = [0, 1, 126, 127, 128, 129, 255, 256, 1_300];
        foreach (int first in lengths)
            foreach (int last in lengths)
                foreach (bool stretch in new[] { false, true })
                {
                    Item[] items = [Random(random, first), Random(random, last)];
                    byte[] bytes = Written(items, stretch);
                    AssertSame(items, Read(bytes, out bool failed));
                    Assert.False(failed);
                    int heads = HeadBytes(first) + (stretch ? 1 : HeadBytes(last));
                    Assert.Equal(first + last + heads, bytes.Length);
                }
    }

    [Fact]
    public void The_longest_body_with_a_length_has_16383_bytes_and_a_longer_one_is_a_bug()
    {
        Item[] longest = [Random(new Random(2), ItemWriter.BodyBytesMax)];
        AssertSame(longest, Read(Written(longest, stretch: false), out _));
        Assert.Throws<InvalidOperationException>(() => Written([Random(new Random(2), ItemWriter.BodyBytesMax + 1)], stretch: false));
    }

    [Fact]
    public void Unknown_kinds_are_skipped_by_their_length()
    {
        byte[] body = new byte[200];
        Item[] items = [new((ItemKind)0x21, body), new(ItemKind.Ask, [2, 7]), new((ItemKind)0x7F, [1]), new(ItemKind.Ping, [])];
        var read = Read(Written(items, stretch: false), out bool failed);
        Assert.False(failed);
        Assert.Equal([2, 7], read[1].Body);
        Assert.Equal(ItemKind.Ping, read[3].Kind);
    }

    [Fact]
    public void A_length_beyond_the_packet_ends_it_and_what_came_before_holds()
    {
        var read = Read([(byte)ItemKind.Ask, 2, 2, 7, (byte)ItemKind.Message, 5, 1, 2], out bool failed);
        Assert.True(failed);
        Assert.Equal(ItemKind.Ask, Assert.Single(read).Kind);
    }

    [Fact]
    public void The_kind_may_be_settled_at_the_end_of_the_body()
    {
        var writer = new WireWriter(new byte[16]);
        var items = new ItemWriter();
        items.Begin(ref writer, ItemKind.Kept);
        writer.WriteByte(9);
        items.End(ref writer, ItemKind.KeptAnswer);
        AssertSame([new Item(ItemKind.KeptAnswer, [9])], Read(writer.Written.ToArray(), out _));
    }

    [Fact]
    public void What_was_taken_back_is_gone_and_what_stood_before_it_keeps_its_length()
    {
        var writer = new WireWriter(new byte[64]);
        var items = new ItemWriter();
        Write(ref writer, ref items, new Item(ItemKind.Ask, [2, 7]));
        int before = writer.Length;
        items.Begin(ref writer, ItemKind.Message);
        writer.WriteBytes([1, 2, 3]);
        items.Cancel(ref writer, before);
        items.StretchLast(ref writer);
        Assert.Equal([(byte)ItemKind.Ask, 2, 2, 7], writer.Written.ToArray());
    }

    [Fact]
    public void With_nothing_written_nothing_is_stretched()
    {
        var writer = new WireWriter(new byte[4]);
        new ItemWriter().StretchLast(ref writer);
        Assert.Equal(0, writer.Length);
    }

    /// <summary>The oracle: bodies lie one behind the other within the packet, and what was read is written to be read again the same.</summary>
    [Fact]
    public void Damaged_packets_give_items_that_lie_within_them()
    {
        var random = new Random(3);
        int whole = 0, cut = 0;
        for (int i = 0; i < 20_000; i++)
        {
            Item[] items = [Random(random, random.Next(10)), Random(random, random.Next(150)), Random(random, random.Next(10))];
            byte[] bytes = i % 4 == 0 ? Mutation.Bytes(random, 60) : Mutation.Of(random, Written(items, random.Next(2) == 0));
            var read = Read(bytes, out bool failed);
            Assert.True(read.Sum(item => item.Body.Length + 1) <= bytes.Length);
            AssertSame(read, Read(Written(read, stretch: true), out bool again));
            Assert.False(again);
            whole += failed ? 0 : 1;
            cut += failed ? 1 : 0;
        }
        Assert.True(whole > 100 && cut > 100, $"{whole} whole, {cut} cut");
    }

    private static int HeadBytes(int body) => body < 128 ? 2 : 3;

    private static Item Random(Random random, int length)
    {
        byte[] body = new byte[length];
        random.NextBytes(body);
        return new Item((ItemKind)random.Next(1, 128), body);
    }

    private static byte[] Written(IReadOnlyList<Item> list, bool stretch)
    {
        var writer = new WireWriter(new byte[20_000]);
        var items = new ItemWriter();
        foreach (var item in list)
            Write(ref writer, ref items, item);
        if (stretch)
            items.StretchLast(ref writer);
        return writer.Written.ToArray();
    }

    private static void Write(ref WireWriter writer, ref ItemWriter items, Item item)
    {
        items.Begin(ref writer, item.Kind);
        writer.WriteBytes(item.Body);
        items.End(ref writer);
    }

    private static List<Item> Read(byte[] bytes, out bool failed)
    {
        var items = new List<Item>();
        var reader = new ItemReader(bytes);
        while (reader.TryNext(out var kind, out var body))
            items.Add(new Item(kind, body.ToArray()));
        failed = reader.Failed;
        return items;
    }

    private static void AssertSame(IReadOnlyList<Item> wanted, IReadOnlyList<Item> found) =>
        Assert.Equal(wanted.Select(item => $"{item.Kind} {Convert.ToHexString(item.Body)}"), found.Select(item => $"{item.Kind} {Convert.ToHexString(item.Body)}"));

    private sealed record Item(ItemKind Kind, byte[] Body);
}
