using EdgePeer.Protocol;
using EdgePeer.Simulator.Model;
using EdgePeer.Simulator.Peers;

namespace EdgePeer.Simulator.Checkers;

/// <summary>Law 5: once faults stop, every durable message is delivered and consumed, queues are empty and callers answered.</summary>
internal sealed class EverythingSettles(World world) : Checker(Law.EverythingSettles)
{
    private readonly HashSet<SimMessage> _arrived = [];

    public override void OnDelivery(SimReader reader, Delivery delivery, SimMessage? message, ReadOnlySpan<byte> payload)
    {
        if (message is not null)
            _arrived.Add(message);
    }

    public override string? Unsettled()
    {
        foreach (var peer in world.Peers)
        {
            if (peer.Node is not { } node)
                return $"{peer} is not ready";
            if (peer.Applications.WaitingCount > 0)
                return $"{peer.Applications.WaitingCount} messages wait at {peer}, the first of them {peer.Applications.FirstWaiting}; room for {peer.Buffer!.RoomBytes(StreamDirection.Outgoing)} bytes of {peer.Buffer.ShareBytes}";
            foreach (var call in peer.Applications.Calls)
                return $"the caller of {call.Message} at {peer} waits for {call.WaitFor} and has heard {call.Last}";
            foreach (var pipe in node.Status(peer.LocalNow).Pipes)
                if (pipe.Queued > 0 || pipe.Waiting > 0)
                    return $"{peer}: {pipe}";
        }
        foreach (var message in world.Ledger.Messages)
            if (message.State == MessageState.Durable && !message.Ended && !_arrived.Contains(message))
                return $"{message} never reached {message.Pipe.Reader}";
        return null;
    }

    public override void OnSettled() => Require(Unsettled() is null, $"at {world.Now}: {Unsettled()}");
}
