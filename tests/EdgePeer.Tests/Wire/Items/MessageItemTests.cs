using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Wire.Items;

public class MessageItemTests
{
    [Fact]
    public void The_documents_examples_are_what_the_code_writes_and_reads()
    {
        Messages.AssertExample("message", new Piece(40, 300, 4, 0, "21.5"u8.ToArray()));
        Shorts.AssertExample("short message", new Piece(2, 300, 4, 0, "21.5"u8.ToArray()));
        Ranges.AssertExample("range", new Piece(2, 301, 100_000, 4_096, [0xDE, 0xAD, 0xBE, 0xEF]));
    }

    [Fact]
    public void Legal_items_round_trip()
    {
        Messages.AssertRoundTrips();
        Shorts.AssertRoundTrips();
        Ranges.AssertRoundTrips();
    }

    [Fact]
    public void Damaged_items_are_refused_or_read_as_legal_ones()
    {
        Messages.AssertBearsDamage();
        Shorts.AssertBearsDamage();
        Ranges.AssertBearsDamage();
    }

    [Fact]
    public void Heads_are_as_long_as_is_said()
    {
        var random = new Random(1);
        for (int i = 0; i < 1_000; i++)
        {
            var message = Message(random);
            var codec = MessageItem.KindOn(message.Channel) == ItemKind.Message ? Messages : ShortsOn(message.Channel);
            Assert.Equal(MessageItem.MessageHeadBytes(message.Channel, message.Sequence) + message.Bytes.Length, codec.Encode(message).Length);
            var range = Range(random);
            Assert.Equal(MessageItem.RangeHeadBytes(range.Channel, range.Sequence, range.Total, range.Offset) + range.Bytes.Length, Ranges.Encode(range).Length);
        }
    }

    [Fact]
    public void The_first_32_channels_have_kinds_of_their_own_and_the_others_share_one()
    {
        for (int channel = 0; channel < 32; channel++)
            Assert.Equal((ItemKind)(64 + channel), MessageItem.KindOn(channel));
        Assert.Equal(ItemKind.Message, MessageItem.KindOn(32));
        Assert.Equal(Enumerable.Range(64, 32).Prepend(9), Enumerable.Range(0, 128).Where(kind => ((ItemKind)kind).IsMessage()).OrderBy(kind => kind == 9 ? 0 : kind));
    }

    [Fact]
    public void A_range_has_bytes_and_ends_within_its_message()
    {
        Assert.True(Ranges.TryDecode(Ranges.Encode(new Piece(0, 0, 10, 7, new byte[3])), out _));
        Ranges.AssertRefused(Ranges.Encode(new Piece(0, 0, 10, 8, new byte[3])));
        Ranges.AssertRefused(Ranges.Encode(new Piece(0, 0, 10, 7, [])));
        Ranges.AssertRefused(Ranges.Encode(new Piece(0, 0, 0, 0, new byte[1])));
        Ranges.AssertRefused(Ranges.Encode(new Piece(0, 0, MessageItem.TotalBytesMax + 1, 0, new byte[1])));
        Ranges.AssertRefused(Ranges.Encode(new Piece(Channels.NumberMax + 1, 0, 10, 0, new byte[1])));
    }

    private static Piece Message(Random random)
    {
        byte[] bytes = Bytes(random, random.Next(300));
        return new Piece(Legal.Channel(random), Legal.Varint(random), bytes.Length, 0, bytes);
    }

    private static Piece Range(Random random)
    {
        byte[] bytes = Bytes(random, random.Next(1, 300));
        int offset = random.Next(MessageItem.TotalBytesMax - 300) >> random.Next(24);
        return new Piece(Legal.Channel(random), Legal.Varint(random), random.Next(offset + bytes.Length, MessageItem.TotalBytesMax + 1), offset, bytes);
    }

    private static byte[] Bytes(Random random, int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    private static Piece Of(in MessageItem item) => new(item.Channel, item.Sequence, item.TotalBytes, item.Offset, item.Bytes.ToArray());

    private sealed record Piece(int Channel, ulong Sequence, int Total, int Offset, byte[] Bytes)
    {
        public string Text => $"{Channel} {Sequence} {Total} {Offset} {Convert.ToHexString(Bytes)}";
    }

    private static Codec<Piece> Of(Func<Random, Piece> legal, ItemKind kind) => new(
        legal,
        (value, bytes) =>
        {
            var writer = new WireWriter(bytes);
            MessageItem.WriteMessageHead(ref writer, kind, value.Channel, value.Sequence);
            writer.WriteBytes(value.Bytes);
            return writer.Length;
        },
        (ReadOnlySpan<byte> bytes, out Piece value) =>
        {
            bool taken = MessageItem.TryReadMessage(kind, bytes, out var item);
            value = Of(item);
            return taken;
        })
    {
        View = piece => piece.Text,
    };

    private static Codec<Piece> ShortsOn(int channel) => Of(random => Message(random) with { Channel = channel }, MessageItem.KindOn(channel));

    private static readonly Codec<Piece> Messages = Of(Message, ItemKind.Message);

    private static readonly Codec<Piece> Shorts = ShortsOn(2);

    private static readonly Codec<Piece> Ranges = new(
        Range,
        (value, bytes) =>
        {
            var writer = new WireWriter(bytes);
            MessageItem.WriteRangeHead(ref writer, value.Channel, value.Sequence, value.Total, value.Offset);
            writer.WriteBytes(value.Bytes);
            return writer.Length;
        },
        (ReadOnlySpan<byte> bytes, out Piece value) =>
        {
            bool taken = MessageItem.TryReadRange(bytes, out var item);
            value = Of(item);
            return taken;
        })
    {
        View = piece => piece.Text,
    };
}
