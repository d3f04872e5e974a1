namespace EdgePeer.Protocol.Pipes;

/// <summary>What waits for the flash: each goes on when the ticket that its write got is durable.</summary>
internal sealed class Awaited(NodeContext node)
{
    private readonly Queue<(ulong Ticket, OutStream Stream, ulong Sequence)> _accepted = new();
    private readonly Queue<(ulong Ticket, InStream Stream, ulong Next)> _consumed = new();
    private readonly Queue<(ulong Ticket, Action Then)> _ended = new();
    private readonly Queue<(ulong Ticket, InStream Stream, ulong Sequence, int Offset, int Length)> _ranges = new();
    private readonly Queue<(ulong Ticket, InStream Stream, ulong Start, ulong End)> _gaps = new();

    /// <summary>Something was taken since this was last looked at: senders may be told.</summary>
    public bool ConsumedChanged { get; set; }

    /// <summary>A message that was written here.</summary>
    public void Accepted(ulong ticket, OutStream stream, ulong sequence) => _accepted.Enqueue((ticket, stream, sequence));

    /// <summary>All of the stream below has been taken by the application.</summary>
    public void Consumed(ulong ticket, InStream stream, ulong next) => _consumed.Enqueue((ticket, stream, next));

    /// <summary>Messages that ended before they were delivered, or were taken where they were written.</summary>
    public void Ended(ulong ticket, Action then)
    {
        if (ticket <= node.DurableThrough)
            then();
        else
            _ended.Enqueue((ticket, then));
    }

    /// <summary>A range of a message that came.</summary>
    public void Range(ulong ticket, InStream stream, ulong sequence, int offset, int length) => _ranges.Enqueue((ticket, stream, sequence, offset, length));

    public void Gap(ulong ticket, InStream stream, ulong start, ulong end) => _gaps.Enqueue((ticket, stream, start, end));

    /// <param name="turned">Lanes with turns.</param>
    /// <returns>True when there may be more for readers.</returns>
    public bool OnDurable(ulong ticket, IEnumerable<OutStream> turned)
    {
        while (_accepted.TryPeek(out var sent) && sent.Ticket <= ticket)
        {
            _accepted.Dequeue();
            sent.Stream.OnDurable(sent.Sequence);
        }
        while (_consumed.TryPeek(out var taken) && taken.Ticket <= ticket)
        {
            _consumed.Dequeue();
            taken.Stream.ConsumedNext = taken.Next;
            ConsumedChanged = true;
        }
        while (_ended.TryPeek(out var ended) && ended.Ticket <= ticket)
            _ended.Dequeue().Then();
        foreach (var lane in turned)
            lane.ReleaseKeptTurns();
        bool kept = false;
        while (_ranges.TryPeek(out var came) && came.Ticket <= ticket)
        {
            _ranges.Dequeue();
            came.Stream.OnDurable(came.Sequence, came.Offset, came.Length);
            kept = true;
        }
        while (_gaps.TryPeek(out var gap) && gap.Ticket <= ticket)
        {
            _gaps.Dequeue();
            gap.Stream.OnGapDurable(gap.Start, gap.End);
            kept = true;
        }
        return kept;
    }
}
