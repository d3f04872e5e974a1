namespace EdgePeer.Runtime;

/// <summary>What the runtime holds at most, and why that much.</summary>
internal static class Limits
{
    /// <summary>Characters of an application's own message id: room for a UUID or a path, and cheap to hash.</summary>
    public const int ClientIdCharsMax = 128;

    /// <summary>
    /// Received frames that wait for the loop. At 1,400 bytes it is 1.4 MB, and more than the loop handles in 10 ms; beyond it a
    /// loss tells the sender to slow down sooner than a longer queue would.
    /// </summary>
    public const int FramesQueuedMax = 1024;

    /// <summary>Frames sent to one transport before the loop looks at its inputs again: acknowledgements must not wait behind a burst.</summary>
    public const int FramesPerTurnMax = 64;

    /// <summary>Path MTU reports that wait for the loop; a lost one is learned again from the next frame that is too long.</summary>
    public const int TransportReportsQueuedMax = 256;

    /// <summary>Messages between an application's send and the flash: the largest batch that the local API takes shares one sync, and no more is held in memory.</summary>
    public const int SendsInFlightMax = 1024;

    /// <summary>Bytes of those messages; at least one of the largest always fits.</summary>
    public const long SendBytesInFlightMax = 2L * Protocol.Limits.MessageBytesMax;

    /// <summary>Interfaces of one device: each has a thread and a place in the loop.</summary>
    public const int TransportsMax = 32;

    /// <summary>Applications that read at once: each costs a queue and up to <see cref="ReaderPrefetchBytes"/>.</summary>
    public const int ReadersMax = 64;

    /// <summary>Payload read ahead for one reader; the rest stays on flash until the application takes what it has.</summary>
    public const long ReaderPrefetchBytes = 256 << 10;

    /// <summary>Messages that did not read back and may the next time: twice as many as there are readers, each of which waits for one.</summary>
    public const int FailedReadsMax = ReadersMax * 2;

    /// <summary>How long a stop may wait for the flash: well inside systemd's 90 s, and long for a card that garbage-collects.</summary>
    public static readonly TimeSpan StopDrainMax = TimeSpan.FromSeconds(5);
}
