using EdgePeer.Protocol;
using EdgePeer.Protocol.Sessions;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol.Sessions;

public class ReceivedPacketsTests
{
    [Fact]
    public void One_packet_that_asks_is_told_after_a_pause_and_a_second_at_once()
    {
        var received = new ReceivedPackets();
        received.Add(0, true, HoldBack, At(0));
        Assert.True(received.Untold && !received.TellDue);
        Assert.Equal(At(0) + HoldBack, received.TellAt);
        received.Add(1, true, HoldBack, At(1));
        Assert.True(received.TellDue);
        received.OnTold(fully: true);
        Assert.False(received.Untold);
        received.Add(2, true, HoldBack, At(2));
        received.OnDeadline(At(2) + HoldBack);
        Assert.True(received.TellDue);
    }

    [Fact]
    public void One_out_of_order_is_told_at_once()
    {
        var received = new ReceivedPackets();
        received.Add(0, true, HoldBack, At(0));
        received.OnTold(fully: true);
        received.Add(2, true, HoldBack, At(1));
        Assert.True(received.TellDue);
    }

    [Fact]
    public void A_short_word_needs_a_whole_one_before_it_and_a_run_of_64_or_from_the_first()
    {
        var received = new ReceivedPackets();
        Assert.False(received.CanTellShort);
        received.Add(0, true, HoldBack, At(0));
        Assert.False(received.CanTellShort);
        received.OnTold(fully: true);
        Assert.True(received.CanTellShort);
        received.Add(2, true, HoldBack, At(0));
        Assert.False(received.CanTellShort);
        for (ulong number = 3; number < 64; number++)
            received.Add(number, true, HoldBack, At(0));
        received.OnTold(fully: true);
        received.Add(64, true, HoldBack, At(0));
        Assert.False(received.CanTellShort);
        received.Add(65, true, HoldBack, At(0));
        Assert.True(received.CanTellShort);
        received.TellFully();
        Assert.False(received.CanTellShort);
    }

    [Fact]
    public void After_64_packets_the_run_is_told_by_a_whole_word_again()
    {
        var received = new ReceivedPackets();
        received.Add(0, true, HoldBack, At(0));
        received.OnTold(fully: true);
        for (ulong number = 1; number < 64; number++)
        {
            received.Add(number, true, HoldBack, At(0));
            Assert.True(received.CanTellShort);
            received.OnTold(fully: false);
        }
        received.Add(64, true, HoldBack, At(0));
        Assert.False(received.CanTellShort);
    }

    [Fact]
    public void Forty_packets_that_nobody_asked_about_are_worth_telling_and_cause_no_packet()
    {
        var received = new ReceivedPackets();
        for (ulong number = 0; number < 39; number++)
            received.Add(number, false, HoldBack, At(0));
        Assert.False(received.WorthTelling);
        received.Add(39, false, HoldBack, At(0));
        Assert.True(received.WorthTelling && !received.TellDue && received.TellAt == Instant.Never);
        received.OnTold(fully: true);
        Assert.False(received.WorthTelling);
    }

    [Fact]
    public void Answers_are_not_answered()
    {
        var received = new ReceivedPackets();
        for (ulong number = 0; number < 10; number += 3)
            received.Add(number, false, HoldBack, At(0));
        Assert.False(received.Untold);
        Assert.Equal(Instant.Never, received.TellAt);
    }

    [Fact]
    public void Runs_are_told_highest_first_and_as_many_as_fit()
    {
        var received = new ReceivedPackets();
        foreach (ulong number in new ulong[] { 0, 1, 5, 9, 8, 7 })
            received.Add(number, true, HoldBack, At(number));
        Span<NumberRange> ranges = new NumberRange[8];
        Assert.Equal(3, received.Copy(ranges));
        Assert.Equal([new(7, 9), new(5, 5), new(0, 1)], ranges[..3].ToArray());
        Assert.Equal(2, received.Copy(ranges[..2]));
        Assert.Equal(10UL, received.Expected);
        Assert.Equal(TimeSpan.FromSeconds(11), received.HeldBack(At(20)));
    }

    /// <summary>The oracle: no number is new twice, and what is told has come.</summary>
    [Fact]
    public void Whatever_the_order_a_number_is_new_once_and_the_memory_stays_bounded()
    {
        var random = new Random(1);
        for (int round = 0; round < 20; round++)
        {
            var received = new ReceivedPackets();
            var taken = new HashSet<ulong>();
            ulong front = 0;
            NumberRange[] ranges = new NumberRange[Limits.ReceivedRunsMax + 8];
            for (int i = 0; i < 1_000; i++)
            {
                front += (ulong)random.Next(4);
                ulong number = front - Math.Min(front, (ulong)random.Next(300));
                if (!received.IsNew(number))
                    continue;
                Assert.True(taken.Add(number));
                received.Add(number, true, HoldBack, At(i));
                Assert.False(received.IsNew(number));
                int count = received.Copy(ranges);
                Assert.InRange(count, 0, Limits.ReceivedRunsMax);
            }
            foreach (var range in ranges[..received.Copy(ranges)])
                for (ulong number = range.First; number <= range.Last; number++)
                    Assert.Contains(number, taken);
        }
    }

    private static readonly TimeSpan HoldBack = TimeSpan.FromMilliseconds(25);

    private static Instant At(double seconds) => new((long)(seconds * TimeSpan.TicksPerSecond));
}
