using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>Says where a message is, and why it is there.</summary>
internal static class Tracer
{
    public static MessageTrace Trace(NodeContext node, OutStream stream, ulong sequence, Instant now)
    {
        MessageTrace At(MessagePlace place, string why) => new(stream.Key, sequence, place, why, 0, null);
        if (sequence >= stream.Next)
            return At(MessagePlace.Unknown, $"the next message of this lane will be number {stream.Next}");
        if (sequence >= stream.DurableNext)
            return At(MessagePlace.Accepted, "the flash has not taken it yet");
        if (stream.Ends.ReasonOf(sequence) is { } reason)
            return reason switch
            {
                EndReason.Expired => At(MessagePlace.Expired, "its time to live was over before it was kept there"),
                EndReason.Lost => At(MessagePlace.Dropped, "the flash here did not give it back any more: check the medium"),
                _ => At(MessagePlace.Dropped, "its pipe was full and let its oldest go, as whenFull says"),
            };
        if (stream.Ends.Forgotten(sequence))
            return At(MessagePlace.Unknown, "it left this lane long ago, and whether it was delivered or ended early is no longer known");
        if (stream.Turns is null ? sequence < stream.ConsumedNext : sequence < stream.Base && stream.ConsumedNext == stream.FirstSequence)
            return At(MessagePlace.Consumed, "");
        if (sequence < stream.Base || stream.EndedAbove.Contains(sequence, sequence + 1))
            return At(MessagePlace.Delivered, "the application there has not taken it, as far as it has said");
        return Queued(node, stream, sequence, now);
    }

    private static MessageTrace Queued(NodeContext node, OutStream stream, ulong sequence, Instant now)
    {
        bool readable = node.Buffer.TryFind(stream.Stored, sequence, out var found) && found.Sequence == sequence;
        TimeSpan? expiresIn = readable && stream.TryReadStamp(found, out var message) && message.ExpiresAtMs is { } at
            ? TimeSpan.FromMilliseconds(Math.Max(0, at - node.Clock.Now(now)))
            : null;
        long ahead = stream.Turns is null ? (long)(sequence - stream.Base - stream.EndedAbove.CountFrom(stream.Base) + stream.EndedAbove.CountFrom(sequence)) : AheadByTurn(stream, stream.Turns, sequence);
        foreach (var lane in stream.Pipe.Lanes)
            if (lane?.Lane > stream.Lane)
                ahead += lane.Queued;
        var (place, why) = Waits(stream, sequence);
        return new MessageTrace(stream.Key, sequence, readable ? place : MessagePlace.Queued, readable ? why : "the journal cannot give it back: check the medium", ahead, expiresIn);
    }

    /// <summary>If nothing newer comes; the quarter of what is sent that is the oldest is not counted.</summary>
    private static long AheadByTurn(OutStream stream, Turns turns, ulong number)
    {
        if (turns.TryTurnOf(number, out ulong turn))
            return (long)(turn - turns.Base);
        var newer = RangeSet.Of(number + 1, stream.DurableNext);
        for (int i = 0; i < stream.EndedAbove.Count; i++)
            newer.Remove(stream.EndedAbove[i].Start, stream.EndedAbove[i].End);
        return (long)newer.CountFrom(0);
    }

    private static (MessagePlace Place, string Why) Waits(OutStream stream, ulong sequence)
    {
        var pipe = stream.Pipe;
        if (stream.Ends.IsEnding(sequence))
            return (MessagePlace.Ending, $"its time to live is over and it may have been sent: peer {pipe.Peer.ToShortString()}, which is {(pipe.Session is null ? "away" : "asked")}, has to say whether it has kept it");
        if (!pipe.IsBound)
            return (MessagePlace.Queued, $"nobody reads pipe {pipe.Name} yet");
        if (pipe.IsOwn)
            return (MessagePlace.Queued, $"endpoint {pipe.Endpoint} of this peer has not consumed it; a bridge does so when its broker has acknowledged it and it has left the replay window");
        if (stream.Channel is not { } channel)
            return (MessagePlace.Queued, $"peer {pipe.Peer.ToShortString()}, where endpoint {pipe.Endpoint} is, is away");
        return channel.State switch
        {
            ChannelState.Binding => (MessagePlace.Queued, $"the lane is being bound to endpoint {pipe.Endpoint}"),
            ChannelState.Refused => (MessagePlace.Queued, $"peer {pipe.Peer.ToShortString()} refuses endpoint {pipe.Endpoint}"),
            _ when stream.TrySequenceOf(sequence, out ulong sent) && sent < channel.SentNext => (MessagePlace.Sent, "peer " + pipe.Peer.ToShortString() + " has not said that it is on flash there"),
            _ => (MessagePlace.Queued, channel.Blocked ? "the journal of the other peer has no room as yet" : "it waits for its turn"),
        };
    }
}
