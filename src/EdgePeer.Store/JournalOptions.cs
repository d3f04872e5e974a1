namespace EdgePeer.Store;

/// <summary>What an operator sets of the journal.</summary>
public sealed record JournalOptions
{
    /// <summary>All segments together, in bytes. Default: days of telemetry, and a small part of any SD card.</summary>
    public long CapacityBytes { get; init; } = 256L << 20;

    /// <summary>How long an append may wait for others to share its sync: wear against latency.</summary>
    public TimeSpan SyncWindow { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Bytes of one segment; zero lets the journal keep the size of the files that are there, or take capacity / 64, within 64 KiB to 4 MiB.</summary>
    public int SegmentBytes { get; init; }

    /// <summary>Bugs that the simulator switches on to prove its checkers; all off outside it.</summary>
    public JournalFaults Faults { get; init; }
}

/// <summary>What a part of the capacity is set aside for, so that one use never starves another.</summary>
public enum JournalShare : byte
{
    Outgoing = 0,
    Incoming = 1,
}

/// <summary>Known bugs, for the simulator alone: each must be caught by a checker.</summary>
[Flags]
public enum JournalFaults
{
    None = 0,

    /// <summary>Says "durable" when the batch has been handed out, before its sync.</summary>
    DurableBeforeSync = 1,

    /// <summary>Recovery reports what it read as durable without syncing it first.</summary>
    RecoveryWithoutSync = 2,

    /// <summary>Releases are never written, and forgotten by a restart along with the cursor.</summary>
    ReleaseLost = 4,
}
