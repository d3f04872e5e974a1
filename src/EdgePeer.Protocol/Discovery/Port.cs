using EdgePeer.Wire;

namespace EdgePeer.Protocol.Discovery;

/// <summary>One transport as the node knows it while it is up.</summary>
internal sealed class Port(TransportId id, TransportTraits traits)
{
    private readonly Queue<(LinkAddress To, byte[] Frame)> _greetings = new();

    public TransportId Id { get; } = id;

    public TransportTraits Traits { get; } = traits;

    /// <summary>Chosen by the node; empty where the transport tells addresses.</summary>
    public LinkAddress OwnAddress { get; set; }

    /// <summary>Packets have tags of 8 bytes: the line is slow, and its bytes count.</summary>
    public bool ShortTags { get; } = traits.BitsPerSecond > 0;

    public Trickle Trickle { get; } = new(traits);

    /// <summary>Which path was served last: the others come first.</summary>
    public int Turn { get; set; }

    public bool HasGreetings => _greetings.Count > 0;

    /// <summary>Queues a frame that belongs to no session. Dropped when too many wait: whoever waits for it asks again.</summary>
    public void Greet(in LinkAddress to, ReadOnlySpan<byte> frame)
    {
        if (_greetings.Count < Limits.GreetingsQueuedMax)
            _greetings.Enqueue((to, frame.ToArray()));
    }

    public bool TryTakeGreeting(Span<byte> frame, out int length, out LinkAddress to)
    {
        length = 0;
        to = default;
        if (!_greetings.TryDequeue(out var greeting))
            return false;
        greeting.Frame.CopyTo(frame);
        length = greeting.Frame.Length;
        to = greeting.To;
        return true;
    }
}
