using EdgePeer.Runtime.Loop;
using EdgePeer.Wire;
using Xunit;
using Limits = EdgePeer.Protocol.Limits;

namespace EdgePeer.Tests.Runtime;

public class FailedReadsTests
{
    [Fact]
    public void Readers_that_are_gone_before_it_is_over_get_past_a_message_together()
    {
        var reads = new FailedReads();
        var now = new Instant(0);
        int tries = 0;
        for (; !reads.AreOver(Stream, 7, now, out _); now += TimeSpan.FromMilliseconds(300))
            tries++;
        Assert.InRange(now - new Instant(0), Limits.ReadPause * Limits.ReadTriesMax, Limits.ReadPause * (Limits.ReadTriesMax + 2));
        Assert.True(tries > Limits.ReadTriesMax);
        // Its next reader, should there be one, has a try of its own.
        Assert.False(reads.AreOver(Stream, 7, now, out _));
    }

    [Fact]
    public void Two_messages_that_are_asked_for_by_turns_are_both_given_up()
    {
        var reads = new FailedReads();
        var now = new Instant(0);
        bool first = false, second = false;
        for (int i = 0; i <= Limits.ReadTriesMax; i++, now += Limits.ReadPause)
        {
            first |= reads.AreOver(Stream, 7, now, out _);
            second |= reads.AreOver(Stream, 8, now + (Limits.ReadPause / 2), out _);
        }
        Assert.True(first && second);
    }

    [Fact]
    public void What_reads_back_begins_anew()
    {
        var reads = new FailedReads();
        var now = new Instant(0);
        for (int i = 0; i < Limits.ReadTriesMax; i++, now += Limits.ReadPause)
            Assert.False(reads.AreOver(Stream, 7, now, out _));
        reads.OnRead(Stream, 7);
        Assert.False(reads.AreOver(Stream, 7, now, out var nextAt));
        Assert.Equal(now + Limits.ReadPause, nextAt);
    }

    private static StreamKey Stream { get; } = new(default, PipeName.Parse("readings"), 3, new Incarnation(1));
}
