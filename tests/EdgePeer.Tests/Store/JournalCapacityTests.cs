using EdgePeer.Store;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Store;

/// <summary>The room law: what <see cref="Journal.RoomBytes"/> promises can be appended, and small things always can.</summary>
public class JournalCapacityTests
{
    [Theory]
    [InlineData(32)]
    [InlineData(256)]
    [InlineData(5000)]
    [InlineData(100_000)]
    public void Filled_and_released_many_times_over_it_takes_as_much_each_time(int messageBytes)
    {
        var rig = new JournalRig(1);
        var stream = rig.Open("s");
        ulong next = 0;
        long first = 0;
        for (int round = 0; round < 12; round++)
        {
            long taken = 0;
            while (rig.Journal.RoomBytes(JournalShare.Outgoing) >= Journal.CostBytes(messageBytes))
            {
                Assert.True(rig.Append(stream, next, JournalRig.Payload((int)next, messageBytes)));
                taken += messageBytes;
                if (next++ % 40 == 0)
                    rig.Settle();
            }
            rig.Settle();
            first = round == 0 ? taken : first;
            // Sequence numbers grow, and with them each record by a byte or two.
            Assert.True(taken >= first * 0.95, $"round {round}: {taken} bytes, {first} at first");
            Assert.Equal(JournalRig.Payload((int)next - 1, messageBytes), rig.Read(stream, next - 1));
            rig.Journal.Release(stream, next);
            Assert.Equal(rig.Journal.ShareBytes, rig.Journal.RoomBytes(JournalShare.Outgoing));
            rig.Settle();
        }
        Assert.True(rig.Journal.Counters.SegmentsReclaimed > 16);
        Assert.True(rig.Flash.TotalBytes <= rig.Options.CapacityBytes);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void What_room_promises_can_be_appended_however_it_is_cut_and_however_fragmented_the_rest(int seed)
    {
        var rig = new JournalRig(seed);
        var choice = new SeededRandom(seed + 100);
        var streams = Enumerable.Range(0, 10).Select(i => rig.Open($"s{i}", (JournalShare)(i % 2))).ToArray();
        int whole = 0, refused = 0;
        for (int round = 0; round < 700; round++)
        {
            var stream = rig.Journal.Streams()[choice.Below(streams.Length)];
            int total = choice.Below(5) == 0 ? 1 + choice.Below(60_000) : 1 + choice.Below(3000);
            if (rig.Journal.RoomBytes(stream.Share) >= Journal.CostBytes(total))
            {
                AppendCutAnyhow(rig, choice, stream, total);
                whole++;
            }
            else
            {
                refused++;
                // Full: releases and facts still go through, and some of what leaves is in the middle of the log.
                var longest = rig.Journal.Streams().Where(other => other.Share == stream.Share).MaxBy(other => other.Next - other.Base)!;
                rig.Journal.Put("full"u8, BitConverter.GetBytes(round));
                rig.Journal.Release(longest.Id, longest.Base + 1 + (ulong)choice.Below((int)(longest.Next - longest.Base)));
            }
            if (choice.Below(3) == 0)
                rig.Settle();
        }
        rig.Settle();
        foreach (var stream in rig.Journal.Streams())
            for (ulong from = 0; rig.Journal.TryFind(stream.Id, from, out var message); from = message.Sequence + 1)
                Assert.Equal(JournalRig.Payload((int)message.Sequence, message.TotalBytes), rig.Read(stream.Id, message.Sequence));
        Assert.True(whole > 100 && refused > 20, $"{whole} messages, {refused} times full");
        Assert.True(rig.Journal.Counters.BytesCopied > 0, "nothing was ever copied on");
        Assert.True(rig.Flash.TotalBytes <= rig.Options.CapacityBytes, "it grew beyond its capacity");
    }

    [Theory]
    [InlineData(JournalShare.Outgoing)]
    [InlineData(JournalShare.Incoming)]
    public void One_share_full_leaves_the_other_what_is_reserved_for_it(JournalShare share)
    {
        var rig = new JournalRig(1);
        var other = 1 - share;
        StreamId first = rig.Open("first", share), second = rig.Open("second", other);
        ulong taken = Fill(rig, first);
        Assert.InRange(rig.Journal.RoomBytes(share), 0, Journal.CostBytes(2000));
        Assert.InRange(rig.Journal.RoomBytes(other), rig.Journal.ReservedBytes, rig.Journal.ReservedBytes + Journal.CostBytes(2000));

        Fill(rig, second);

        Assert.InRange(rig.Journal.UsedBytes(other), rig.Journal.ReservedBytes - Journal.CostBytes(2000), rig.Journal.ReservedBytes + Journal.CostBytes(2000));
        // What the one gives back, the other may take.
        rig.Journal.Release(first, taken / 2);
        Fill(rig, second, from: 1000);
        Assert.InRange(rig.Journal.UsedBytes(other), rig.Journal.ShareBytes / 3, rig.Journal.ShareBytes);
        Assert.True(rig.Flash.TotalBytes <= rig.Options.CapacityBytes);
    }

    [Fact]
    public void What_one_share_claims_the_other_leaves_free_but_for_its_own_reserve()
    {
        var rig = new JournalRig(1);
        var journal = rig.Journal;
        Assert.Equal(journal.ShareBytes, journal.RoomBytes(JournalShare.Outgoing));

        journal.Claim(JournalShare.Incoming, journal.ReservedBytes * 2);
        Assert.Equal(journal.ShareBytes - journal.ReservedBytes, journal.RoomBytes(JournalShare.Outgoing));
        Assert.Equal(journal.ShareBytes, journal.RoomBytes(JournalShare.Incoming));
        Fill(rig, rig.Open("o"));
        Assert.InRange(journal.RoomBytes(JournalShare.Incoming), journal.ReservedBytes * 2, (journal.ReservedBytes * 2) + Journal.CostBytes(2000));

        rig = new JournalRig(1);
        rig.Journal.Claim(JournalShare.Incoming, long.MaxValue / 2);
        Assert.Equal(rig.Journal.ReservedBytes, rig.Journal.RoomBytes(JournalShare.Outgoing));
    }

    [Fact]
    public void Facts_set_and_removed_without_end_need_no_more_room()
    {
        var rig = new JournalRig(1);
        var cold = rig.Open("cold");
        rig.Append(cold, 0, JournalRig.Payload(0, 4000));
        for (int round = 0; round < 3000; round++)
        {
            rig.Journal.Put(BitConverter.GetBytes(round), new byte[50]);
            rig.Journal.Put(BitConverter.GetBytes(round - 5), []);
            if (round % 2 == 0)
                rig.Settle();
        }
        rig.Settle();
        Assert.Equal(5, rig.Journal.Facts().Count);
        rig.PowerCut();
        Assert.Equal(5, rig.Journal.Facts().Count);
        Assert.Equal(JournalRig.Payload(0, 4000), rig.Read(cold, 0));
        Assert.True(rig.Flash.TotalBytes <= rig.Options.CapacityBytes);
    }

    /// <summary>Seed 4100041: each failed write ends a segment, and none was full, so that none was emptied.</summary>
    [Fact]
    public void A_flash_on_which_writes_fail_often_takes_no_more_room()
    {
        var rig = new JournalRig(1);
        var stream = rig.Open("s");
        for (ulong sequence = 0; sequence < 30; sequence++)
            rig.Append(stream, sequence, JournalRig.Payload((int)sequence, 4000));
        rig.Settle();
        rig.Flash.Faults.WriteFails = 0.25;
        for (int round = 0; round < 400; round++)
        {
            // Something waits at any time.
            rig.Append(stream, 30 + (ulong)round, new byte[50]);
            rig.Advance(StoreLimits.RetryPauseMax);
            for (int steps = 0; steps < 6; steps++)
                rig.Step();
            Assert.True(rig.Flash.TotalBytes <= rig.Options.CapacityBytes + (4 * rig.Options.SegmentBytes), $"round {round}: {rig.Flash.TotalBytes} bytes");
        }
        for (ulong sequence = 0; sequence < 30; sequence++)
            Assert.Equal(JournalRig.Payload((int)sequence, 4000), rig.Read(stream, sequence));
    }

    [Theory]
    [InlineData(16, 256)]
    [InlineData(32, 256)]
    [InlineData(16, 1 << 20)]
    public void At_least_60_percent_of_the_capacity_is_payload_when_both_shares_are_full(int capacityMiB, int messageBytes)
    {
        var rig = new JournalRig(1, new JournalOptions { CapacityBytes = capacityMiB << 20 });
        long payloadBytes = 0;
        foreach (var share in (ReadOnlySpan<JournalShare>)[JournalShare.Outgoing, JournalShare.Incoming])
        {
            var stream = rig.Open("s", share);
            byte[] payload = JournalRig.Payload(1, messageBytes);
            for (ulong sequence = 0; rig.Journal.RoomBytes(share) >= Journal.AppendCostBytes(messageBytes); sequence++)
            {
                Assert.True(rig.Append(stream, sequence, payload), "what room promises was refused");
                payloadBytes += messageBytes;
                if (messageBytes > 10_000 || sequence % 100 == 99)
                    rig.Settle();
            }
        }
        rig.Settle();
        double part = payloadBytes / (double)rig.Options.CapacityBytes;
        Assert.True(part >= 0.6, $"{part:P1} of {capacityMiB} MiB");
        Assert.True(rig.Flash.TotalBytes <= rig.Options.CapacityBytes);
    }

    [Theory]
    [InlineData(JournalShare.Outgoing)]
    [InlineData(JournalShare.Incoming)]
    public void Half_of_a_small_journal_is_payload_when_one_share_alone_is_full(JournalShare share)
    {
        var rig = new JournalRig(1, new JournalOptions { CapacityBytes = 16 << 20 });
        var stream = rig.Open("s", share);
        long payloadBytes = 0;
        for (byte[] payload = JournalRig.Payload(1, 256); rig.Append(stream, (ulong)payloadBytes / 256, payload); payloadBytes += 256)
            if (payloadBytes % 25_600 == 0)
                rig.Settle();
        double part = payloadBytes / (double)rig.Options.CapacityBytes;
        Assert.True(part >= 0.5, $"{part:P1}");
    }

    [Fact]
    public void A_hundred_records_a_sync_write_at_most_1_3_bytes_for_each_byte_of_payload()
    {
        var rig = new JournalRig(1, new JournalOptions { CapacityBytes = 8 << 20, SegmentBytes = 512 << 10 });
        var stream = rig.Open("s");
        rig.Settle();
        for (ulong sequence = 0; sequence < 100_000; sequence++)
        {
            rig.Append(stream, sequence, new byte[256]);
            if (sequence % 100 != 99)
                continue;
            rig.Journal.Release(stream, sequence < 1000 ? 0 : sequence - 1000);
            rig.Settle();
        }
        var counters = rig.Journal.Counters;
        double written = counters.BytesWritten / (double)counters.PayloadBytes;
        Assert.True(counters.SegmentsReclaimed > 10);
        Assert.InRange(written, 1, 1.3);
    }

    private static ulong Fill(JournalRig rig, StreamId stream, ulong from = 0)
    {
        ulong sequence = from;
        for (; rig.Append(stream, sequence, new byte[2000]); sequence++)
            rig.Settle();
        return sequence;
    }

    private static void AppendCutAnyhow(JournalRig rig, SeededRandom choice, JournalStream stream, int total)
    {
        ulong sequence = stream.Next;
        byte[] payload = JournalRig.Payload((int)sequence, total);
        // Random ranges that overlap, then whatever is missing.
        for (int i = choice.Below(12); i > 0 && total > 100; i--)
        {
            int from = choice.Below(total - 99);
            int length = 100 + choice.Below(int.Min(total - from, 8000) - 99);
            Assert.True(rig.Journal.TryAppend(stream.Id, sequence, total, from, payload.AsSpan(from, length), 0, out _), "a range was refused");
            if (choice.Below(4) == 0)
                rig.Settle();
        }
        Assert.True(rig.Append(stream.Id, sequence, payload), "the rest was refused");
        Assert.Equal(payload, rig.Read(stream.Id, sequence));
    }
}
