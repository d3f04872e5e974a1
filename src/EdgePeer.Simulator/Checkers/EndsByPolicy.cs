using EdgePeer.Protocol;
using EdgePeer.Protocol.Pipes;
using EdgePeer.Simulator.Model;
using EdgePeer.Simulator.Peers;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Checkers;

/// <summary>
/// Law 1, its exceptions: a message ends early only as its policy says. It expires when its time to live is over, never earlier by anybody's clock;
/// it is dropped where the pipe drops, the oldest that was never sent first; and what has ended for good was not kept by its endpoint, or, where it
/// was written at its endpoint, is in no reader's hands.
/// </summary>
internal sealed class EndsByPolicy(World world) : Checker(Law.DurableIsNeverLost)
{
    private readonly HashSet<SimMessage> _delivered = [];
    private readonly HashSet<SimMessage> _held = [];

    public override void OnEnded(SimPeer peer, MessagesEnded ended)
    {
        for (ulong sequence = ended.First; sequence <= ended.Last; sequence++)
            if (world.Ledger.Find(ended.Stream, sequence) is { } message)
                OnEnded(peer, message, ended);
    }

    public override void OnDelivery(SimReader reader, Delivery delivery, SimMessage? message, ReadOnlySpan<byte> payload)
    {
        if (message is null)
            return;
        (message.IsOwn ? _held : _delivered).Add(message);
        Require(!message.Ended, $"{reader.Peer} delivers {message}, which {message.Sender} has counted as {message.Ending}");
    }

    public override void OnConsume(SimReader reader, in StreamKey stream, ulong sequence)
    {
        foreach (var message in reader.HeldThrough(stream, sequence))
            if (_held.Remove(message))
                _delivered.Add(message);
    }

    public override void OnReaderClosed(SimReader reader) => _held.ExceptWith(reader.HeldMessages);

    public override void OnCrash(SimPeer peer) => _held.RemoveWhere(message => message.Sender == peer);

    public override void OnReceipt(SimPeer peer, SimCall call, ReceiptReached receipt)
    {
        var message = call.Message;
        bool dropped = receipt.Receipt == Receipt.Rejected && message.Ending == EndReason.Dropped;
        if (receipt.Receipt == Receipt.Expired || dropped)
            Require(message.Ended, $"{peer} tells the caller of {message} that it has ended: {receipt.Reason}");
    }

    /// <summary>Its memory goes: what had ended and was not on flash may be there again.</summary>
    public override void OnReady(SimPeer peer)
    {
        var streams = peer.Buffer!.Streams();
        foreach (var message in world.Ledger.Messages)
            if (message.Sender == peer && (message.Ended || message.IsOwn) && IsBack(peer.Buffer, streams, message))
            {
                message.Ended = false;
                if (message.IsOwn)
                    _delivered.Remove(message);
            }
    }

    public override void OnSettled()
    {
        foreach (var message in world.Ledger.Messages)
            if (message.State == MessageState.Durable)
                Require(message.Ended || _delivered.Contains(message) || message.OffTheBooks, $"{message} is neither delivered nor ended");
    }

    private void OnEnded(SimPeer peer, SimMessage message, MessagesEnded ended)
    {
        if (message.State == MessageState.InDoubt)
        {
            // Nobody waits for a word of it.
            Require(peer.Durable.Holds(StreamDirection.Outgoing, message.Stream, message.Sequence), $"{peer} ends {message} before it is durable");
            message.State = MessageState.Durable;
        }
        Require(message.State is MessageState.Durable, $"{peer} ends {message}");
        if (ended.Reason == EndReason.Expired)
            Require(message.TtlInUse is { } ttl && world.Now - message.AcceptedAt >= ttl, $"{peer} lets {message} expire after {world.Now - message.AcceptedAt} of {message.TtlInUse}");
        else
            Require(message.Pipe.Options.WhenFull == WhenFull.DropOldest, $"{peer} drops {message} of a pipe that does not");
        message.Ending = ended.Reason;
        message.Ended |= ended.Settled;
        if (!ended.Settled)
            return;
        if (ended.Reason == EndReason.Expired)
            world.Reached.Expired++;
        else
            world.Reached.Dropped++;
        if (message.SeenOnWire)
            world.Reached.SettledGaps++;
        Require(!_delivered.Contains(message), $"{peer} counts {message} as {ended.Reason}, and it was delivered");
        Require(!_held.Contains(message), $"{peer} counts {message} as {ended.Reason}, and a reader has it");
    }

    private static bool IsBack(IRetransmitBuffer buffer, IReadOnlyList<MessageStream> streams, SimMessage message)
    {
        foreach (var stream in streams)
            if (stream.Direction == StreamDirection.Outgoing && stream.Key.Pipe == message.Pipe.Name && stream.Key.Lane == message.LaneInUse)
                return message.Sequence >= stream.Base && !Ledger.IsReleased(buffer, stream.Id, message.Sequence);
        return false;
    }
}
