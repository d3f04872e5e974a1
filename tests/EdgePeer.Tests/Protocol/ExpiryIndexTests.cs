using EdgePeer.Protocol.Pipes;
using Xunit;

namespace EdgePeer.Tests.Protocol;

/// <summary>What is held of times to live, while messages are delivered long before they are over.</summary>
public class ExpiryIndexTests
{
    [Fact]
    public void What_is_delivered_in_time_leaves_nothing_behind()
    {
        var index = new ExpiryIndex();
        int most = 0;
        for (ulong sequence = 0; sequence < 1_000_000; sequence++)
        {
            index.Add(sequence, (long)sequence + 604_800_000);
            index.RemoveBelow(sequence);
            most = Math.Max(most, index.Held);
        }
        Assert.InRange(most, 1, 100);
        Assert.True(index.TryPeek(out long first));
        Assert.Equal((999_999 / 256 * 256) + 604_800_000, first);
    }

    [Fact]
    public void What_is_still_there_is_found_when_it_is_due_after_a_sweep_too()
    {
        var index = new ExpiryIndex();
        const ulong Block = ExpiryIndex.BlockMessages;
        index.AddUnknown(0, 100 * Block);
        for (ulong block = 0; block < 100; block++)
            index.Put(TakeNext(), 1_000 - (long)block);
        index.RemoveBelow(99 * Block);
        Assert.Equal(99 * Block, TakeNext());
        Assert.False(index.TryPeek(out _));

        ulong TakeNext()
        {
            Assert.True(index.TryTake(long.MaxValue, out ulong from, out _, out _));
            return from;
        }
    }
}
