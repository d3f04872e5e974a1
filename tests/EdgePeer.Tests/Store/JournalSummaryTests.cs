using System.Buffers.Binary;
using EdgePeer.Simulator;
using EdgePeer.Store;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Store;

/// <summary>A start reads summaries of what is closed; where one is damaged, or was never written, it reads the segment.</summary>
public class JournalSummaryTests
{
    [Fact]
    public void A_start_reads_the_newest_segments_and_of_the_others_their_summaries()
    {
        var rig = Filled(out _, out _);
        var counted = new CountedFlash(rig.Flash);
        var again = new Journal(rig.Options, counted, new SeededRandom(1));
        Assert.InRange(again.Recovery.Segments, 6, 16);
        Assert.InRange(again.Recovery.SegmentsRead, 1, 2);
        Assert.InRange(counted.BytesRead, 1, rig.Options.CapacityBytes / 4 * 3);
        Assert.Equal(JournalModel.PictureOf(rig.Journal), JournalModel.PictureOf(again));
        Assert.Equal(rig.Journal.RoomBytes(JournalShare.Outgoing), again.RoomBytes(JournalShare.Outgoing));
    }

    [Fact]
    public void One_start_after_another_reads_summaries()
    {
        var rig = Filled(out var stream, out ulong next);
        var read = new List<int>();
        for (int start = 0; start < 6; start++)
        {
            rig.PowerCut();
            read.Add(rig.Journal.Recovery.SegmentsRead);
            rig.Settle();
            // What lies in the last block alone is not sure yet.
            for (int batch = 0; batch < 2; batch++)
            {
                Assert.True(rig.Append(stream, next++, new byte[100]));
                rig.Settle();
            }
        }
        Assert.True(read.TrueForAll(segments => segments <= 2), string.Join(", ", read));
    }

    [Fact]
    public void Any_damaged_byte_of_a_summary_is_named_and_costs_nothing()
    {
        var rig = Filled(out _, out _);
        string picture = JournalModel.PictureOf(rig.Journal);
        var (segment, from, through) = FirstSummary(rig);
        for (int at = from; at < through; at += 7)
        {
            var flash = rig.Flash.Clone(new SeededRandom(at));
            Flip(flash, segment, at);
            var again = new Journal(rig.Options, flash, new SeededRandom(1));
            Assert.Contains(again.Recovery.Damaged, line => line.Contains("summary of segment", StringComparison.Ordinal));
            Assert.False(again.Recovery.PastUncertain);
            Assert.Equal(picture, JournalModel.PictureOf(again));
        }
    }

    [Fact]
    public void A_damaged_message_of_a_closed_segment_is_named_by_a_full_check_and_all_others_stay()
    {
        var rig = Filled(out var stream, out ulong next);
        int found = 0;
        foreach (uint segment in rig.Flash.Segments())
        {
            var flash = rig.Flash.Clone(new SeededRandom(1));
            Flip(flash, segment, 30_000);
            var again = new Journal(rig.Options, flash, new SeededRandom(1));
            var lost = new List<ulong>();
            for (ulong sequence = 0; sequence < next; sequence++)
                if (!again.TryRead(stream, sequence, 0, new byte[1]))
                    lost.Add(sequence);
            // The newest is read at the start; elsewhere the byte may belong to nothing that lives.
            if (again.Recovery.PastUncertain || lost.Count == 0)
                continue;
            ulong one = Assert.Single(lost);
            var verified = Journal.Verify(flash);
            Assert.StartsWith($"segment {segment} at ", Assert.Single(verified.Damaged), StringComparison.Ordinal);
            var missing = Assert.Single(verified.Missing);
            Assert.Equal((one, one), (missing.First, missing.Last));
            found++;
        }
        Assert.True(found > 0, "no message was hit");
    }

    [Fact]
    public void A_journal_of_version_1_is_read_and_goes_on_in_version_2()
    {
        var flash = new SimFlash(new SeededRandom(1));
        WriteVersion1(flash, 1, generation: 1, number: 1, durable: 0, writer =>
        {
            writer.Plain(RecordKind.PlainSegments, [1]);
            writer.Opened(1, JournalShare.Outgoing, 0, 0, "s"u8);
            for (ulong sequence = 0; sequence < 5; sequence++)
                writer.Range(1, sequence, 3, 0, sequence + 1, [(byte)sequence, 1, 2]);
        });
        WriteVersion1(flash, 2, generation: 2, number: 2, durable: 1, writer =>
        {
            writer.Plain(RecordKind.PlainSegments, [2, 1, 1, 0x80, 0x20]);
            writer.Release(1, 2);
            writer.Fact("k"u8, "v"u8);
        });
        WriteVersion1(flash, 2, generation: 2, number: 3, durable: 2, writer => writer.Range(1, 5, 3, 0, 0, [5, 1, 2]), offset: 4096);
        var rig = new JournalRig(1, flash: flash);
        Assert.Empty(rig.Journal.Recovery.Damaged);
        CheckVersion1(rig, 6);
        rig.Settle();
        for (ulong sequence = 6; sequence < 60; sequence++)
        {
            Assert.True(rig.Append(new StreamId(1), sequence, JournalRig.Payload((int)sequence, 3000)));
            rig.Settle();
        }
        rig.PowerCut();
        Assert.False(rig.Journal.Recovery.PastUncertain);
        CheckVersion1(rig, 60);
        rig.Settle();
        Span<byte> head = stackalloc byte[6];
        rig.Flash.Read(3, 0, head);
        Assert.Equal(2, head[4]);
        // Once what they held is released, no segment of version 1 is left.
        rig.Journal.Release(new StreamId(1), 60);
        for (ulong sequence = 60; sequence < 500; sequence++)
        {
            // With tags, since the old ones live as long as they are among the last.
            for (int i = 0; i < 4; i++)
                Assert.True(rig.Append(new StreamId(1), (4 * sequence) + (uint)i, JournalRig.Payload((int)sequence, 700), (4 * sequence) + (uint)i + 1000));
            rig.Journal.Release(new StreamId(1), 4 * sequence);
            rig.Settle();
        }
        foreach (uint segment in rig.Flash.Segments())
        {
            rig.Flash.Read(segment, 0, head);
            Assert.Equal(2, head[4]);
        }
    }

