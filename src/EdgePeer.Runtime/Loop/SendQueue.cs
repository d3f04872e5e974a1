using EdgePeer.Protocol;
using EdgePeer.Wire;

namespace EdgePeer.Runtime.Loop;

/// <summary>
/// Sends that wait for room in the journal, in order, and sends that wait for a receipt. Only the loop's thread touches it.
/// A full journal holds back all pipes that block, so that a large message is not overtaken for ever by small ones; a pipe that is full by its own
/// capacity holds back itself alone.
/// </summary>
internal sealed class SendQueue(IReadOnlyDictionary<PipeName, PipeOptions> pipes, SendGate gate)
{
    private readonly LinkedList<PendingSend> _waiting = [];
    private readonly Dictionary<CallerId, PendingSend> _submitted = [];
    private IReadOnlyDictionary<PipeName, PipeOptions> _pipes = pipes;
    private readonly Dictionary<PipeName, int> _waitingOf = [];
    private int _holding;
    private ulong _roomTried;

    /// <summary>Sends that wait for room.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>The first of a pipe says what all behind it wait for.</summary>
    public IReadOnlyDictionary<PipeName, WaitingSends> WaitingOf
    {
        get
        {
            var waiting = new Dictionary<PipeName, WaitingSends>();
            foreach (var send in _waiting)
                waiting.TryAdd(send.Pipe, new WaitingSends(_waitingOf[send.Pipe], OwnCapacity: !send.HoldsOthers));
            return waiting;
        }
    }

    public void Submit(Node node, PendingSend send, Instant now)
    {
        bool behind = _waitingOf.ContainsKey(send.Pipe);
        bool mayPass = (!behind && (_holding == 0 || node.HasOwnRoom(send.Pipe, send.Payload.Length))) || _pipes.GetValueOrDefault(send.Pipe)?.WhenFull == WhenFull.Reject;
        if (mayPass && TrySubmit(node, send, now))
            return;
        _waiting.AddLast(send);
        _waitingOf[send.Pipe] = _waitingOf.GetValueOrDefault(send.Pipe) + 1;
        Hold(send, holdsOthers: !behind && !node.IsFull(send.Pipe, send.Payload.Length));
    }

    public void UsePipes(IReadOnlyDictionary<PipeName, PipeOptions> pipes) => _pipes = pipes;

    /// <summary>Tries those that wait, when room was freed since the last time.</summary>
    public void Retry(Node node, Instant now)
    {
        if (_waiting.Count == 0 || node.RoomVersion == _roomTried)
            return;
        // Whoever waits for room that all need holds back all that have none of their own.
        bool held = false;
        HashSet<PipeName>? full = null;
        for (var next = _waiting.First; next is not null;)
        {
            var (place, send) = (next, next.Value);
            next = next.Next;
            if (full?.Contains(send.Pipe) == true || (held && !node.HasOwnRoom(send.Pipe, send.Payload.Length)))
                continue;
            if (TrySubmit(node, send, now))
            {
                _waiting.Remove(place);
                Forget(send);
                continue;
            }
            bool own = node.IsFull(send.Pipe, send.Payload.Length);
            Hold(send, holdsOthers: !own);
            held |= !own;
            (full ??= []).Add(send.Pipe);
        }
    }

    /// <summary>What waits for its own pipe alone leaves the gate, so that others come in.</summary>
    private void Hold(PendingSend send, bool holdsOthers)
    {
        _holding += (holdsOthers ? 1 : 0) - (send.HoldsOthers ? 1 : 0);
        send.HoldsOthers = holdsOthers;
        if (!holdsOthers)
            gate.Leave(send);
    }

    private void Forget(PendingSend waited)
    {
        _holding -= waited.HoldsOthers ? 1 : 0;
        waited.HoldsOthers = false;
        if (--_waitingOf[waited.Pipe] == 0)
            _waitingOf.Remove(waited.Pipe);
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
        else if (_waiting.Remove(send))
            Forget(send);
        else if (!gate.TryGiveUp(send))
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
        _waitingOf.Clear();
        _holding = 0;
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
