namespace EdgePeer.Store;

/// <summary>What recovery met.</summary>
/// <param name="PastUncertain">Records that had been durable are damaged or missing: streams of sequence numbers need a new incarnation.</param>
/// <param name="Damaged">Names each damaged place for a person: segment, offset, what was found.</param>
public sealed record RecoveryReport(int Segments, long Records, long TornBytes, bool PastUncertain, IReadOnlyList<string> Damaged)
{
    /// <summary>Of the segments those of which each record was read; the others were taken from their summaries.</summary>
    public int SegmentsRead { get; init; }

    /// <summary>After damage: messages that streams have numbers for and that are not there.</summary>
    public IReadOnlyList<MissingMessages> Missing { get; init; } = [];
}
