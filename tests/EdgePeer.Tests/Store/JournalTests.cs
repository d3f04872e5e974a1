using EdgePeer.Store;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Store;

public class JournalTests
{
    [Fact]
    public void A_new_journal_is_ready_when_its_first_batch_is_done()
    {
        var rig = new JournalRig(1);
        Assert.False(rig.Journal.Ready);
        rig.Settle();
        Assert.True(rig.Journal.Ready);
        Assert.Empty(rig.Journal.Streams());
        Assert.Equal(Instant.Never, rig.Journal.CommitAt);
    }

    [Fact]
    public void The_window_begins_when_something_waits_and_hurry_ends_it()
    {
        var rig = new JournalRig(1);
        rig.Settle();
        rig.Open("s");
        Assert.Equal(default, rig.Journal.CommitAt);
        Assert.Null(rig.Journal.TakeBatch(rig.Now));
        Assert.Equal(rig.Now + rig.Options.SyncWindow, rig.Journal.CommitAt);
        rig.Advance(TimeSpan.FromMilliseconds(1));
        Assert.Null(rig.Journal.TakeBatch(rig.Now));
        rig.Journal.Hurry();
        Assert.NotNull(rig.Journal.TakeBatch(rig.Now));
        Assert.Equal(Instant.Never, rig.Journal.CommitAt);
    }

    [Fact]
    public void What_is_asked_while_a_batch_is_out_goes_with_the_next()
    {
        var rig = new JournalRig(1);
        rig.Settle();
        var stream = rig.Open("s");
        rig.Journal.Hurry();
        var first = rig.Journal.TakeBatch(rig.Now)!;
        rig.Append(stream, 0, [1, 2, 3]);
        Assert.Null(rig.Journal.TakeBatch(rig.Now + TimeSpan.FromHours(1)));
        rig.Journal.OnBatchDone(first, rig.Flash.Run(first), rig.Now);
        Assert.Equal(first.Through, rig.Journal.DurableThrough);
        rig.Settle();
        Assert.True(rig.Journal.DurableThrough.Value > first.Through.Value);
        Assert.Equal([1, 2, 3], rig.Read(stream, 0));
    }

    [Fact]
    public void Ranges_in_any_order_and_overlapping_make_one_message_and_are_stored_once()
    {
        var rig = new JournalRig(1);
        var stream = rig.Open("s", JournalShare.Incoming);
        byte[] payload = JournalRig.Payload(3, 10_000);
        foreach (var (from, length) in ((int, int)[])[(6000, 2000), (0, 1500), (1000, 6000), (9000, 1000), (7500, 1500), (0, 10_000)])
            Assert.True(rig.Journal.TryAppend(stream, 0, payload.Length, from, payload.AsSpan(from, length), 0, out _));
        Assert.Equal(10_000, rig.Journal.Counters.PayloadBytes);
        rig.Settle();
        Assert.Equal(payload, rig.Read(stream, 0));
        rig.PowerCut();
        Assert.Equal(payload, rig.Read(stream, 0));
        var part = new byte[3000];
        Assert.True(rig.Journal.TryRead(stream, 0, 5500, part));
        Assert.Equal(payload[5500..8500], part);
        Assert.False(rig.Journal.TryRead(stream, 0, 9_000, part));
    }

    [Fact]
    public void A_range_that_disagrees_on_the_message_length_is_refused()
    {
        var rig = new JournalRig(1);
        var stream = rig.Open("s");
        Assert.True(rig.Journal.TryAppend(stream, 0, 1000, 0, new byte[500], 0, out _));
        Assert.False(rig.Journal.TryAppend(stream, 0, 900, 500, new byte[400], 0, out _));
        Assert.Equal(1, rig.Journal.Counters.AppendsRefused);
    }

