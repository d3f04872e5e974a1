using EdgePeer.Protocol.Sessions;
using Xunit;

namespace EdgePeer.Tests.Protocol.Sessions;

public class FrameSizerTests
{
    [Theory]
    [InlineData(1e-4)]
    [InlineData(1e-3)]
    [InlineData(3e-3)]
    public void It_finds_a_length_that_carries_nearly_as_much_as_the_best(double errorPerByte)
    {
        var sizer = new FrameSizer(FramingBytes);
        Feed(sizer, errorPerByte, 4_000);
        double best = Enumerable.Range(96, FrameBytesMax - 95).Max(bytes => Carried(bytes, errorPerByte));
        Assert.InRange(Carried(sizer.Best(FrameBytesMax), errorPerByte), 0.95 * best, best);
    }

    [Fact]
    public void Without_losses_the_longest_frame_is_best()
    {
        var sizer = new FrameSizer(FramingBytes);
        Feed(sizer, 0, 4_000);
        Assert.Equal(FrameBytesMax, sizer.Best(FrameBytesMax));
    }

    [Fact]
    public void A_line_that_gets_better_is_believed()
    {
        var sizer = new FrameSizer(FramingBytes);
        Feed(sizer, 1e-2, 4_000);
        Assert.True(sizer.Best(FrameBytesMax) < 120);
        Feed(sizer, 0, 8_000);
        Assert.Equal(FrameBytesMax, sizer.Best(FrameBytesMax));
    }

    [Fact]
    public void No_frame_is_longer_than_the_path_takes_and_none_useless_however_bad_the_line()
    {
        var sizer = new FrameSizer(FramingBytes);
        for (int i = 0; i < 10_000; i++)
            sizer.OnLost(200);
        Assert.Equal(96, sizer.Best(FrameBytesMax));
        Assert.Equal(80, sizer.Best(80));
    }

    private static void Feed(FrameSizer sizer, double errorPerByte, int frames)
    {
        var random = new Random(1);
        for (int i = 0; i < frames; i++)
        {
            int bytes = sizer.Best(FrameBytesMax);
            if (random.NextDouble() < Math.Pow(1 - errorPerByte, bytes + FramingBytes))
                sizer.OnHeard(bytes);
            else
                sizer.OnLost(bytes);
        }
    }

    /// <summary>The share of the line that is payload, and gets through.</summary>
    private static double Carried(int bytes, double errorPerByte) =>
        (bytes - HeaderBytes) / (double)(bytes + FramingBytes) * Math.Pow(1 - errorPerByte, bytes + FramingBytes);

    private const int FramingBytes = 7;
    private const int HeaderBytes = 18;
    private const int FrameBytesMax = 576;
}
