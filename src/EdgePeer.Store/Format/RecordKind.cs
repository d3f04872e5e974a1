namespace EdgePeer.Store;

/// <summary>JOURNAL.md, "Record".</summary>
internal enum RecordKind : byte
{
    Opened = 1,
    Range = 2,
    TaggedRange = 3,
    Release = 4,
    Fact = 5,
    Forgotten = 6,
    Tags = 7,

    /// <summary>Of format 1.</summary>
    PlainSegments = 8,
    Freed = 9,
    Voided = 10,
    ReleasedRuns = 11,
    Summary = 12,
    Segments = 13,
}
