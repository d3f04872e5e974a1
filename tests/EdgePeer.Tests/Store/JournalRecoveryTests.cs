using EdgePeer.Simulator;
using EdgePeer.Store;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Store;

/// <summary>A torn tail is normal and silent; damage to what had been durable is named. Recovery always starts.</summary>
public class JournalRecoveryTests
{
    [Fact]
    public void A_batch_torn_at_any_byte_is_dropped_whole_and_what_was_before_stays()
    {
        var (rig, stream, batch) = TwoBatches();
        var write = batch.Commands.Single(command => command.Kind == FlashCommandKind.Write);
        int recordsEnd = BlockHeader.SizeBytes + BitConverter.ToInt32(write.Bytes.Span[40..]);
        for (int torn = 0; torn <= recordsEnd; torn++)
        {
            var flash = rig.Flash.Clone(new SeededRandom(torn));
            flash.Damage(write.Segment, (int)write.Offset, write.Bytes.Span[..torn]);
            var again = new JournalRig(torn, flash: flash);
            Assert.False(again.Journal.Recovery.PastUncertain, $"torn at {torn}: {string.Join("; ", again.Journal.Recovery.Damaged)}");
            Assert.Equal([1, 2, 3], again.Read(stream, 0));
            Assert.Equal(torn == recordsEnd ? [4, 5, 6] : null, again.Read(stream, 1));
            Assert.Equal(torn >= BlockHeader.SizeBytes && torn < recordsEnd ? 1 : 0, again.Journal.Counters.TornTails);
            again.Settle();
            Assert.True(again.Append(stream, torn == recordsEnd ? 2u : 1u, [7]));
            again.Settle();
            again.PowerCut();
            Assert.Equal([7], again.Read(stream, torn == recordsEnd ? 2u : 1u));
        }
    }

    [Fact]
    public void A_batch_with_any_byte_damaged_by_the_torn_write_is_dropped_whole()
    {
        var (rig, stream, batch) = TwoBatches();
        var write = batch.Commands.Single(command => command.Kind == FlashCommandKind.Write);
        int recordsEnd = BlockHeader.SizeBytes + BitConverter.ToInt32(write.Bytes.Span[40..]);
        for (int at = 0; at < recordsEnd; at++)
        {
            var flash = rig.Flash.Clone(new SeededRandom(at));
            byte[] bytes = write.Bytes.ToArray();
            bytes[at] ^= 0x5A;
            flash.Damage(write.Segment, (int)write.Offset, bytes);
            var again = new JournalRig(at, flash: flash);
            Assert.False(again.Journal.Recovery.PastUncertain);
            Assert.Equal([1, 2, 3], again.Read(stream, 0));
            Assert.Null(again.Read(stream, 1));
        }
    }

    [Fact]
    public void Any_damaged_byte_of_a_durable_batch_is_named_and_all_other_records_stay()
    {
        var rig = new JournalRig(1);
        var stream = rig.Open("s");
        rig.Settle();
        // The stream's key is written again with the batch after its own.
        rig.Journal.Put("fact"u8, "value"u8);
        rig.Settle();
        for (ulong sequence = 0; sequence < 4; sequence++)
            rig.Append(stream, sequence, JournalRig.Payload((int)sequence, 40));
        rig.Settle();
        var (segment, offset, length) = LastBlock(rig.Flash);
        // A block behind it: what lies before is known to have been durable.
        rig.Append(stream, 4, JournalRig.Payload(4, 40));
        rig.Settle();
        var block = new byte[length];
        rig.Flash.Read(segment, offset, block);
        for (int at = 0; at < length; at++)
        {
            var flash = rig.Flash.Clone(new SeededRandom(at));
            flash.Damage(segment, offset + at, [(byte)(block[at] ^ 0x10)]);
            var again = new JournalRig(at, flash: flash);
            Assert.True(again.Journal.Recovery.PastUncertain, $"byte {at}");
            Assert.Contains($"segment {segment} at ", Assert.Single(again.Journal.Recovery.Damaged), StringComparison.Ordinal);
            int whole = Enumerable.Range(0, 5).Count(sequence => again.Read(stream, (ulong)sequence) is { } read && read.AsSpan().SequenceEqual(JournalRig.Payload(sequence, 40)));
            // Without its header a block's records are found one by one: none of them is damaged.
            Assert.Equal(at < BlockHeader.SizeBytes ? 5 : 4, whole);
            again.Settle();
            Assert.True(again.Journal.Ready);
        }
    }

