using EdgePeer.Transports.Serial;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Transports;

public class LinePacingTests
{
    private static readonly Instant Start = new(1_000_000_000);

    [Fact]
    public void The_next_frame_is_asked_for_shortly_before_the_line_is_free()
    {
        var line = new LinePacing(9600);
        line.Reset(Start);
        line.OnWritten(96, Start);
        Assert.Equal(Start + TimeSpan.FromMilliseconds(100), line.FreeAt);
        Assert.Equal(Start + TimeSpan.FromMilliseconds(95), line.AskAt);
    }

    [Fact]
    public void Frames_that_follow_in_time_add_up_and_a_late_one_begins_when_it_comes()
    {
        var line = new LinePacing(9600);
        line.Reset(Start);
        line.OnWritten(96, Start);
        line.OnWritten(96, line.AskAt);
        Assert.Equal(Start + TimeSpan.FromMilliseconds(200), line.FreeAt);
        line.OnWritten(96, Start + TimeSpan.FromMilliseconds(500));
        Assert.Equal(Start + TimeSpan.FromMilliseconds(600), line.FreeAt);
    }

    [Fact]
    public void What_the_driver_still_holds_puts_the_end_off_and_never_forward()
    {
        var line = new LinePacing(9600);
        line.Reset(Start);
        line.OnWritten(96, Start);
        line.OnWaiting(48, Start);
        Assert.Equal(Start + TimeSpan.FromMilliseconds(100), line.FreeAt);
        line.OnWaiting(48, Start + TimeSpan.FromMilliseconds(95));
        Assert.Equal(Start + TimeSpan.FromMilliseconds(145), line.FreeAt);
    }

    [Theory]
    [InlineData(1200, 200)]
    [InlineData(19200, 200)]
    [InlineData(57600, 576)]
    [InlineData(115200, 1024)]
    [InlineData(3_000_000, 1024)]
    public void Frames_take_a_tenth_of_a_second_at_most_where_that_leaves_enough(int baud, int frameBytes)
    {
        Assert.Equal(frameBytes, Limits.FrameBytesAt(baud));
    }

    [Theory]
    [InlineData(299)]
    [InlineData(0)]
    [InlineData(12_000_001)]
    public void A_rate_that_no_port_has_is_refused(int baud)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new SerialTransport(new SerialOptions { Name = "radio", Port = "/dev/null", Baud = baud }));
    }
}
