namespace EdgePeer.Store;

/// <summary>
/// What a stream holds at and above a sequence, in blocks of batches up to one, does not count: parts of a message that was never
/// accepted. Its number is used again, for another message, in later batches.
/// </summary>
internal sealed class VoidMark(ulong sequence, ulong batch)
{
    public ulong Sequence { get; } = sequence;
    public ulong Batch { get; } = batch;
    public Home Home;

    /// <summary>The newest segment generation that may hold what it voids.</summary>
    public ulong Generation { get; set; }

    public bool Covers(ulong sequence, ulong batch) => sequence >= Sequence && batch <= Batch;
}
