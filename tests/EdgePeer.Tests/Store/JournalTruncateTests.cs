using EdgePeer.Store;
using Xunit;

namespace EdgePeer.Tests.Store;

/// <summary>What was begun and never accepted goes for good, and its number is used again.</summary>
public class JournalTruncateTests
{
    [Theory]
    [InlineData(40_000)]
    [InlineData(50_000)]
    [InlineData(100)]
    public void A_number_that_is_used_again_means_the_new_message_through_restarts_and_reclaim(int newBytes)
    {
        var rig = new JournalRig(newBytes);
        var (stream, other) = (rig.Open("s"), rig.Open("other"));
        byte[] kept = JournalRig.Payload(1, 300), renewed = JournalRig.Payload(2, newBytes);
        Assert.True(rig.Append(stream, 0, kept));
        Begin(rig, stream, totalBytes: 40_000, heldBytes: 9_000);
        Restart(rig);
        rig.Journal.Truncate(stream, 1);
        Assert.Equal(1u, Next(rig, stream));
        Assert.True(rig.Append(stream, 1, renewed));
        Restart(rig);
        for (ulong filler = 0; filler < 400; filler++)
        {
            Assert.True(rig.Append(other, filler, JournalRig.Payload(3, 6_000)));
            rig.Journal.Release(other, filler);
            rig.Settle();
            if (filler % 20 == 0)
                Restart(rig);
            Assert.Equal(2u, Next(rig, stream));
            Assert.Equal(kept, rig.Read(stream, 0));
            Assert.Equal(renewed, rig.Read(stream, 1));
        }
        Assert.False(rig.Journal.Recovery.PastUncertain);
    }

    [Fact]
    public void A_power_cut_before_it_is_written_leaves_what_was_begun_to_be_dropped_again()
    {
        var rig = new JournalRig(5);
        var stream = rig.Open("s");
        Begin(rig, stream, totalBytes: 40_000, heldBytes: 9_000, sequence: 0);
        for (int life = 0; life < 3; life++)
        {
            Restart(rig);
            Assert.Equal(1u, Next(rig, stream));
            rig.Journal.Truncate(stream, 0);
            Assert.Equal(0u, Next(rig, stream));
            rig.PowerCut();
        }
        rig.Settle();
        rig.Journal.Truncate(stream, 0);
        Restart(rig);
        Assert.Equal(0u, Next(rig, stream));
        Assert.False(rig.Journal.TryFind(stream, 0, out _));
    }

    [Fact]
    public void Room_comes_back()
    {
        var rig = new JournalRig(6);
        var stream = rig.Open("s");
        rig.Settle();
        long before = rig.Journal.RoomBytes(JournalShare.Outgoing);
        Begin(rig, stream, totalBytes: 40_000, heldBytes: 9_000, sequence: 0);
        Restart(rig);
        Assert.True(rig.Journal.RoomBytes(JournalShare.Outgoing) < before);
        rig.Journal.Truncate(stream, 0);
        Assert.Equal(before, rig.Journal.RoomBytes(JournalShare.Outgoing));
    }

    [Fact]
    public void What_was_appended_in_this_life_cannot_be_dropped()
    {
        var rig = new JournalRig(7);
        var stream = rig.Open("s");
        rig.Settle();
        Assert.True(rig.Append(stream, 0, [1]));
        Assert.Throws<InvalidOperationException>(() => rig.Journal.Truncate(stream, 0));
    }

    private static void Begin(JournalRig rig, StreamId stream, int totalBytes, int heldBytes, ulong sequence = 1)
    {
        Assert.True(rig.Journal.TryAppend(stream, sequence, totalBytes, 0, JournalRig.Payload(9, heldBytes), UInt128.Zero, out _));
        rig.Settle();
    }

    private static void Restart(JournalRig rig)
    {
        rig.Settle();
        rig.PowerCut();
        rig.Settle();
    }

    private static ulong Next(JournalRig rig, StreamId stream) => rig.Journal.Streams().Single(s => s.Id == stream).Next;
}