    [Fact]
    public void A_zeroed_or_missing_segment_is_named_and_the_others_are_kept()
    {
        var rig = new JournalRig(1);
        var stream = rig.Open("s");
        for (ulong sequence = 0; sequence < 50; sequence++)
        {
            rig.Append(stream, sequence, JournalRig.Payload((int)sequence, 4000));
            rig.Settle();
        }
        Assert.True(rig.Flash.Segments().Count > 3);
        rig.Flash.Damage(2, 0, new byte[64 << 10]);
        rig.Kill();
        Assert.True(rig.Journal.Recovery.PastUncertain);
        Assert.Contains(rig.Journal.Recovery.Damaged, line => line.StartsWith("segment 2 ", StringComparison.Ordinal));
        rig.Settle();
        int kept = Enumerable.Range(0, 50).Count(sequence => rig.Read(stream, (ulong)sequence) is not null);
        Assert.InRange(kept, 30, 49);
        Assert.Equal(50 - kept, rig.Journal.Recovery.Missing.Sum(missing => (int)(missing.Last - missing.First) + 1));
    }

    [Fact]
    public void A_message_damaged_after_the_start_is_not_given_out()
    {
        var rig = new JournalRig(1);
        var stream = rig.Open("s");
        rig.Settle();
        rig.Append(stream, 0, JournalRig.Payload(0, 500));
        rig.Settle();
        var (segment, offset, _) = LastBlock(rig.Flash);
        rig.Flash.Damage(segment, offset + 300, [0xFF, 0x00, 0xFF]);
        Assert.False(rig.Journal.TryRead(stream, 0, 0, new byte[10]));
    }

