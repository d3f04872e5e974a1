using EdgePeer.Protocol;
using EdgePeer.Protocol.Pipes;
using EdgePeer.Simulator.Model;
using EdgePeer.Simulator.Peers;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Checkers;

/// <summary>
/// Law 1: a message that was said to be durable is on its sender's flash until the receiver's flash has it; one that was said
/// to be delivered is on the receiver's flash, or was and has been consumed. "On flash" is what a power cut would leave. Where writer and reader
/// are one peer, a message leaves its flash when it is taken, and is delivered when that is on flash.
/// </summary>
internal sealed class DurableIsNeverLost(World world) : Checker(Law.DurableIsNeverLost)
{
    private readonly HashSet<SimMessage> _seenAtReceiver = [];
    private readonly HashSet<SimMessage> _takenByOwn = [];

    public override void OnReceipt(SimPeer peer, SimCall call, ReceiptReached receipt)
    {
        var message = call.Message;
        if (receipt.Receipt == Receipt.Rejected)
        {
            Require(message.State is MessageState.Offered or MessageState.LostInDoubt || message.Ending == EndReason.Dropped, $"{peer} says that it refused {message}: {receipt.Reason}");
            return;
        }
        if (receipt.Receipt == Receipt.Expired)
            return;
        Require(message.Stream == receipt.Stream && message.Sequence == receipt.Sequence,
            $"{peer} says {receipt.Receipt} of {receipt.Stream} {receipt.Sequence} to the caller of {message}");
        if (receipt.Receipt == Receipt.Durable)
            Require(peer.Durable.Holds(StreamDirection.Outgoing, message.Stream, message.Sequence), $"{peer} says durable of {message}, and a power cut now would take it");
        else
            RequireAtReceiver(message, $"the receipt {receipt.Receipt}");
        if (receipt.Receipt == Receipt.Consumed && !message.IsOwn)
            Require(message.SentAs is { } sent && message.Pipe.Reader.Durable.Released(StreamDirection.Incoming, message.Stream, sent), $"{peer} says consumed of {message}, and a power cut now would undo that");
    }

    public override void OnConsume(SimReader reader, in StreamKey stream, ulong sequence)
    {
        foreach (var message in reader.HeldThrough(stream, sequence))
            if (message.IsOwn)
                _takenByOwn.Add(message);
    }

    public override void OnReady(SimPeer peer)
    {
        // No seed damages a medium: what power cuts and failing flashes leave is never taken for damage.
        var recovery = peer.Core!.Journal.Recovery;
        Require(recovery.Damaged.Count == 0 || peer.Disk.Flash.Damaged, $"{peer} restarts and says: {string.Join("; ", recovery.Damaged)}");
        var streams = peer.Buffer!.Streams();
        foreach (var message in world.Ledger.Messages)
            if (message.Sender == peer && message.State == MessageState.Durable && !message.Ended && !_seenAtReceiver.Contains(message))
                RequireKept(peer, peer.Buffer, streams, message);
    }

    private void RequireKept(SimPeer peer, IRetransmitBuffer buffer, IReadOnlyList<MessageStream> streams, SimMessage message)
    {
        foreach (var stream in streams)
        {
            if (stream.Direction != StreamDirection.Outgoing || stream.Key.Pipe != message.Pipe.Name || stream.Key.Lane != message.LaneInUse || message.Sequence < stream.Base || Ledger.IsReleased(buffer, stream.Id, message.Sequence))
                continue;
            Require(buffer.TryFind(stream.Id, message.Sequence, out var found) && found.Sequence == message.Sequence && found.Complete && found.TotalBytes == message.Length + (message.TtlInUse is null ? 1 : StampBytes),
                $"{peer} restarts without {message}");
            RequireBytes(peer, buffer, stream.Id, message);
            return;
        }
        RequireAtReceiver(message, "its release at the sender");
    }

    private void RequireBytes(SimPeer peer, IRetransmitBuffer buffer, uint stream, SimMessage message)
    {
        var payload = world.PayloadBuffer(message.Length);
        Require(buffer.TryRead(stream, message.Sequence, 0, payload) && Payload.Matches(message.Number, 0, payload), $"{peer} restarts with other bytes for {message}");
    }

    // What a sender keeps behind a message that expires.
    private const int StampBytes = 9;

    private void RequireAtReceiver(SimMessage message, string cause)
    {
        if (_seenAtReceiver.Contains(message))
            return;
        if (message.IsOwn)
        {
            Require(_takenByOwn.Contains(message), $"{cause} of {message}, and nobody has taken it");
            Require(message.Sender.Durable.Released(StreamDirection.Outgoing, message.Stream, message.Sequence), $"after {cause}, a power cut at {message.Sender} now would bring {message} back");
            return;
        }
        Require(message.SentAs is { } sent && message.Pipe.Reader.Durable.Holds(StreamDirection.Incoming, message.Stream, sent),
            $"after {cause}, a power cut at {message.Pipe.Reader} now would take {message}");
        _seenAtReceiver.Add(message);
    }
}
