using EdgePeer.Protocol.Sessions;
using Xunit;

namespace EdgePeer.Tests.Protocol;

public class FramePassageTests
{
    [Fact]
    public void An_outage_does_not_shorten_frames()
    {
        var passage = new FramePassage();
        for (int outages = 0; outages < 5; outages++)
        {
            passage.OnSilence(1400);
            passage.OnHeard(60, 1400);
            passage.OnHeard(1400, 1400);
        }
        Assert.Equal(1400, passage.Bytes(1400));
    }

    [Fact]
    public void Long_frames_that_never_pass_are_halved_until_they_do_and_grow_again_when_the_hop_widens()
    {
        var passage = new FramePassage();
        int narrow = 600;
        for (int rounds = 0; passage.Bytes(1400) > narrow; rounds++)
        {
            Assert.True(rounds < 10);
            passage.OnSilence(1400);
            passage.OnHeard(60, 1400);
        }
        Assert.Equal(350, passage.Bytes(1400));
        for (int frames = 0; frames < 500; frames++)
            passage.OnHeard(passage.Bytes(1400), 1400);
        Assert.Equal(1400, passage.Bytes(1400));
    }
}
