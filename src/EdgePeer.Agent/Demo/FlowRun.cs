using EdgePeer.Agent.Api;

namespace EdgePeer.Agent.Demo;

/// <summary>One flow as it goes: its two applications, and what its peers say of it.</summary>
internal sealed class FlowRun(Flow flow, PeerProcess from, PeerProcess to)
{
    private readonly SortedSet<string> _ways = new(StringComparer.Ordinal);
    private long _sentAgainBefore, _sentAgainNow;

    public Flow Flow => flow;

    public PeerProcess From => from;

    public PeerProcess To => to;

    public FlowSender Sender { get; } = new(flow, from.SocketPath);

    public FlowReader Reader { get; } = new(flow, to.SocketPath);

    /// <summary>What the sending peer last said; replaced as a whole, so that a view on another thread sees one moment.</summary>
    public FlowLook Look { get; private set; } = new(false, null, null, 0);

    /// <summary>All transports that have carried the flow.</summary>
    public IReadOnlyCollection<string> Ways => _ways;

    /// <summary>The sender's books say that all is delivered.</summary>
    public bool Settled => Look.Books is { Queued: 0 } books && books.Accepted == flow.Total && books.Delivered == flow.Total;

    /// <param name="sender">The sending peer's status; null while it does not answer.</param>
    public void Update(StatusView? sender)
    {
        var pipe = sender?.Pipes.FirstOrDefault(pipe => pipe.Name == flow.Pipe);
        string? way = sender?.Peers.FirstOrDefault(peer => peer.Peer == to.Id)?.Links.FirstOrDefault(link => link is { Active: true, Alive: true })?.Transport;
        if (way is not null && pipe is { Queued: > 0 })
            _ways.Add(way);
        // The peer counts since its start.
        if (pipe?.SentAgain < _sentAgainNow)
            _sentAgainBefore += _sentAgainNow;
        _sentAgainNow = pipe?.SentAgain ?? _sentAgainNow;
        Look = new FlowLook(sender is not null, way, pipe ?? Look.Books, _sentAgainBefore + _sentAgainNow);
    }
}

/// <param name="Answers">The sending peer runs; otherwise the rest is from before.</param>
/// <param name="Way">The transport that carries the flow now; null when there is none.</param>
/// <param name="Books">The pipe's books; null until it was first written.</param>
/// <param name="SentAgain">Over all lives of the sending peer.</param>
internal sealed record FlowLook(bool Answers, string? Way, PipeView? Books, long SentAgain)
{
    public long Queued => Books?.Queued ?? 0;
}
