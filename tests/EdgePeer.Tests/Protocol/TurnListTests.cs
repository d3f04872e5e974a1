using EdgePeer.Protocol;
using EdgePeer.Protocol.Pipes;
using Xunit;

namespace EdgePeer.Tests.Protocol;

/// <summary>Which message has which turn, against a plain list of them.</summary>
public class TurnListTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void It_says_what_a_plain_list_says_through_giving_taking_back_and_releasing(int seed)
    {
        var random = new Random(seed);
        var turns = TurnList.BeginningAt(100, 7);
        var model = new List<ulong>();
        ulong first = 100, follows = 0;
        for (int step = 0; step < 2_000; step++)
        {
            switch (random.Next(4))
            {
                case 0 or 1 when model.Count < 200:
                    uint count = (uint)random.Next(1, 9);
                    // Now and then the run that follows the last one.
                    ulong at = random.Next(3) == 0 ? follows : (ulong)step * 1_000_000;
                    bool down = random.Next(2) == 0;
                    turns.Add(at, count, down);
                    follows = at + count;
                    for (uint i = 0; i < count; i++)
                        model.Add(down ? at + count - 1 - i : at + i);
                    break;
                case 2:
                    int done = random.Next(model.Count + 1);
                    turns.RemoveBelow(first += (ulong)done);
                    model.RemoveRange(0, done);
                    break;
                case 3:
                    int left = random.Next(model.Count / 2, model.Count + 1);
                    turns.RemoveFrom(first + (ulong)left);
                    model.RemoveRange(left, model.Count - left);
                    break;
            }
            if (step % 3 == 0)
                turns = TurnList.Read(turns.Write())!;
            Assert.Equal((first, first + (ulong)model.Count, 7UL), (turns.Base, turns.End, turns.Skipped));
            for (int i = 0; i < model.Count; i++)
            {
                Assert.Equal(model[i], turns.NumberOf(first + (ulong)i));
                Assert.True(turns.TryTurnOf(model[i], out ulong turn));
                Assert.Equal(first + (ulong)i, turn);
            }
            Assert.False(turns.TryTurnOf(ulong.MaxValue - 1, out _));
            var unnamed = RangeSet.Of(0, ulong.MaxValue);
            turns.RemoveFrom(unnamed);
            Assert.All(model, number => Assert.False(unnamed.Contains(number, number + 1)));
        }
    }

    [Fact]
    public void The_first_numbers_are_those_of_the_first_turns_whichever_way_they_run()
    {
        var turns = TurnList.BeginningAt(0, 0);
        turns.Add(10, 5, down: true);
        turns.Add(3, 2, down: false);
        Assert.Equal((12UL, 15UL), turns.FirstNumbers(3));
        turns.RemoveBelow(3);
        Assert.Equal((10UL, 12UL), turns.FirstNumbers(7));
        turns.RemoveBelow(5);
        Assert.Equal((3UL, 5UL), turns.FirstNumbers(7));
    }

    [Fact]
    public void Numbers_one_behind_the_other_are_one_run()
    {
        var turns = TurnList.BeginningAt(0, 0);
        for (ulong number = 50; number < 1_050; number++)
            turns.Add(number, 1, down: number % 2 == 0);
        Assert.Equal(1, turns.Runs);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(15)]
    [InlineData(17)]
    public void What_is_no_list_is_none(int bytes) => Assert.Null(TurnList.Read(new byte[bytes]));
}
