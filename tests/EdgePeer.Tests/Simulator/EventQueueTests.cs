using EdgePeer.Simulator.Clock;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Simulator;

public class EventQueueTests
{
    [Fact]
    public void Events_come_by_time_and_then_by_when_they_were_scheduled()
    {
        var queue = new EventQueue();
        var random = new SeededRandom(7);
        var target = new Silent();
        for (int i = 0; i < 5000; i++)
            queue.Schedule(new Instant(random.Below(50)), target, i);
        var before = queue.Take();
        for (int taken = 1; taken < 5000; taken++)
        {
            var next = queue.Take();
            Assert.True(before.At < next.At || (before.At == next.At && before.Kind < next.Kind));
            before = next;
        }
        Assert.Equal(0, queue.Count);
        Assert.Equal(Instant.Never, queue.NextAt);
    }

    [Fact]
    public void One_seed_gives_one_sequence_and_another_seed_another()
    {
        ulong[] first = Draw(1), again = Draw(1), other = Draw(2);
        Assert.Equal(first, again);
        Assert.NotEqual(first, other);
    }

    [Fact]
    public void Random_numbers_stay_within_their_bounds_and_reach_them()
    {
        var random = new SeededRandom(3);
        var seen = new HashSet<int>();
        for (int i = 0; i < 1000; i++)
            seen.Add(random.Between(2, 5));
        Assert.Equal([2, 3, 4, 5], seen.Order());
    }

    private static ulong[] Draw(ulong seed)
    {
        var random = new SeededRandom(seed);
        return [random.Next(), random.Next(), random.Fork().Next(), random.Next()];
    }

    private sealed class Silent : IEventTarget
    {
        public void OnEvent(in SimEvent happening)
        {
        }
    }
}