    [Fact]
    public void A_released_message_stays_released_and_its_number_is_not_used_again()
    {
        var rig = new JournalRig(1);
        var stream = rig.Open("s");
        for (ulong sequence = 0; sequence < 5; sequence++)
            rig.Append(stream, sequence, [1]);
        rig.Journal.Release(stream, 5);
        rig.Settle();
        rig.PowerCut();
        var found = Assert.Single(rig.Journal.Streams());
        Assert.Equal((5UL, 5UL), (found.Base, found.Next));
        Assert.False(rig.Journal.TryFind(stream, 0, out _));
        Assert.True(rig.Append(stream, 3, [9]));
        Assert.False(rig.Journal.TryFind(stream, 0, out _));
    }

    [Fact]
    public void The_last_tags_survive_release_reclaim_and_restarts_in_their_order()
    {
        var rig = new JournalRig(1);
        var stream = rig.Open("s");
        int kept = 1024;
        for (ulong sequence = 0; sequence < 5000; sequence++)
        {
            Assert.True(rig.Append(stream, sequence, new byte[300], tag: sequence + 1));
            rig.Journal.Release(stream, sequence);
            if (sequence % 10 == 0)
                rig.Settle();
            if (sequence % 700 == 0)
                rig.PowerCut();
        }
        rig.Settle();
        rig.Kill();
        Assert.True(rig.Journal.Counters.SegmentsReclaimed >= 0);
        for (ulong sequence = 0; sequence < 5000; sequence++)
        {
            Assert.Equal(sequence >= 5000UL - (ulong)kept, rig.Journal.TryFindTag(sequence + 1, out var of, out ulong place));
            Assert.True(place == 0 || (of == stream && place == sequence));
        }
    }

    [Fact]
    public void A_forgotten_stream_is_gone_after_reclaim_and_its_id_is_not_used_again()
    {
        var rig = new JournalRig(1);
        var busy = rig.Open("busy");
        for (int round = 0; round < 40; round++)
        {
            var doomed = rig.Open("doomed");
            rig.Append(doomed, 0, [1, 2, 3]);
            for (ulong i = 0; i < 20; i++)
                rig.Append(busy, ((ulong)round * 20) + i, new byte[3000]);
            rig.Journal.Release(busy, (ulong)round * 20);
            rig.Settle();
            rig.Journal.Forget(doomed);
            rig.Settle();
            rig.PowerCut();
            Assert.Equal(busy, Assert.Single(rig.Journal.Streams()).Id);
            Assert.True(rig.Open("other").Value > doomed.Value);
            rig.Journal.Forget(rig.Open("other"));
        }
    }

    [Fact]
    public void Numbers_that_were_cut_off_may_mean_new_messages_and_the_old_ones_never_come_back()
    {
        var rig = new JournalRig(1);
        var busy = rig.Open("busy");
        var stream = rig.Open("s");
        ulong busyNext = 0;
        rig.Append(stream, 0, [0]);
        for (int round = 1; round <= 60; round++)
        {
            byte[] payload = JournalRig.Payload(round, 6000);
            Assert.True(rig.Journal.TryAppend(stream, 1, payload.Length, 0, payload.AsSpan(0, 3000), 0, out _));
            rig.Settle();
            rig.PowerCut();
            Assert.Null(rig.Read(stream, 1));
            rig.Journal.Truncate(stream, 1);
            Assert.False(rig.Journal.TryFind(stream, 1, out _));
            Assert.True(rig.Append(stream, 1, payload));
            for (int i = 0; i < 12; i++)
                rig.Append(busy, busyNext++, new byte[4000]);
            rig.Settle();
            if (round % 2 == 0)
                rig.Journal.Release(busy, busyNext - 12);
            rig.Settle();
            rig.Kill();
            Assert.Equal(payload, rig.Read(stream, 1));
            Assert.Equal(2UL, rig.Journal.Streams()[1].Next);
            rig.Journal.Truncate(stream, 1);
            rig.Settle();
            rig.PowerCut();
            Assert.Equal(1UL, rig.Journal.Streams()[1].Next);
            Assert.False(rig.Journal.TryFind(stream, 1, out _));
            Assert.Equal([0], rig.Read(stream, 0));
        }
        Assert.True(rig.Flash.TotalBytes <= rig.Options.CapacityBytes, $"{rig.Flash.TotalBytes} bytes");
    }

