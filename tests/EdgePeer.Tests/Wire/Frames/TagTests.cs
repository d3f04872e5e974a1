using System.Text;
using EdgePeer.Tests.Support;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Wire.Frames;

public class TagTests
{
    [Fact]
    public void The_documents_example_opens_under_its_group_and_no_other()
    {
        byte[] frame = DocumentExample.Hex(DocumentExample.Wire, "tag");
        Assert.True(Tag.TryOpen(frame, Tag.SeedOfGroup("farm"), out var opened));
        Assert.Equal([1, 2, 3], opened.ToArray());
        Assert.False(Tag.TryOpen(frame, Tag.SeedOfGroup("barn"), out _));
    }

    [Fact]
    public void The_tag_is_the_checksum_of_a_prefix_and_the_frame()
    {
        byte[] frame = Sealed([1, 2, 3], Tag.SeedOfGroup("farm"));
        uint whole = Crc32C.Compute([.. Encoding.UTF8.GetBytes("farm"), 1, 2, 3]);
        Assert.Equal(whole, BitConverter.ToUInt32([.. frame[^4..].Reverse()]));
    }

    [Fact]
    public void The_two_directions_of_a_session_have_tags_of_their_own()
    {
        byte[] frame = Sealed([1, 2, 3], Tag.SeedOfSession(Legal.BootA, Legal.BootB));
        Assert.True(Tag.TryOpen(frame, Tag.SeedOfSession(Legal.BootA, Legal.BootB), out _));
        Assert.False(Tag.TryOpen(frame, Tag.SeedOfSession(Legal.BootB, Legal.BootA), out _));
    }

    [Fact]
    public void Every_single_bit_is_seen()
    {
        byte[] frame = DocumentExample.Hex(DocumentExample.Wire, "packet");
        for (int bit = 0; bit < frame.Length * 8; bit++)
        {
            byte[] damaged = [.. frame];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(Tag.TryOpen(damaged, Tag.SeedOfSession(Legal.BootA, Legal.BootB), out _));
        }
    }

    [Fact]
    public void A_tag_alone_is_no_frame()
    {
        for (int length = 0; length <= FrameHead.TagBytes; length++)
            Assert.False(Tag.TryOpen(Legal.Tagged(new byte[length], 0), 0, out _));
    }

    private static byte[] Sealed(byte[] bytes, uint seed) => Legal.Tagged([.. bytes, 0, 0, 0, 0], seed);
}
