namespace EdgePeer.Store;

/// <summary>The journal's maxima, each with its reason.</summary>
public static class StoreLimits
{
    /// <summary>The largest message of a pipe, and what its writer keeps behind it.</summary>
    public const int MessageBytesMax = (16 << 20) + 16;

    /// <summary>Bytes in one call of <see cref="Journal.TryAppend"/>: a bounded copy in the core's loop.</summary>
    public const int AppendBytesMax = 64 << 10;

    /// <summary>The key of a stream or fact: several names of 64 characters and ids fit.</summary>
    public const int KeyBytesMax = 256;

    /// <summary>Facts are small state; larger things are messages.</summary>
    public const int FactValueBytesMax = 1024;

    /// <summary>Tags remembered: hours of client ids at one message a second. A journal below 4 MiB remembers one for each KiB.</summary>
    public const int TagsMax = 4096;

    /// <summary>Records of all facts together; a journal below 2 MiB takes a 32nd of its capacity.</summary>
    public const int FactBytesMax = 64 << 10;

    /// <summary>Records of the keys and cursors of all streams together; a journal below 32 MiB takes a 32nd of its capacity.</summary>
    public const int StreamBytesMax = 1 << 20;

    /// <summary>Runs of messages of one stream released above its base: one a time that its peer was away, and those that ended early. A record of a KiB at most.</summary>
    public const int ReleasedRunsMax = 64;

    /// <summary>The same of all streams; a journal below 16 MiB has one for each 4 KiB.</summary>
    public const int ReleasedRunsOfAllMax = 4096;

    /// <summary>Smaller journals would be all reserve: 16 segments of 64 KiB.</summary>
    public const long CapacityBytesMin = 1 << 20;

    /// <summary>A length of a record or a place in a segment is an int, and a segment is read whole at a start.</summary>
    public const int SegmentBytesMax = 16 << 20;

    public const int SegmentBytesMin = 64 << 10;

    /// <summary>Fewer segments would leave nothing beside the four in reserve.</summary>
    public const int SegmentsMin = 12;

    /// <summary>Unreadable messages told of one by one: a medium that loses more is to be replaced.</summary>
    internal const int UnreadableMax = 256;

    /// <summary>A batch is held in memory while it is written, and read as one at a start.</summary>
    internal const int BatchBytesMax = 1 << 20;

    /// <summary>Removals kept for older segments' sake; beyond it the oldest segment is emptied first, which ends their need.</summary>
    internal const int RemovalsMax = 256;

    /// <summary>The first pause after a flash without space, and the longest.</summary>
    internal static readonly TimeSpan RetryPauseMin = TimeSpan.FromSeconds(1);
    internal static readonly TimeSpan RetryPauseMax = TimeSpan.FromSeconds(30);
}
