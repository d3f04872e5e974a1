using EdgePeer.Protocol;
using EdgePeer.Wire;

namespace EdgePeer.Runtime.Loop;

/// <summary>
/// Sends that wait for room in the journal, in order, and sends that wait for a receipt. Only the loop's thread touches it.
/// A full journal holds back all pipes that block, so that a large message is not overtaken for ever by small ones.
/// </summary>
internal sealed class SendQueue(IReadOnlyDictionary<PipeName, PipeOptions> pipes, SendGate gate)
{
    private readonly LinkedList<PendingSend> _waiting = [];
    private readonly Dictionary<CallerId, PendingSend> _submitted = [];
    private IReadOnlyDictionary<PipeName, PipeOptions> _pipes = pipes;
    private ulong _roomTried;

    /// <summary>Sends that wait for room.</summary>
    public int Waiting => _waiting.Count;

    public void Submit(Node node, PendingSend send, Instant now)
    {
        bool mayPass = _waiting.Count == 0 || _pipes.GetValueOrDefault(send.Pipe)?.WhenFull == WhenFull.Reject;
        if (!mayPass || !TrySubmit(node, send, now))
            _waiting.AddLast(send);
    }

    public void UsePipes(IReadOnlyDictionary<PipeName, PipeOptions> pipes) => _pipes = pipes;

    /// <summary>Tries those that wait, when room was freed since the last time.</summary>
    public void Retry(Node node, Instant now)
    {
        if (_waiting.Count == 0 || node.RoomVersion == _roomTried)
            return;
        while (_waiting.First is { } first && TrySubmit(node, first.Value, now))
            _waiting.RemoveFirst();
    }

    public void OnReceipt(ReceiptReached reached)
    {
        if (!_submitted.TryGetValue(reached.Caller, out var send))
            return;
        gate.Leave(send);
        var result = new SendResult(reached.Receipt, reached.Stream, reached.Sequence, reached.Reason);
        if (reached.Receipt == Receipt.Rejected || reached.Receipt >= send.WaitFor)
        {
            _submitted.Remove(reached.Caller);
            send.Complete(result);
        }
        else
            send.SoFar = result;
    }

    /// <summary>The application no longer waits; a message already handed to the journal stays there.</summary>
    public void Cancel(Node? node, PendingSend send, CancellationToken cancellation)
    {
        if (_submitted.Remove(send.Caller))
            node?.ForgetCaller(send.Caller);
        else if (!_waiting.Remove(send) && !gate.TryGiveUp(send))
            return;
        gate.Leave(send);
        send.Cancel(cancellation);
    }

    public void Refuse(PendingSend send, string reason)
    {
        gate.Leave(send);
        send.Reject(reason);
    }

    /// <summary>Ends those that were not accepted.</summary>
    public void RejectWaiting(string reason)
    {
        foreach (var send in _waiting)
            Refuse(send, reason);
        _waiting.Clear();
    }

    /// <summary>Answers all that still wait for a receipt: with the lesser one they have, or that nothing is certain.</summary>
    public void End(string reason)
    {
        RejectWaiting(reason);
        foreach (var send in _submitted.Values)
        {
            gate.Leave(send);
            if (send.SoFar is { } soFar)
                send.Complete(soFar with { Reason = reason });
            else
                send.Fault(new IOException($"{reason}; the message may or may not be stored"));
        }
        _submitted.Clear();
    }

    private bool TrySubmit(Node node, PendingSend send, Instant now)
    {
        _roomTried = node.RoomVersion;
        _submitted.Add(send.Caller, send);
        bool taken = node.TrySubmit(send.Caller, send.Pipe, send.Lane, send.Tag, send.Payload.Span, send.WaitFor, now, send.Ttl);
        if (!taken)
            _submitted.Remove(send.Caller);
        return taken;
    }
}
