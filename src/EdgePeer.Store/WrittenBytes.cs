namespace EdgePeer.Store;

/// <summary>Bytes written to segments since the start of the process, by what they were written for.</summary>
public sealed record WrittenBytes
{
    /// <summary>Messages when they came, with the heads of their records.</summary>
    public long Messages { get; init; }

    /// <summary>What releases, streams and cut-off numbers need.</summary>
    public long Cursors { get; init; }

    public long Facts { get; init; }

    /// <summary>What lived in segments that were emptied, or in unsure blocks, written again.</summary>
    public long Copies { get; init; }

    /// <summary>Tables and summaries of segments, and the journal's head.</summary>
    public long Tables { get; init; }

    /// <summary>Heads of blocks and the rest of their last pages: what sharing a sync saves.</summary>
    public long Padding { get; init; }

    internal WrittenBytes WithHead(int bytes) => this with { Tables = Tables + bytes };

    /// <param name="block">Whole, with its head and padding.</param>
    /// <param name="copied">It holds what lived elsewhere.</param>
    internal WrittenBytes With(ReadOnlySpan<byte> block, int recordBytes, bool copied)
    {
        long messages = 0, cursors = 0, facts = 0, copies = 0, tables = 0;
        var records = block.Slice(BlockHeader.SizeBytes, recordBytes);
        while (!records.IsEmpty)
        {
            int size = JournalRecord.HeaderBytes + (records[4] | (records[5] << 8) | (records[6] << 16));
            switch ((RecordKind)records[7])
            {
                case RecordKind.Segments or RecordKind.Summary or RecordKind.Freed:
                    tables += size;
                    break;
                case var _ when copied:
                    copies += size;
                    break;
                case RecordKind.Range or RecordKind.TaggedRange:
                    messages += size;
                    break;
                case RecordKind.Fact:
                    facts += size;
                    break;
                default:
                    cursors += size;
                    break;
            }
            records = records[size..];
        }
        return new WrittenBytes
        {
            Messages = Messages + messages,
            Cursors = Cursors + cursors,
            Facts = Facts + facts,
            Copies = Copies + copies,
            Tables = Tables + tables,
            Padding = Padding + block.Length - recordBytes,
        };
    }
}
