using System.Buffers.Binary;
using EdgePeer.Wire;

namespace EdgePeer.Store;

/// <summary>Writes records one behind the other; JOURNAL.md, "Record". Sizes are asked first: a write that does not fit is a bug.</summary>
/// <param name="into">Lent for as long as the writer is used.</param>
/// <param name="start">Where the first record goes.</param>
internal sealed class RecordWriter(byte[] into, int start, uint seed)
{
    private int _length = start;
    private int _start;

    /// <summary>Where the next record goes.</summary>
    public int Length => _length;

    public static int OpenedSize(uint stream, ulong first, ulong next, int keyBytes) =>
        JournalRecord.HeaderBytes + Varint.Size(stream) + 1 + Varint.Size(first) + Varint.Size(next) + keyBytes;

    /// <summary>Without a tag, which takes <see cref="TagBytes"/> more.</summary>
    public static int RangeSize(uint stream, ulong sequence, int totalBytes, int offset, int length) =>
        JournalRecord.HeaderBytes + Varint.Size(stream) + Varint.Size(sequence) + Varint.Size((uint)totalBytes) + Varint.Size((uint)offset) + length;

    public static int ReleaseSize(uint stream, ulong first) => JournalRecord.HeaderBytes + Varint.Size(stream) + Varint.Size(first);

    public static int ReleasedRunsSize(uint stream, ReadOnlySpan<(ulong From, ulong To)> runs)
    {
        int size = JournalRecord.HeaderBytes + Varint.Size(stream);
        ulong end = 0;
        foreach (var (from, to) in runs)
        {
            size += Varint.Size(from - end) + Varint.Size(to - from);
            end = to;
        }
        return size;
    }

    public static int FactSize(int keyBytes, int valueBytes) => JournalRecord.HeaderBytes + Varint.Size((uint)keyBytes) + keyBytes + valueBytes;

    public static int ForgottenSize(uint stream) => JournalRecord.HeaderBytes + Varint.Size(stream);

    public static int TagSize(uint stream, ulong sequence) => TagBytes + Varint.Size(stream) + Varint.Size(sequence);

    public static int FreedSize(uint segment, ulong generation) => JournalRecord.HeaderBytes + Varint.Size(segment) + Varint.Size(generation);

    /// <summary>At most.</summary>
    public static int SummarySize(int entriesBytes) => JournalRecord.HeaderBytes + 5 + 10 + 10 + 3 + entriesBytes;

    public static int VoidedSize(uint stream, ulong sequence, ulong batch) =>
        JournalRecord.HeaderBytes + Varint.Size(stream) + Varint.Size(sequence) + Varint.Size(batch);

    public void Opened(uint stream, JournalShare share, ulong first, ulong next, ReadOnlySpan<byte> key)
    {
        Begin(RecordKind.Opened);
        Number(stream);
        into[_length++] = (byte)share;
        Number(first);
        Number(next);
        Raw(key);
        End();
    }

    /// <param name="tag">Zero writes a range without a tag.</param>
    public void Range(uint stream, ulong sequence, int totalBytes, int offset, UInt128 tag, ReadOnlySpan<byte> bytes)
    {
        Begin(tag == 0 ? RecordKind.Range : RecordKind.TaggedRange);
        Number(stream);
        Number(sequence);
        Number((uint)totalBytes);
        Number((uint)offset);
        if (tag != 0)
            Tag(tag);
        Raw(bytes);
        End();
    }

    public void Release(uint stream, ulong first)
    {
        Begin(RecordKind.Release);
        Number(stream);
        Number(first);
        End();
    }

    /// <param name="runs">Ascending and disjoint, none empty.</param>
    public void ReleasedRuns(uint stream, ReadOnlySpan<(ulong From, ulong To)> runs)
    {
        Begin(RecordKind.ReleasedRuns);
        Number(stream);
        ulong end = 0;
        foreach (var (from, to) in runs)
        {
            Number(from - end);
            Number(to - from);
            end = to;
        }
        End();
    }

    public void Fact(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        Begin(RecordKind.Fact);
        Number((uint)key.Length);
        Raw(key);
        Raw(value);
        End();
    }

    public void Forgotten(uint stream)
    {
        Begin(RecordKind.Forgotten);
        Number(stream);
        End();
    }

    /// <summary>Begins a record 7; entries follow with <see cref="TagEntry"/>, then <see cref="End"/>.</summary>
    public void BeginTags(ulong generation)
    {
        Begin(RecordKind.Tags);
        Number(generation);
    }

    public void TagEntry(UInt128 tag, uint stream, ulong sequence)
    {
        Tag(tag);
        Number(stream);
        Number(sequence);
    }

    /// <summary>Begins a record 13; entries follow with <see cref="SegmentEntry"/>, then <see cref="End"/>.</summary>
    public void BeginSegments(uint nextStream)
    {
        Begin(RecordKind.Segments);
        Number(nextStream);
    }

    public void SegmentEntry(in ListedSegment listed)
    {
        Number(listed.Segment);
        Number(listed.Generation);
        Number((uint)listed.End);
        Number(listed.Summary);
        if (listed.Summary != 0)
            Number((uint)listed.SummaryPosition);
    }

    /// <param name="entries">As <see cref="SummaryEntry"/> writes them.</param>
    public void Summary(uint segment, ulong generation, ulong batch, int partsLeft, ReadOnlySpan<byte> entries)
    {
        Begin(RecordKind.Summary);
        Number(segment);
        Number(generation);
        Number(batch);
        Number((uint)partsLeft);
        Raw(entries);
        End();
    }

    public void Freed(uint segment, ulong generation)
    {
        Begin(RecordKind.Freed);
        Number(segment);
        Number(generation);
        End();
    }

    public void Voided(uint stream, ulong sequence, ulong batch)
    {
        Begin(RecordKind.Voided);
        Number(stream);
        Number(sequence);
        Number(batch);
        End();
    }

    /// <summary>A record of any kind, for tests of kinds that are no longer written.</summary>
    public void Plain(RecordKind kind, ReadOnlySpan<byte> body)
    {
        Begin(kind);
        Raw(body);
        End();
    }

    /// <summary>Closes the record: its length and checksum.</summary>
    public void End()
    {
        var record = into.AsSpan(_start.._length);
        int bodyBytes = record.Length - JournalRecord.HeaderBytes;
        record[4] = (byte)bodyBytes;
        record[5] = (byte)(bodyBytes >> 8);
        record[6] = (byte)(bodyBytes >> 16);
        BinaryPrimitives.WriteUInt32LittleEndian(record, Crc32C.Compute(record[4..], seed));
    }

    private void Begin(RecordKind kind)
    {
        _start = _length;
        into[_length + 7] = (byte)kind;
        _length += JournalRecord.HeaderBytes;
    }

    private void Number(ulong value) => _length += Varint.Write(into.AsSpan(_length), value);

    private void Tag(UInt128 tag)
    {
        BinaryPrimitives.WriteUInt128LittleEndian(into.AsSpan(_length), tag);
        _length += TagBytes;
    }

    private void Raw(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(into.AsSpan(_length));
        _length += bytes.Length;
    }

    public const int TagBytes = 16;
}
