using System.Buffers.Binary;
using EdgePeer.Wire;

namespace EdgePeer.Store;

/// <summary>
/// A record as read: every field that its kind has is legal. Fields that it does not have are zero. Lists (tags, segments,
/// runs, what a summary has) stay in <see cref="Bytes"/>, checked, and are walked with <see cref="TryTakeTag"/>, <see cref="TryTakeSegment"/>,
/// <see cref="TryTakeRun"/> and <see cref="SummaryEntry.TryTake"/>.
/// </summary>
internal readonly ref struct JournalRecord
{
    public const int HeaderBytes = 8;
    public const int BodyBytesMax = (64 << 10) + 256;

    public RecordKind Kind { get; private init; }
    public uint Stream { get; private init; }
    public JournalShare Share { get; private init; }
    public ulong Sequence { get; private init; }
    public ulong Base { get; private init; }
    public ulong Next { get; private init; }
    public int TotalBytes { get; private init; }
    public int Offset { get; private init; }
    public UInt128 Tag { get; private init; }
    public ulong Batch { get; private init; }
    public uint Segment { get; private init; }
    public ulong Generation { get; private init; }
    public uint NextStream { get; private init; }

    /// <summary>Of a summary: records that go on with it.</summary>
    public int PartsLeft { get; private init; }
    public ReadOnlySpan<byte> Key { get; private init; }
    public ReadOnlySpan<byte> Bytes { get; private init; }

    /// <summary>Reads the record at the start of the bytes.</summary>
    /// <param name="record">Of kind zero when the kind is not known: to be skipped.</param>
    /// <returns>The size of the record with its header, or 0 when none that checks begins here.</returns>
    public static int TryRead(ReadOnlySpan<byte> from, uint seed, out JournalRecord record)
    {
        record = default;
        if (from.Length < HeaderBytes)
            return 0;
        int bodyBytes = from[4] | (from[5] << 8) | (from[6] << 16);
        if (bodyBytes > BodyBytesMax || bodyBytes > from.Length - HeaderBytes)
            return 0;
        int size = HeaderBytes + bodyBytes;
        if (BinaryPrimitives.ReadUInt32LittleEndian(from) != Crc32C.Compute(from[4..size], seed))
            return 0;
        return TryReadBody((RecordKind)from[7], from[HeaderBytes..size], out record) ? size : 0;
    }

    private static bool TryReadBody(RecordKind kind, ReadOnlySpan<byte> body, out JournalRecord record)
    {
        record = default;
        return kind switch
        {
            RecordKind.Opened => TryReadOpened(body, out record),
            RecordKind.Range => TryReadRange(kind, body, out record),
            RecordKind.TaggedRange => TryReadRange(kind, body, out record),
            RecordKind.Release => TryReadRelease(body, out record),
            RecordKind.Fact => TryReadFact(body, out record),
            RecordKind.Forgotten => TryReadForgotten(body, out record),
            RecordKind.Tags => TryReadTags(body, out record),
            RecordKind.PlainSegments or RecordKind.Segments => TryReadSegments(kind, body, out record),
            RecordKind.Summary => TryReadSummary(body, out record),
            RecordKind.Freed => TryReadFreed(body, out record),
            RecordKind.Voided => TryReadVoided(body, out record),
            RecordKind.ReleasedRuns => TryReadReleasedRuns(body, out record),
            _ => true,
        };
    }

    private static bool TryReadOpened(ReadOnlySpan<byte> body, out JournalRecord record)
    {
        record = default;
        if (!TryReadId(ref body, out uint stream) || body.IsEmpty || body[0] > (byte)JournalShare.Incoming)
            return false;
        var share = (JournalShare)body[0];
        body = body[1..];
        if (!Varint.TryRead(ref body, out ulong first) || !Varint.TryRead(ref body, out ulong next) || next < first
            || body.Length is 0 or > StoreLimits.KeyBytesMax)
            return false;
        record = new JournalRecord { Kind = RecordKind.Opened, Stream = stream, Share = share, Base = first, Next = next, Key = body };
        return true;
    }

    private static bool TryReadRange(RecordKind kind, ReadOnlySpan<byte> body, out JournalRecord record)
    {
        record = default;
        if (!TryReadId(ref body, out uint stream) || !Varint.TryRead(ref body, out ulong sequence) || sequence == ulong.MaxValue
            || !Varint.TryRead(ref body, out ulong total) || total > StoreLimits.MessageBytesMax
            || !Varint.TryRead(ref body, out ulong offset) || offset > total)
            return false;
        UInt128 tag = 0;
        if (kind == RecordKind.TaggedRange && !TryReadTag(ref body, out tag))
            return false;
        if ((ulong)body.Length > total - offset || (body.IsEmpty && total > 0))
            return false;
        record = new JournalRecord
        {
            Kind = kind,
            Stream = stream,
            Sequence = sequence,
            TotalBytes = (int)total,
            Offset = (int)offset,
            Tag = tag,
            Bytes = body,
        };
        return true;
    }

    private static bool TryReadRelease(ReadOnlySpan<byte> body, out JournalRecord record)
    {
        bool legal = TryReadId(ref body, out uint stream) & Varint.TryRead(ref body, out ulong first) && body.IsEmpty;
        record = legal ? new JournalRecord { Kind = RecordKind.Release, Stream = stream, Base = first, Next = first } : default;
        return legal;
    }

    private static bool TryReadFact(ReadOnlySpan<byte> body, out JournalRecord record)
    {
        record = default;
        if (!Varint.TryRead(ref body, out ulong keyBytes) || keyBytes is 0 or > StoreLimits.KeyBytesMax || keyBytes > (ulong)body.Length
            || body.Length - (int)keyBytes > StoreLimits.FactValueBytesMax)
            return false;
        record = new JournalRecord { Kind = RecordKind.Fact, Key = body[..(int)keyBytes], Bytes = body[(int)keyBytes..] };
        return true;
    }

    private static bool TryReadForgotten(ReadOnlySpan<byte> body, out JournalRecord record)
    {
        bool legal = TryReadId(ref body, out uint stream) && body.IsEmpty;
        record = legal ? new JournalRecord { Kind = RecordKind.Forgotten, Stream = stream } : default;
        return legal;
    }

    private static bool TryReadTags(ReadOnlySpan<byte> body, out JournalRecord record)
    {
        record = default;
        if (!Varint.TryRead(ref body, out ulong generation) || generation == 0 || body.IsEmpty)
            return false;
        for (var rest = body; !rest.IsEmpty;)
            if (!TryTakeTag(ref rest, out _, out _, out _))
                return false;
        record = new JournalRecord { Kind = RecordKind.Tags, Generation = generation, Bytes = body };
        return true;
    }

    private static bool TryReadSegments(RecordKind kind, ReadOnlySpan<byte> body, out JournalRecord record)
    {
        record = default;
        if (!TryReadId(ref body, out uint nextStream))
            return false;
        for (var rest = body; !rest.IsEmpty;)
            if (!TryTakeSegment(kind, ref rest, out _))
                return false;
        record = new JournalRecord { Kind = kind, NextStream = nextStream, Bytes = body };
        return true;
    }

    private static bool TryReadSummary(ReadOnlySpan<byte> body, out JournalRecord record)
    {
        record = default;
        if (!TryReadId(ref body, out uint segment) || !Varint.TryRead(ref body, out ulong generation) || generation == 0
            || !Varint.TryRead(ref body, out ulong batch) || batch == 0 || !Varint.TryRead(ref body, out ulong partsLeft) || partsLeft > ushort.MaxValue)
            return false;
        int position = 0;
        for (var rest = body; !rest.IsEmpty;)
            if (!SummaryEntry.TryTake(ref rest, ref position, out _))
                return false;
        record = new JournalRecord
        {
            Kind = RecordKind.Summary,
            Segment = segment,
            Generation = generation,
            Batch = batch,
            PartsLeft = (int)partsLeft,
            Bytes = body,
        };
        return true;
    }

    private static bool TryReadFreed(ReadOnlySpan<byte> body, out JournalRecord record)
    {
        bool legal = TryReadId(ref body, out uint segment) & Varint.TryRead(ref body, out ulong generation) && generation > 0 && body.IsEmpty;
        record = legal ? new JournalRecord { Kind = RecordKind.Freed, Segment = segment, Generation = generation } : default;
        return legal;
    }

    private static bool TryReadVoided(ReadOnlySpan<byte> body, out JournalRecord record)
    {
        bool legal = TryReadId(ref body, out uint stream) & Varint.TryRead(ref body, out ulong sequence) & Varint.TryRead(ref body, out ulong batch)
            && batch > 0 && body.IsEmpty;
        record = legal ? new JournalRecord { Kind = RecordKind.Voided, Stream = stream, Sequence = sequence, Batch = batch } : default;
        return legal;
    }

    private static bool TryReadReleasedRuns(ReadOnlySpan<byte> body, out JournalRecord record)
    {
        record = default;
        if (!TryReadId(ref body, out uint stream) || body.IsEmpty)
            return false;
        ulong end = 0;
        for (var rest = body; !rest.IsEmpty;)
            if (!TryTakeRun(ref rest, ref end, out _))
                return false;
        record = new JournalRecord { Kind = RecordKind.ReleasedRuns, Stream = stream, Bytes = body };
        return true;
    }

    /// <summary>The next run of a record 11's list.</summary>
    /// <param name="end">Where the run before it ended; zero at first.</param>
    public static bool TryTakeRun(ref ReadOnlySpan<byte> list, ref ulong end, out ulong from)
    {
        from = 0;
        if (!Varint.TryRead(ref list, out ulong gap) || gap == 0 || gap > ulong.MaxValue - end
            || !Varint.TryRead(ref list, out ulong length) || length == 0 || length > ulong.MaxValue - end - gap)
            return false;
        from = end + gap;
        end = from + length;
        return true;
    }

    /// <summary>The next entry of a record 7's list.</summary>
    public static bool TryTakeTag(ref ReadOnlySpan<byte> list, out UInt128 tag, out uint stream, out ulong sequence)
    {
        stream = 0;
        sequence = 0;
        return TryReadTag(ref list, out tag) && TryReadId(ref list, out stream) && Varint.TryRead(ref list, out sequence);
    }

    /// <summary>The next entry of the list of a record 8 or 13.</summary>
    public static bool TryTakeSegment(RecordKind kind, ref ReadOnlySpan<byte> list, out ListedSegment listed)
    {
        listed = default;
        if (!TryReadId(ref list, out uint segment) || !Varint.TryRead(ref list, out ulong generation) || generation == 0
            || !Varint.TryRead(ref list, out ulong stated) || stated > int.MaxValue || stated % BlockHeader.PageBytes != 0)
            return false;
        listed = new ListedSegment(segment, generation, (int)stated, 0, 0);
        if (kind == RecordKind.PlainSegments)
            return true;
        if (!Varint.TryRead(ref list, out ulong summary) || summary > uint.MaxValue)
            return false;
        if (summary == 0)
            return true;
        if (!Varint.TryRead(ref list, out ulong position) || position is 0 or > int.MaxValue)
            return false;
        listed = listed with { Summary = (uint)summary, SummaryPosition = (int)position };
        return true;
    }

    private static bool TryReadId(ref ReadOnlySpan<byte> from, out uint id)
    {
        bool legal = Varint.TryRead(ref from, out ulong value) && value is > 0 and <= uint.MaxValue;
        id = legal ? (uint)value : 0;
        return legal;
    }

    private static bool TryReadTag(ref ReadOnlySpan<byte> from, out UInt128 tag)
    {
        tag = 0;
        if (from.Length < 16)
            return false;
        tag = BinaryPrimitives.ReadUInt128LittleEndian(from);
        from = from[16..];
        return tag != 0;
    }
}

/// <summary>A segment in use, as a table says.</summary>
/// <param name="End">Where its durable blocks end.</param>
/// <param name="Summary">The segment in which its summary lies; zero when it has none.</param>
internal readonly record struct ListedSegment(uint Segment, ulong Generation, int End, uint Summary, int SummaryPosition);
