namespace EdgePeer.Store;

/// <summary>
/// The flash as the journal reads it: numbered segment files in one directory, and the file of the head beside them. Reads are synchronous and see every write of
/// a batch already executed, synced or not. Writes leave as a <see cref="JournalBatch"/>, so that the core never waits.
/// </summary>
public interface IFlash
{
    /// <summary>What names the file of the head in a command or a read; no segment has the number.</summary>
    const uint Head = 0;

    /// <summary>The segments that exist, in ascending order.</summary>
    IReadOnlyList<uint> Segments();

    /// <summary>Length in bytes of a segment file, or of the head's; zero when that is not there.</summary>
    long Length(uint segment);

    /// <returns>The bytes read; fewer than asked at the end of the file or where the medium fails.</returns>
    int Read(uint segment, long offset, Span<byte> into);
}

public enum FlashCommandKind
{
    /// <summary>Create the segment file, filled with <see cref="FlashCommand.LengthBytes"/> zeros, and sync its directory entry.</summary>
    Create,

    /// <summary>Write <see cref="FlashCommand.Bytes"/> at <see cref="FlashCommand.Offset"/>.</summary>
    Write,

    /// <summary>fdatasync the segment.</summary>
    Sync,

    /// <summary>Remove the segment file and sync the directory.</summary>
    Delete,

    /// <summary>Sync the directory: what a killed process created or removed may not be durable yet.</summary>
    SyncDirectory,
}

/// <param name="Bytes">Owned by the journal until the batch is done; not changed before.</param>
public readonly record struct FlashCommand(FlashCommandKind Kind, uint Segment, long Offset, long LengthBytes, ReadOnlyMemory<byte> Bytes);

/// <summary>Commands to be executed in order, by one executor, one batch at a time. The first that fails ends the batch.</summary>
public sealed class JournalBatch
{
    public required IReadOnlyList<FlashCommand> Commands { get; init; }

    /// <summary>All that was asked of the journal up to this ticket is durable once the batch has succeeded.</summary>
    public required Ticket Through { get; init; }
}

/// <summary>How a batch ended.</summary>
public enum FlashOutcome
{
    Done,

    /// <summary>A write, sync, create or delete failed (EIO and the like): nothing since the last good sync is trusted.</summary>
    Failed,

    /// <summary>No space on the device: backpressure, tried again later.</summary>
    NoSpace,

    /// <summary>The file system has turned read-only.</summary>
    ReadOnly,
}
