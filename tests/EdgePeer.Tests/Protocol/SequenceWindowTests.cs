using EdgePeer.Protocol;
using Xunit;

namespace EdgePeer.Tests.Protocol;

public class SequenceWindowTests
{
    /// <summary>The oracle: a dictionary from number to item.</summary>
    [Fact]
    public void It_holds_what_a_dictionary_holds()
    {
        var random = new Random(1);
        var window = new SequenceWindow<string>(1_000);
        var held = new SortedDictionary<ulong, string>();
        ulong next = 1_000;
        for (int step = 0; step < 20_000; step++)
        {
            // Long rises and falls, so that the room in front is given back.
            if (random.Next(1_000) == 0)
            {
                next = Legal(random);
                window.Reset(next);
                held.Clear();
            }
            else if (random.Next(100) < ((step / 1_000) % 2 == 0 ? 70 : 30) || held.Count == 0)
            {
                held[next] = next.ToString(System.Globalization.CultureInfo.InvariantCulture);
                window.Add(held[next++]);
            }
            else
            {
                var (number, item) = held.First();
                Assert.Equal(number, window.Base);
                Assert.Equal(item, window.RemoveFirst());
                held.Remove(number);
            }
            AssertSame(held, window, next);
        }
    }

    private static void AssertSame(SortedDictionary<ulong, string> held, SequenceWindow<string> window, ulong next)
    {
        Assert.Equal(held.Count, window.Count);
        Assert.Equal(next, window.End);
        Assert.False(window.TryGet(next, out _));
        Assert.False(window.TryGet(window.Base - 1, out _));
        if (held.Count == 0)
            return;
        ulong middle = window.Base + ((ulong)held.Count / 2);
        Assert.Equal(held[middle], window[middle]);
        Assert.True(window.TryGet(window.Base, out string first));
        Assert.Equal(held[window.Base], first);
    }

    private static ulong Legal(Random random) => 1 + (ulong)random.NextInt64(1L << 40);
}