    /// <summary>Seed 4100500: the file had its length, and its directory entry had never been synced.</summary>
    [Fact]
    public void A_segment_whose_making_failed_half_way_is_made_again()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var rig = new JournalRig(seed);
            var stream = rig.Open("s");
            rig.Settle();
            ulong next = 0;
            while (rig.Flash.NextCommand != FlashCommandKind.Create)
            {
                if (!rig.Flash.Busy)
                    Assert.True(rig.Append(stream, next, JournalRig.Payload((int)next++, 3000)));
                rig.Journal.Hurry();
                rig.Step();
            }
            // Half of it is done.
            rig.Flash.Faults.ReadOnly = true;
            rig.Step();
            rig.Flash.Faults.ReadOnly = false;
            rig.Settle();
            rig.PowerCut();
            Assert.Equal(JournalRig.Payload((int)next - 1, 3000), rig.Read(stream, next - 1));
            Assert.False(rig.Journal.Recovery.PastUncertain, string.Join("; ", rig.Journal.Recovery.Damaged));
        }
    }

    [Fact]
    public void Restarts_without_work_never_use_the_journal_up()
    {
        var rig = new JournalRig(1);
        var stream = rig.Open("s");
        rig.Append(stream, 0, JournalRig.Payload(0, 3000));
        rig.Settle();
        for (int restart = 0; restart < 200; restart++)
        {
            if (restart % 2 == 0)
                rig.PowerCut();
            else
                rig.Kill();
            rig.Settle();
            Assert.Equal(JournalRig.Payload(0, 3000), rig.Read(stream, 0));
        }
        Assert.True(rig.Flash.TotalBytes <= rig.Options.CapacityBytes);
    }

    [Fact]
    public void Crashes_in_recovery_itself_lose_nothing()
    {
        var rig = new JournalRig(1);
        var stream = rig.Open("s");
        rig.Append(stream, 0, JournalRig.Payload(0, 3000));
        rig.Settle();
        for (int crash = 0; crash < 300; crash++)
        {
            for (int steps = rig.Random.Below(8); steps > 0; steps--)
                rig.Step();
            if (crash % 3 == 0)
                rig.Kill();
            else
                rig.PowerCut();
            Assert.False(rig.Journal.Recovery.PastUncertain, $"crash {crash}: {string.Join("; ", rig.Journal.Recovery.Damaged)}");
            Assert.Equal(JournalRig.Payload(0, 3000), rig.Read(stream, 0));
        }
    }

    [Fact]
    public void A_smaller_capacity_deletes_segments_as_they_come_free()
    {
        var rig = new JournalRig(1, JournalRig.Small with { CapacityBytes = 4 << 20 });
        var stream = rig.Open("s");
        ulong sequence = 0;
        while (rig.Append(stream, sequence, new byte[4000]))
            sequence++;
        rig.Settle();
        Assert.True(rig.Flash.TotalBytes > 1 << 20);
        var smaller = new JournalRig(2, flash: rig.Flash);
        smaller.Settle();
        Assert.NotNull(smaller.Read(stream, sequence - 1));
        Assert.Equal(0, smaller.Journal.RoomBytes(JournalShare.Outgoing));
        smaller.Journal.Release(stream, sequence);
        for (int i = 0; i < 40; i++)
        {
            smaller.Append(stream, sequence++, new byte[100]);
            smaller.Journal.Release(stream, sequence);
            smaller.Settle();
        }
        Assert.True(smaller.Flash.TotalBytes <= 1 << 20, $"{smaller.Flash.TotalBytes} bytes are still there");
    }

    [Theory]
    [InlineData(1, 256)]
    [InlineData(4, 256)]
    [InlineData(1, 64)]
    [InlineData(16, 2048)]
    [InlineData(16, 64)]
    public void A_larger_capacity_has_the_room_of_a_new_journal_of_its_size(int beforeMiB, int afterMiB)
    {
        var rig = new JournalRig(1, new JournalOptions { CapacityBytes = (long)beforeMiB << 20 });
        var stream = rig.Open("s");
        ulong before = 0;
        for (; before < 300 && rig.Append(stream, before, JournalRig.Payload((int)before, 1000)); before++)
            rig.Settle();
        rig.Settle();
        var larger = new JournalOptions { CapacityBytes = (long)afterMiB << 20 };
        long fresh = new JournalRig(2, larger).Journal.RoomBytes(JournalShare.Outgoing);
        var grown = new JournalRig(3, larger, rig.Flash);
        grown.Settle();
        Assert.InRange(grown.Journal.RoomBytes(JournalShare.Outgoing), fresh / 10 * 9 - 400_000, long.MaxValue);
        for (ulong sequence = before; sequence < before + 50; sequence++)
        {
            Assert.True(grown.Append(stream, sequence, JournalRig.Payload((int)sequence, 1000)));
            grown.Settle();
        }
        grown.PowerCut();
        for (ulong sequence = 0; sequence < before + 50; sequence++)
            Assert.Equal(JournalRig.Payload((int)sequence, 1000), grown.Read(stream, sequence));
    }

    private static (JournalRig Rig, StreamId Stream, JournalBatch Second) TwoBatches()
    {
        var rig = new JournalRig(1);
        var stream = rig.Open("s");
        rig.Settle();
        rig.Append(stream, 0, [1, 2, 3]);
        rig.Settle();
        rig.Append(stream, 1, [4, 5, 6]);
        rig.Journal.Put("fact"u8, "value"u8);
        rig.Journal.Hurry();
        return (rig, stream, rig.Journal.TakeBatch(rig.Now)!);
    }

    private static (uint Segment, int Offset, int Length) LastBlock(SimFlash flash)
    {
        (uint, int, int) last = default;
        ulong number = 0;
        foreach (uint segment in flash.Segments())
        {
            var bytes = new byte[flash.Length(segment)];
            flash.Read(segment, 0, bytes);
            var scan = SegmentScan.Find(flash, segment);
            scan?.Read(bytes);
            foreach (var block in scan?.Blocks ?? [])
                if (block.Header.Number > number)
                    (number, last) = (block.Header.Number, (segment, block.Offset, BlockHeader.SizeBytes + block.Header.RecordBytes));
        }
        return last;
    }
}
