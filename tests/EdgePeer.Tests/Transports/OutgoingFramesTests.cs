using EdgePeer.Transports.Serial;
using Xunit;

namespace EdgePeer.Tests.Transports;

public class OutgoingFramesTests
{
    [Fact]
    public void Frames_leave_in_order_and_say_whether_another_waits()
    {
        var frames = new OutgoingFrames(10);
        byte[] into = new byte[10];
        for (byte round = 0; round < 5; round++)
        {
            Assert.True(frames.TryPut(1, [round, 1], more: false));
            Assert.True(frames.TryPut(2, [round, 2, 3], more: false));
            Assert.True(frames.TryTake(into, out int length, out byte destination, out bool more));
            Assert.Equal([round, 1], into[..length]);
            Assert.Equal(1, destination);
            Assert.True(more);
            Assert.True(frames.TryTake(into, out length, out _, out more));
            Assert.Equal([round, 2, 3], into[..length]);
            Assert.False(more);
            Assert.True(frames.IsEmpty);
        }
    }

    [Fact]
    public void No_more_than_four_and_none_too_long_or_empty_get_in()
    {
        var frames = new OutgoingFrames(10);
        Assert.False(frames.TryPut(1, new byte[11], more: false));
        Assert.False(frames.TryPut(1, [], more: false));
        for (int i = 0; i < 4; i++)
            Assert.True(frames.TryPut(1, new byte[10], more: false));
        Assert.False(frames.TryPut(1, [1], more: false));
        frames.Clear();
        Assert.False(frames.TryTake(new byte[10], out _, out _, out _));
        Assert.True(frames.TryPut(1, [1], more: false));
    }
}