    [Fact]
    public void A_failed_sync_is_not_tried_again_but_written_to_a_fresh_segment()
    {
        var rig = new JournalRig(1);
        rig.Settle();
        var stream = rig.Open("s");
        rig.Settle();
        rig.Append(stream, 0, [1, 2, 3]);
        rig.Journal.Hurry();
        var failed = rig.Journal.TakeBatch(rig.Now)!;
        var before = rig.Journal.DurableThrough;
        rig.Flash.Faults.SyncFails = 1;
        rig.Journal.OnBatchDone(failed, rig.Flash.Run(failed), rig.Now);
        rig.Flash.Faults.SyncFails = 0;
        Assert.Equal(before, rig.Journal.DurableThrough);
        Assert.Equal([1, 2, 3], rig.Read(stream, 0));
        var again = rig.Journal.TakeBatch(rig.Now)!;
        Assert.DoesNotContain(again.Commands, command => failed.Commands.Any(other => other.Segment == command.Segment));
        rig.Journal.OnBatchDone(again, rig.Flash.Run(again), rig.Now);
        Assert.Equal(failed.Through, rig.Journal.DurableThrough);
        rig.PowerCut();
        Assert.False(rig.Journal.Recovery.PastUncertain);
        Assert.Equal([1, 2, 3], rig.Read(stream, 0));
        Assert.Equal(1, rig.Flash.FailedSyncs);
    }

    [Theory]
    [InlineData(FlashOutcome.NoSpace)]
    [InlineData(FlashOutcome.ReadOnly)]
    public void A_flash_that_refuses_is_left_alone_for_longer_and_longer_and_nothing_is_lost(FlashOutcome outcome)
    {
        var rig = new JournalRig(1);
        rig.Settle();
        var stream = rig.Open("s");
        rig.Append(stream, 0, [1, 2, 3]);
        rig.Journal.Hurry();
        var pauses = new List<double>();
        for (int i = 0; i < 8; i++)
        {
            var batch = rig.Journal.TakeBatch(rig.Now)!;
            rig.Journal.OnBatchDone(batch, outcome, rig.Now);
            pauses.Add((rig.Journal.CommitAt - rig.Now).TotalSeconds);
            rig.Advance(rig.Journal.CommitAt - rig.Now);
        }
        Assert.Equal([1, 2, 4, 8, 16, 30, 30, 30], pauses);
        Assert.Equal(0UL, rig.Journal.DurableThrough.Value);
        rig.Settle();
        rig.PowerCut();
        Assert.Equal([1, 2, 3], rig.Read(stream, 0));
    }

    [Fact]
    public void Known_bugs_are_there_when_switched_on()
    {
        var early = new JournalRig(1, JournalRig.Small with { Faults = JournalFaults.DurableBeforeSync });
        early.Settle();
        early.Open("s");
        early.Journal.Hurry();
        var batch = early.Journal.TakeBatch(early.Now)!;
        Assert.Equal(batch.Through, early.Journal.DurableThrough);

        var unsynced = new JournalRig(1, JournalRig.Small with { Faults = JournalFaults.RecoveryWithoutSync });
        Assert.True(unsynced.Journal.Ready);

        var forgetful = new JournalRig(1, JournalRig.Small with { Faults = JournalFaults.ReleaseLost });
        var stream = forgetful.Open("s");
        forgetful.Append(stream, 0, [1]);
        forgetful.Settle();
        forgetful.Journal.Release(stream, 1);
        forgetful.Settle();
        Assert.Equal(1UL, Assert.Single(forgetful.Journal.Streams()).Base);
        forgetful.PowerCut();
        Assert.Equal(0UL, Assert.Single(forgetful.Journal.Streams()).Base);
    }
}
