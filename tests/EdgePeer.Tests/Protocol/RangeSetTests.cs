using EdgePeer.Protocol;
using Xunit;

namespace EdgePeer.Tests.Protocol;

public class RangeSetTests
{
    /// <summary>The oracle: one flag a number.</summary>
    [Fact]
    public void It_holds_what_a_row_of_flags_holds()
    {
        var random = new Random(1);
        for (int round = 0; round < 100; round++)
        {
            var set = new RangeSet();
            bool[] flags = new bool[Numbers];
            for (int step = 0; step < 100; step++)
            {
                Change(random, set, flags);
                AssertSame(flags, set);
                AssertSpan(random, flags, set);
            }
        }
    }

    [Fact]
    public void Neighbours_become_one_range()
    {
        var set = RangeSet.Of(0, 10);
        Assert.True(set.Add(20, 30));
        Assert.True(set.Add(10, 20));
        Assert.Equal((0UL, 30UL), set[0]);
        Assert.Equal(1, set.Count);
        Assert.False(set.Add(5, 25));
    }

    [Fact]
    public void The_highest_numbers_are_numbers_too()
    {
        var set = RangeSet.Of(ulong.MaxValue - 1, ulong.MaxValue);
        Assert.True(set.Contains(ulong.MaxValue - 1, ulong.MaxValue));
        set.Remove(0, ulong.MaxValue);
        Assert.True(set.IsEmpty);
    }

    private static void Change(Random random, RangeSet set, bool[] flags)
    {
        int start = random.Next(Numbers), end = Math.Min(Numbers, start + random.Next(30));
        switch (random.Next(20))
        {
            case 0 when !set.IsEmpty:
                Array.Clear(flags, (int)set.First.Start, (int)(set.First.End - set.First.Start));
                set.RemoveFirst();
                break;
            case < 8:
                set.Remove((ulong)start, (ulong)end);
                Array.Fill(flags, false, start, end - start);
                break;
            default:
                bool news = flags.AsSpan(start, end - start).Contains(false);
                Assert.Equal(news, set.Add((ulong)start, (ulong)end));
                Array.Fill(flags, true, start, end - start);
                break;
        }
    }

    private static void AssertSame(bool[] flags, RangeSet set)
    {
        bool[] held = new bool[Numbers];
        for (int i = 0; i < set.Count; i++)
        {
            // Apart by one at least: else they would be one range.
            Assert.True(set[i].Start < set[i].End && (i == 0 || set[i].Start > set[i - 1].End));
            Array.Fill(held, true, (int)set[i].Start, (int)(set[i].End - set[i].Start));
        }
        Assert.Equal(flags, held);
    }

    private static void AssertSpan(Random random, bool[] flags, RangeSet set)
    {
        int start = random.Next(Numbers), end = Math.Min(Numbers, start + random.Next(30));
        Assert.Equal(!flags.AsSpan(start, end - start).Contains(false), set.Contains((ulong)start, (ulong)end));
        var missing = set.Missing((ulong)start, (ulong)end);
        for (int number = 0; number < Numbers; number++)
            Assert.Equal(number >= start && number < end && !flags[number], missing.Contains((ulong)number, (ulong)number + 1));
    }

    private const int Numbers = 120;
}
