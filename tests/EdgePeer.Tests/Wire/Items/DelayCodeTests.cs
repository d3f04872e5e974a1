using EdgePeer.Tests.Support;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Wire.Items;

public class DelayCodeTests
{
    [Fact]
    public void The_documents_example_is_what_the_code_says()
    {
        byte[] codes = DocumentExample.Hex(DocumentExample.Wire, "delay");
        Assert.Equal([0, 1.5, 1.6, 12.4, 50_790.4], codes.Select(code => DelayCode.ToTime(code).TotalMilliseconds));
    }

    [Fact]
    public void Larger_codes_are_longer_and_each_is_the_code_of_its_time()
    {
        for (int code = 0; code < 256; code++)
        {
            Assert.Equal(code, DelayCode.Of(DelayCode.ToTime((byte)code)));
            if (code > 0)
                Assert.True(DelayCode.ToTime((byte)code) > DelayCode.ToTime((byte)(code - 1)));
        }
    }

    [Fact]
    public void Each_time_is_told_to_a_32nd_or_half_a_tenth_of_a_millisecond()
    {
        var random = new Random(1);
        for (int i = 0; i < 50_000; i++)
        {
            var time = TimeSpan.FromMicroseconds(random.Next(50_000_000) >> random.Next(20));
            var told = DelayCode.ToTime(DelayCode.Of(time));
            double most = Math.Max(time.TotalMilliseconds / 32 + 0.05, 0.05);
            Assert.True(Math.Abs((told - time).TotalMilliseconds) <= most + 1e-9, $"{time} became {told}");
        }
    }

    [Fact]
    public void What_is_longer_than_the_longest_is_told_as_that()
    {
        Assert.Equal(255, DelayCode.Of(TimeSpan.MaxValue - TimeSpan.FromSeconds(1)));
        Assert.Equal(0, DelayCode.Of(TimeSpan.FromSeconds(-1)));
    }
}
