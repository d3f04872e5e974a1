using EdgePeer.Store;
using Xunit;

namespace EdgePeer.Tests.Store;

/// <summary>Messages released above others that stay.</summary>
public class JournalReleaseTests
{
    [Fact]
    public void What_is_released_above_the_base_gives_its_room_back_and_stays_released_through_restarts_and_reclaim()
    {
        var rig = new JournalRig(1);
        var (stream, other) = (rig.Open("s"), rig.Open("other"));
        long empty = rig.Journal.RoomBytes(JournalShare.Outgoing);
        byte[] first = JournalRig.Payload(1, 300);
        Assert.True(rig.Append(stream, 0, first));
        long withFirst = rig.Journal.RoomBytes(JournalShare.Outgoing);
        for (ulong sequence = 1; sequence < 20; sequence++)
            Assert.True(rig.Append(stream, sequence, JournalRig.Payload(2, 3000)));
        Assert.True(rig.Journal.TryRelease(stream, 1, 19, out _));
        Assert.True(rig.Journal.TryRelease(stream, 5, 20, out _));
        Assert.Equal(withFirst, rig.Journal.RoomBytes(JournalShare.Outgoing));
        for (ulong filler = 0; filler < 400; filler++)
        {
            Assert.True(rig.Append(other, filler, JournalRig.Payload(3, 6_000)));
            rig.Journal.Release(other, filler + 1);
            rig.Settle();
            if (filler % 20 == 0)
            {
                rig.PowerCut();
                rig.Settle();
            }
            Assert.Equal(first, rig.Read(stream, 0));
            Assert.False(rig.Journal.TryFind(stream, 1, out _));
            Assert.Equal([(1UL, 20UL)], rig.Journal.ReleasedRuns(stream));
        }
        Assert.True(rig.Journal.Counters.SegmentsReclaimed > 0, "nothing was reclaimed: the loop proves little");
        rig.Journal.Release(stream, 1);
        rig.Settle();
        rig.PowerCut();
        rig.Settle();
        Assert.Equal(20UL, rig.Journal.Streams().Single(found => found.Id == stream).Base);
        Assert.Equal(empty, rig.Journal.RoomBytes(JournalShare.Outgoing));
    }

    [Fact]
    public void A_released_number_is_not_held_again()
    {
        var rig = new JournalRig(2);
        var stream = rig.Open("s", JournalShare.Incoming);
        for (ulong sequence = 0; sequence < 4; sequence++)
            rig.Append(stream, sequence, JournalRig.Payload(1, 100));
        Assert.True(rig.Journal.TryRelease(stream, 2, 3, out _));
        Assert.True(rig.Append(stream, 2, JournalRig.Payload(1, 100)));
        rig.Settle();
        Assert.Null(rig.Read(stream, 2));
        Assert.True(rig.Journal.TryFind(stream, 2, out var next));
        Assert.Equal(3UL, next.Sequence);
    }

    [Fact]
    public void More_runs_than_the_limit_are_refused_until_the_base_has_moved()
    {
        var rig = new JournalRig(3);
        var stream = rig.Open("s");
        for (ulong sequence = 0; sequence < 3 * StoreLimits.ReleasedRunsMax; sequence++)
            rig.Append(stream, sequence, JournalRig.Payload(1, 10));
        ulong at = 1;
        for (; rig.Journal.TryRelease(stream, at, at + 1, out _); at += 2)
        {
        }
        Assert.Equal(StoreLimits.ReleasedRunsMax, rig.Journal.ReleasedRuns(stream).Count);
        Assert.True(rig.Journal.TryRelease(stream, 2, 3, out _), "this joins two runs");
        rig.Journal.Release(stream, 6);
        Assert.True(rig.Journal.TryRelease(stream, at, at + 1, out _));
    }
}
