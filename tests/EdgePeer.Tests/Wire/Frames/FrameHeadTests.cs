using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Wire.Frames;

public class FrameHeadTests
{
    [Fact]
    public void Every_octet_is_a_head_and_reads_back()
    {
        for (int octet = 0; octet < 256; octet++)
        {
            var head = FrameHead.Of((byte)octet);
            Assert.Equal(octet, head.ToByte());
            Assert.Equal((octet >> 5, (octet >> 2) & 7, octet & 3), (head.Version, (int)head.Kind, head.Bits));
        }
    }
}
