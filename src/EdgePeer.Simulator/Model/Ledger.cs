using EdgePeer.Protocol;
using EdgePeer.Simulator.Peers;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Model;

/// <summary>
/// All messages of a run and what their sequence numbers mean: what the checkers compare the peers with. The network never
/// touches it.
/// </summary>
internal sealed class Ledger
{
    private readonly List<SimMessage> _messages = [];
    private readonly Dictionary<(StreamKey Stream, ulong Sequence), SimMessage> _byIdentity = [];
    private readonly Dictionary<(StreamKey Stream, ulong Turn), SimMessage> _byTurn = [];

    public IReadOnlyList<SimMessage> Messages => _messages;

    public void Add(SimMessage message) => _messages.Add(message);

    public SimMessage? Find(in StreamKey stream, ulong sequence) => _byIdentity.GetValueOrDefault((stream, sequence));

    /// <summary>What that sequence means on the wire and at its receiver.</summary>
    public SimMessage? FindSent(in StreamKey stream, ulong sequence) =>
        _byTurn.TryGetValue((stream, sequence), out var turned) ? turned : Find(stream, sequence) is { HasTurns: false } message ? message : null;

    /// <summary>The message may be on the wire under that turn.</summary>
    /// <returns>What the turn meant before, or the message itself where it had another; else null.</returns>
    public SimMessage? LearnTurn(SimMessage message, ulong turn)
    {
        var before = _byTurn.GetValueOrDefault((message.Stream, turn), message);
        if (before != message || (message.Turn ?? turn) != turn)
            return before;
        _byTurn[(message.Stream, turn)] = message;
        message.Turn = turn;
        return null;
    }

    /// <summary>The node has given the message that sequence number.</summary>
    /// <returns>The message that had it before, if there was one.</returns>
    public SimMessage? Assign(SimMessage message, in StreamKey stream, ulong sequence)
    {
        var before = Find(stream, sequence);
        _byIdentity[(stream, sequence)] = message;
        message.Stream = stream;
        message.Sequence = sequence;
        message.State = MessageState.InDoubt;
        return before == message ? null : before;
    }

    /// <summary>A restarted peer knows which of the messages that were in doubt its flash has kept: those are durable now, the others are gone.</summary>
    public void SettleDoubts(SimPeer peer, IRetransmitBuffer recovered)
    {
        var streams = recovered.Streams();
        foreach (var message in _messages)
        {
            if (message.Sender != peer || message.State != MessageState.InDoubt)
                continue;
            if (Recovered(recovered, streams, message))
            {
                message.State = MessageState.Durable;
                continue;
            }
            _byIdentity.Remove((message.Stream, message.Sequence));
            message.State = MessageState.LostInDoubt;
        }
    }

    /// <summary>The peer has another flash: what that one never knew of is not in its books.</summary>
    public void CloseBooks(SimPeer peer, IRetransmitBuffer recovered)
    {
        var streams = recovered.Streams();
        foreach (var message in _messages)
            if (message.Sender == peer && message.State == MessageState.Durable && !Recovered(recovered, streams, message))
                message.OffTheBooks = true;
    }

    /// <summary>
    /// A lane goes on under a new incarnation: what is still queued keeps its numbers under it, what has been released keeps
    /// its old name.
    /// </summary>
    public void Renew(SimPeer peer, IRetransmitBuffer buffer, PipeName pipe, byte lane, Incarnation incarnation, ulong firstQueued)
    {
        var streams = buffer.Streams();
        foreach (var message in _messages)
        {
            if (message.Sender != peer || message.OffTheBooks || message.Pipe.Name != pipe || message.LaneInUse != lane || (message.HasTurns ? !IsQueued(buffer, streams, message) : message.Sequence < firstQueued)
                || message.State is not (MessageState.InDoubt or MessageState.Durable) || message.Stream.Incarnation == incarnation)
                continue;
            _byIdentity.Remove((message.Stream, message.Sequence));
            var before = message.Stream.Incarnation;
            message.Stream = message.Stream with { Incarnation = incarnation };
            _byIdentity[(message.Stream, message.Sequence)] = message;
            if (message.Turn is not { } turn)
                continue;
            _byTurn.Remove((message.Stream with { Incarnation = before }, turn));
            _byTurn[(message.Stream, turn)] = message;
        }
    }

    /// <summary>Messages above the base may be released too.</summary>
    public static bool IsReleased(IRetransmitBuffer buffer, uint stream, ulong sequence)
    {
        foreach (var (from, to) in buffer.ReleasedRuns(stream))
            if (sequence >= from && sequence < to)
                return true;
        return false;
    }

    private static bool IsQueued(IRetransmitBuffer buffer, IReadOnlyList<MessageStream> streams, SimMessage message)
    {
        foreach (var stream in streams)
            if (stream.Direction == StreamDirection.Outgoing && stream.Key.Pipe == message.Pipe.Name && stream.Key.Lane == message.LaneInUse)
                return message.Sequence >= stream.Base && !IsReleased(buffer, stream.Id, message.Sequence);
        return false;
    }

    private static bool Recovered(IRetransmitBuffer recovered, IReadOnlyList<MessageStream> streams, SimMessage message)
    {
        foreach (var stream in streams)
            if (stream.Direction == StreamDirection.Outgoing && stream.Key.Pipe == message.Pipe.Name && stream.Key.Lane == message.LaneInUse)
                return message.Sequence < stream.Base || IsReleased(recovered, stream.Id, message.Sequence) || (recovered.TryFind(stream.Id, message.Sequence, out var found) && found.Sequence == message.Sequence && found.Complete);
        return false;
    }
}
