using EdgePeer.Wire;

namespace EdgePeer.Protocol;

/// <summary>Where a message that was written here is.</summary>
public enum MessagePlace
{
    /// <summary>There is none of that number, or none any more that this peer knows of.</summary>
    Unknown,

    /// <summary>On its way to the flash here.</summary>
    Accepted,

    /// <summary>On flash here.</summary>
    Queued,

    /// <summary>On flash here, and some or all of it has been sent in this session.</summary>
    Sent,

    /// <summary>It is to end early, and its receiver is asked what it has of it.</summary>
    Ending,

    Delivered,
    Consumed,
    Expired,
    Dropped,
}

/// <param name="Why">For people: what it waits for, or why it ended; empty where nothing is left to say.</param>
/// <param name="Ahead">Messages of its lane, and of more urgent ones of its pipe, that go before it.</param>
/// <param name="ExpiresIn">While it is queued; null when it does not expire.</param>
public sealed record MessageTrace(StreamKey Stream, ulong Sequence, MessagePlace Place, string Why, long Ahead, TimeSpan? ExpiresIn);