    private static void CheckVersion1(JournalRig rig, ulong next)
    {
        var stream = Assert.Single(rig.Journal.Streams());
        Assert.Equal((2UL, next), (stream.Base, stream.Next));
        for (ulong sequence = 2; sequence < 6; sequence++)
            Assert.Equal([(byte)sequence, 1, 2], rig.Read(stream.Id, sequence));
        Assert.True(rig.Journal.TryGet("k"u8, out var value) && value.Span.SequenceEqual("v"u8));
        Assert.True(rig.Journal.TryFindTag(1, out _, out ulong tagged));
        Assert.Equal(0UL, tagged);
    }

    private static void WriteVersion1(SimFlash flash, uint segment, ulong generation, ulong number, ulong durable, Action<RecordWriter> write, int offset = 0)
    {
        var bytes = new byte[4096];
        var use = new BlockHeader(generation, generation * 77, number, durable, 0);
        var writer = new RecordWriter(bytes, BlockHeader.SizeBytes, use.Seed);
        write(writer);
        (use with { RecordBytes = writer.Length - BlockHeader.SizeBytes }).Write(bytes);
        bytes[4] = 1;
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(44), Crc32C.Compute(bytes.AsSpan(0, 44)));
        var commands = new List<FlashCommand> { new(FlashCommandKind.Write, segment, offset, 0, bytes), new(FlashCommandKind.Sync, segment, 0, 0, default) };
        if (offset == 0)
            commands.Insert(0, new FlashCommand(FlashCommandKind.Create, segment, 0, 64 << 10, default));
        Assert.Equal(FlashOutcome.Done, flash.Run(new JournalBatch { Commands = commands, Through = default }));
    }

    /// <summary>A journal most of whose segments are closed and hold messages of two streams, facts and tags.</summary>
    private static JournalRig Filled(out StreamId stream, out ulong next)
    {
        var rig = new JournalRig(1);
        stream = rig.Open("s");
        var other = rig.Open("t", JournalShare.Incoming);
        next = 0;
        for (; rig.Journal.RoomBytes(JournalShare.Outgoing) > 20_000; next++)
        {
            Assert.True(rig.Append(stream, next, JournalRig.Payload((int)next, 100 + ((int)next % 3)), next % 10 == 0 ? next + 1 : 0));
            Assert.True(rig.Append(other, next, JournalRig.Payload((int)next, 90)));
            rig.Journal.Put(BitConverter.GetBytes(next % 50), BitConverter.GetBytes(next));
            if (next % 30 == 0)
                rig.Settle();
            if (next % 400 == 0)
                rig.Journal.Release(other, next / 8);
        }
        rig.Settle();
        return rig;
    }

    /// <summary>Of a segment in use, and in a segment that is itself taken from its summary.</summary>
    private static (uint Segment, int From, int Through) FirstSummary(JournalRig rig)
    {
        var newest = rig.Flash.Segments().Select(number => SegmentScan.Find(rig.Flash, number)!).MaxBy(scan => scan.Generation)!;
        byte[] bytes = BytesOf(rig.Flash, newest.Number);
        Assert.True(JournalRecord.TryRead(bytes.AsSpan(BlockHeader.SizeBytes), newest.Seed, out var table) > 0);
        for (var list = table.Bytes; JournalRecord.TryTakeSegment(table.Kind, ref list, out var listed);)
        {
            if (listed.Summary == 0 || listed.Summary == newest.Number)
                continue;
            var holder = SegmentScan.Find(rig.Flash, listed.Summary)!;
            int size = JournalRecord.TryRead(BytesOf(rig.Flash, listed.Summary).AsSpan(listed.SummaryPosition), holder.Seed, out var record);
            Assert.Equal((RecordKind.Summary, listed.Segment), (record.Kind, record.Segment));
            return (listed.Summary, listed.SummaryPosition, listed.SummaryPosition + size);
        }
        throw new InvalidOperationException("no summary");
    }

    private static byte[] BytesOf(SimFlash flash, uint segment)
    {
        var bytes = new byte[flash.Length(segment)];
        flash.Read(segment, 0, bytes);
        return bytes;
    }

    private static void Flip(SimFlash flash, uint segment, int at)
    {
        Span<byte> one = stackalloc byte[1];
        flash.Read(segment, at, one);
        flash.Damage(segment, at, [(byte)(one[0] ^ 0x10)]);
    }

    private sealed class CountedFlash(IFlash flash) : IFlash
    {
        public long BytesRead { get; private set; }

        public IReadOnlyList<uint> Segments() => flash.Segments();

        public long Length(uint segment) => flash.Length(segment);

        public int Read(uint segment, long offset, Span<byte> into)
        {
            BytesRead += into.Length;
            return flash.Read(segment, offset, into);
        }
    }
}
