using EdgePeer.Tests.Support;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Wire.Frames;

public class PacketHeaderTests
{
    [Fact]
    public void The_documents_example_is_what_the_code_writes_and_reads()
    {
        byte[] frame = DocumentExample.Hex(DocumentExample.Wire, "packet");
        Assert.Equal(FrameFault.None, PacketHeader.TryRead(frame, out var header));
        Assert.Equal(new PacketHeader(true, 0x77C0, 0x1234, 2), header);
        Assert.Equal(Written(0x77C0, 0x1234, 0x1234 - 200), frame[..header.Bytes]);
    }

    [Theory]
    [InlineData(0x34, 1, 0x1234, 0x1234)]
    [InlineData(0x1234, 2, 0x1234, 0x1234)]
    [InlineData(0xFF, 1, 0x1234, 0x11FF)]
    public void The_documents_numbers_expand_as_it_says(uint truncated, int bytes, ulong expected, ulong number) =>
        Assert.Equal(number, new PacketHeader(false, 1, truncated, bytes).Expand(expected));

    [Fact]
    public void Damaged_headers_are_too_short_or_read_as_they_stand()
    {
        var random = new Random(3);
        for (int i = 0; i < 20_000; i++)
        {
            byte[] frame = i % 2 == 0 ? Mutation.Bytes(random, 20) : Mutation.Of(random, DocumentExample.Hex(DocumentExample.Wire, "packet"));
            var fault = PacketHeader.TryRead(frame, out var header);
            int bytes = frame.Length == 0 ? 4 : 4 + (frame[0] & 3);
            Assert.Equal(frame.Length >= bytes ? FrameFault.None : FrameFault.TooShort, fault);
            if (fault == FrameFault.None)
                Assert.Equal(Convert.ToHexString(frame, 1, bytes - 1), $"{header.Label:X4}" + header.TruncatedNumber.ToString($"X{2 * header.NumberBytes}", null));
        }
    }

    /// <summary>All numbers of one byte against all places in four windows: the one nearest to what is expected.</summary>
    [Fact]
    public void One_byte_expands_to_the_nearest_number()
    {
        for (ulong expected = 0; expected < 1_024; expected++)
            for (uint truncated = 0; truncated < 256; truncated++)
                Assert.Equal(Nearest(truncated, 8, expected), new PacketHeader(false, 1, truncated, 1).Expand(expected));
    }

    [Fact]
    public void Longer_ones_expand_to_the_nearest_number_too()
    {
        var random = new Random(4);
        for (int i = 0; i < 200_000; i++)
        {
            int bytes = random.Next(2, 5);
            ulong window = 1UL << (8 * bytes);
            // About the edges of windows and of half windows, low and high up.
            ulong expected = ((Legal.Varint(random) >> random.Next(40)) & ~((window / 2) - 1)) + (ulong)random.Next(5);
            ulong number = expected + (ulong)random.Next(5) + (random.Next(3) == 0 ? 0 : window / 2) - 2;
            uint truncated = (uint)(number & (window - 1));
            Assert.Equal(Nearest(truncated, 8 * bytes, expected), new PacketHeader(false, 1, truncated, bytes).Expand(expected));
        }
    }

    /// <summary>Whatever has come of what is on the way, the receiver finds the number that was sent.</summary>
    [Fact]
    public void What_the_sender_leaves_out_the_receiver_finds()
    {
        var random = new Random(5);
        for (int i = 0; i < 200_000; i++)
        {
            ulong? heard = random.Next(10) == 0 ? null : Legal.Varint(random) >> 1;
            ulong unheard = 1 + (Legal.Varint(random) & ((1UL << random.Next(1, 31)) - 1));
            ulong number = heard is { } h ? h + unheard : unheard - 1;
            ulong lowest = heard is { } at ? at + 1 : 0;
            ulong expected = lowest + (ulong)random.NextInt64((long)(number - lowest) + 1);
            byte[] written = Written(0xBEEF, number, heard);
            Assert.Equal(FrameFault.None, PacketHeader.TryRead(written, out var header));
            Assert.Equal(0xBEEF, header.Label);
            Assert.Equal(written.Length, header.Bytes);
            Assert.Equal(number, header.Expand(expected));
        }
    }

    [Theory]
    [InlineData(127, 1)]
    [InlineData(128, 2)]
    [InlineData(32_767, 2)]
    [InlineData(32_768, 3)]
    [InlineData(8_388_607, 3)]
    [InlineData(8_388_608, 4)]
    public void As_many_bytes_are_written_as_the_distance_needs(int unheard, int bytes)
    {
        Assert.Equal(bytes, PacketHeader.NumberBytesFor(1_000_000_000, 1_000_000_000 - (ulong)unheard));
        Assert.Equal(bytes, PacketHeader.NumberBytesFor((ulong)unheard - 1, null));
    }

    /// <summary>The oracle: of all numbers with these low bits the one above <c>expected</c> less half a window, up to half above it.</summary>
    private static ulong Nearest(uint truncated, int bits, ulong expected)
    {
        Int128 window = Int128.One << bits, least = expected - (window / 2) + 1;
        var number = least + ((((Int128)truncated - least) % window) + window) % window;
        return (ulong)(number < 0 ? number + window : number);
    }

    private static byte[] Written(ushort label, ulong number, ulong? heard)
    {
        var writer = new WireWriter(new byte[16]);
        PacketHeader.Write(ref writer, shortTag: true, label, number, heard);
        return writer.Written.ToArray();
    }
}
