using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>What an input endpoint hands over in its order: a stream of another peer, or a lane that is written here.</summary>
internal interface IReadStream
{
    StreamKey Key { get; }

    /// <summary>Its number in the buffer.</summary>
    uint Stored { get; }

    /// <summary>Nothing more comes of it.</summary>
    bool Retired { get; }

    /// <summary>The next message for a reader; one that was given back comes first.</summary>
    bool TryTakeNext(Instant now, out ulong sequence, out int totalBytes);

    /// <summary>The reader has gone without taking it.</summary>
    void OnReturned(ulong sequence);

    void OnTaken(ulong sequence);

    /// <summary>It was handed over, and the flash does not give it back: it is named, and what is behind it goes on.</summary>
    void PassBy(ulong sequence, Instant now);
}
