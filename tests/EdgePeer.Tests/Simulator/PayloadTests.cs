using EdgePeer.Simulator.Model;
using Xunit;

namespace EdgePeer.Tests.Simulator;

public class PayloadTests
{
    [Fact]
    public void Every_range_of_a_payload_is_recognized_and_a_changed_byte_is_not()
    {
        var bytes = new byte[100];
        Payload.Fill(42, bytes);
        for (int offset = 0; offset < bytes.Length; offset++)
            for (int length = 1; offset + length <= bytes.Length; length++)
            {
                var range = bytes.AsSpan(offset, length);
                Assert.True(Payload.Matches(42, offset, range));
                range[length / 2] ^= 1;
                Assert.False(Payload.Matches(42, offset, range));
                range[length / 2] ^= 1;
            }
        Assert.False(Payload.Matches(43, 0, bytes));
    }
}
