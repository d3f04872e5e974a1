using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using EdgePeer.Store;
using Xunit;

namespace EdgePeer.Tests.Store;

/// <summary>The examples of JOURNAL.md are what the code writes and reads, and no other bytes make it stumble.</summary>
public class JournalFormatTests
{
    private static readonly BlockHeader Block = new(7, 0x0123456789ABCDEF, 42, 41, 16);
    private static readonly UInt128 Tag = new(0x0F0E0D0C0B0A0908, 0x0706050403020100);

    public static TheoryData<string> Records => ["opened", "range", "tagged-range", "release", "fact", "forgotten", "tags", "freed", "voided", "released-runs", "summary", "segments"];

    [Fact]
    public void The_block_header_of_the_document_is_the_one_written()
    {
        var written = new byte[BlockHeader.SizeBytes];
        Block.Write(written);
        Assert.Equal(Example("block"), Convert.ToHexString(written));
        Assert.True(BlockHeader.TryRead(written, 4096, out var read));
        Assert.Equal(Block, read);
    }

    [Fact]
    public void The_head_of_the_document_is_the_one_written_and_none_other_is_read()
    {
        var written = new byte[JournalHead.SizeBytes];
        var head = new JournalHead(7, 42, 3, 65_536, 12_288);
        head.Write(written);
        Assert.Equal(Example("head"), Convert.ToHexString(written));
        Assert.True(JournalHead.TryRead(written, out var read));
        Assert.Equal(head, read);
        for (int bit = 0; bit < written.Length * 8; bit++)
        {
            written[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(JournalHead.TryRead(written, out _));
            written[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        foreach (var illegal in (JournalHead[])[head with { Generation = 0 }, head with { Durable = 0 }, head with { Segment = 0 }, head with { End = 0 },
            head with { End = 100 }, head with { End = 69_632 }, head with { LengthBytes = (16 << 20) + 4096 }])
        {
            illegal.Write(written);
            Assert.False(JournalHead.TryRead(written, out _), illegal.ToString());
        }
    }

    [Theory]
    [MemberData(nameof(Records))]
    public void A_record_of_the_document_is_the_one_written(string name)
    {
        var buffer = new byte[256];
        var writer = new RecordWriter(buffer, 0, Block.Seed);
        WriteExample(name, writer);
        Assert.Equal(Example(name), Convert.ToHexString(buffer.AsSpan(0, writer.Length)));
    }

    [Theory]
    [MemberData(nameof(Records))]
    public void A_record_of_the_document_reads_back_as_what_was_written(string name)
    {
        byte[] bytes = Convert.FromHexString(Example(name));
        Assert.Equal(bytes.Length, JournalRecord.TryRead(bytes, Block.Seed, out var record));
        var again = new byte[256];
        var writer = new RecordWriter(again, 0, Block.Seed);
        WriteAgain(record, writer);
        Assert.Equal(bytes, again[..writer.Length]);
    }

    [Theory]
    [MemberData(nameof(Records))]
    public void A_record_with_any_bit_flipped_or_cut_anywhere_does_not_check(string name)
    {
        byte[] bytes = Convert.FromHexString(Example(name));
        Assert.Equal(0, JournalRecord.TryRead(bytes, Block.Seed + 1, out _));
        for (int cut = 0; cut < bytes.Length; cut++)
            Assert.Equal(0, JournalRecord.TryRead(bytes.AsSpan(0, cut), Block.Seed, out _));
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.Equal(0, JournalRecord.TryRead(bytes, Block.Seed, out _));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
    }

    [Fact]
    public void A_body_of_random_bytes_with_a_right_checksum_is_refused_or_reads_to_what_writes_the_same_bytes()
    {
        var random = new Random(1);
        int read = 0;
        for (int round = 0; round < 200_000; round++)
        {
            byte kind = (byte)random.Next(0, 16);
            byte[] body = RandomBody(random);
            byte[] bytes = Sealed(kind, body);
            int size = JournalRecord.TryRead(bytes, Block.Seed, out var record);
            if (size == 0)
                continue;
            Assert.Equal(bytes.Length, size);
            if (kind == (byte)RecordKind.PlainSegments)
                continue;
            if (kind is 0 or > 13)
            {
                Assert.Equal(default, record.Kind);
                continue;
            }
            var again = new byte[1024];
            var writer = new RecordWriter(again, 0, Block.Seed);
            WriteAgain(record, writer);
            Assert.Equal(bytes, again[..writer.Length]);
            read++;
        }
        Assert.True(read > 10_000, $"only {read} bodies were legal: the loop proves little");
    }

    [Fact]
    public void The_table_of_version_1_is_read()
    {
        byte[] bytes = Convert.FromHexString(Example("plain-segments"));
        Assert.Equal(bytes.Length, JournalRecord.TryRead(bytes, Block.Seed, out var record));
        Assert.Equal(6u, record.NextStream);
        var list = record.Bytes;
        Assert.True(JournalRecord.TryTakeSegment(record.Kind, ref list, out var first));
        Assert.True(JournalRecord.TryTakeSegment(record.Kind, ref list, out var second));
        Assert.Equal([new ListedSegment(1, 4, 65_536, 0, 0), new ListedSegment(3, 6, 8_192, 0, 0)], [first, second]);
        Assert.True(list.IsEmpty);
    }

    [Fact]
    public void A_header_with_any_bit_flipped_is_no_block()
    {
        var bytes = new byte[BlockHeader.SizeBytes];
        Block.Write(bytes);
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(BlockHeader.TryRead(bytes, 4096, out _));
            bytes[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        Assert.False(BlockHeader.TryRead(bytes, BlockHeader.SizeBytes + Block.RecordBytes - 1, out _));
    }

    [Fact]
    public void A_journal_of_a_newer_format_stops_the_start()
    {
        var rig = new JournalRig(1);
        rig.Open("s");
        rig.Settle();
        var header = new byte[BlockHeader.SizeBytes];
        rig.Flash.Read(1, 0, header);
        header[4] = 3;
        BitConverter.TryWriteBytes(header.AsSpan(44), EdgePeer.Wire.Crc32C.Compute(header.AsSpan(0, 44)));
        rig.Flash.Damage(1, 0, header);
        Assert.Contains("format 3", Assert.Throws<JournalFormatException>(rig.Kill).Message, StringComparison.Ordinal);
    }

    private static void WriteExample(string name, RecordWriter writer)
    {
        switch (name)
        {
            case "opened":
                writer.Opened(5, JournalShare.Incoming, 3, 300, "key"u8);
                break;
            case "range":
                writer.Range(5, 299, 1000, 996, 0, [0xDE, 0xAD, 0xBE, 0xEF]);
                break;
            case "tagged-range":
                writer.Range(5, 298, 3, 0, Tag, "abc"u8);
                break;
            case "release":
                writer.Release(5, 298);
                break;
            case "fact":
                writer.Fact("k"u8, "v1"u8);
                break;
            case "forgotten":
                writer.Forgotten(4);
                break;
            case "tags":
                writer.BeginTags(3);
                writer.TagEntry(Tag, 5, 298);
                writer.End();
                break;
            case "segments":
                writer.BeginSegments(6);
                writer.SegmentEntry(new ListedSegment(1, 4, 65_536, 0, 0));
                writer.SegmentEntry(new ListedSegment(3, 6, 8_192, 2, 4200));
                writer.End();
                break;
            case "summary":
                writer.Summary(3, 6, 40, 0, SummaryOfTheExample());
                break;
            case "freed":
                writer.Freed(2, 5);
                break;
            case "released-runs":
                writer.ReleasedRuns(5, [(299, 301), (308, 309)]);
                break;
            default:
                writer.Voided(5, 299, 42);
                break;
        }
    }

    private static void WriteAgain(in JournalRecord record, RecordWriter writer)
    {
        switch (record.Kind)
        {
            case RecordKind.Opened:
                writer.Opened(record.Stream, record.Share, record.Base, record.Next, record.Key);
                break;
            case RecordKind.Range or RecordKind.TaggedRange:
                writer.Range(record.Stream, record.Sequence, record.TotalBytes, record.Offset, record.Tag, record.Bytes);
                break;
            case RecordKind.Release:
                writer.Release(record.Stream, record.Base);
                break;
            case RecordKind.Fact:
                writer.Fact(record.Key, record.Bytes);
                break;
            case RecordKind.Forgotten:
                writer.Forgotten(record.Stream);
                break;
            case RecordKind.Tags:
                writer.BeginTags(record.Generation);
                for (var list = record.Bytes; JournalRecord.TryTakeTag(ref list, out var tag, out uint stream, out ulong sequence);)
                    writer.TagEntry(tag, stream, sequence);
                writer.End();
                break;
            case RecordKind.Segments:
                writer.BeginSegments(record.NextStream);
                for (var list = record.Bytes; JournalRecord.TryTakeSegment(RecordKind.Segments, ref list, out var listed);)
                    writer.SegmentEntry(listed);
                writer.End();
                break;
            case RecordKind.Summary:
                writer.Summary(record.Segment, record.Generation, record.Batch, record.PartsLeft, EntriesAgain(record.Bytes));
                break;
            case RecordKind.Freed:
                writer.Freed(record.Segment, record.Generation);
                break;
            case RecordKind.ReleasedRuns:
                ulong runEnd = 0;
                var runs = new List<(ulong, ulong)>();
                for (var list = record.Bytes; JournalRecord.TryTakeRun(ref list, ref runEnd, out ulong runFrom);)
                    runs.Add((runFrom, runEnd));
                writer.ReleasedRuns(record.Stream, runs.ToArray());
                break;
            default:
                writer.Voided(record.Stream, record.Sequence, record.Batch);
                break;
        }
    }

    private static byte[] SummaryOfTheExample()
    {
        var varied = new RangeRun(290, 32, 0, 32) { Segment = 3, Position = 900, Tagged = true };
        Assert.True(varied.TryJoin(5, new RangeRun(291, 35, 0, 35) { Segment = 3, Position = varied.PositionOf(5, 1), Tagged = true }));
        var entries = new byte[4 * SummaryEntry.SizeMax];
        int size = SummaryEntry.WriteRecord(entries, 300, null);
        size += SummaryEntry.WriteRecord(entries.AsSpan(size), 20, 301);
        size += SummaryEntry.WriteRun(entries.AsSpan(size), 20, 5, new RangeRun(280, 10, 32, []) { Segment = 3, Position = 340 });
        // What the code writes counts from 0, so far can a byte reach; the document's counts from 20 and says the same.
        size += SummaryEntry.WriteRun(entries.AsSpan(size), 560, 5, new RangeRun(290, 2, 20, [12, 15]) { Segment = 3, Position = 900, Tagged = true });
        Assert.Equal([32, 35], [varied.TotalOf(0), varied.TotalOf(1)]);
        size += SummaryEntry.WriteRun(entries.AsSpan(size), 300, 5, new RangeRun(299, 1000, 996, 4) { Segment = 3, Position = 1200 });
        return entries[..size];
    }

    private static byte[] EntriesAgain(ReadOnlySpan<byte> list)
    {
        var entries = new List<byte>();
        var entry = new byte[SummaryEntry.SizeMax];
        for (int position = 0, before = 0; SummaryEntry.TryTake(ref list, ref position, out var taken); before = position)
            entries.AddRange(entry.AsSpan(0, taken.Stream == 0 ? SummaryEntry.WriteRecord(entry, position - before, taken.Next)
                : SummaryEntry.WriteRun(entry, position - before, taken.Stream, taken.Run(1))));
        return [.. entries];
    }

    private static byte[] RandomBody(Random random)
    {
        // Small values make legal bodies likely; now and then anything goes.
        var body = new byte[random.Next(0, 40)];
        random.NextBytes(body);
        if (random.Next(4) > 0)
            for (int i = 0; i < body.Length; i++)
                body[i] = (byte)(i < 6 ? body[i] % 4 : body[i]);
        return body;
    }

    private static byte[] Sealed(byte kind, byte[] body)
    {
        byte[] bytes = [0, 0, 0, 0, (byte)body.Length, 0, 0, kind, .. body];
        BitConverter.TryWriteBytes(bytes, EdgePeer.Wire.Crc32C.Compute(bytes.AsSpan(4), Block.Seed));
        return bytes;
    }

    private static string Example(string name)
    {
        var found = Regex.Match(File.ReadAllText(DocumentPath()), $"```hex {name}\n([^`]*)```");
        Assert.True(found.Success, $"JOURNAL.md has no example '{name}'");
        return found.Groups[1].Value.Replace(" ", "", StringComparison.Ordinal).Replace("\n", "", StringComparison.Ordinal);
    }

    private static string DocumentPath([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "..", "..", "..", "src", "EdgePeer.Store", "JOURNAL.md");
}
