namespace EdgePeer.Runtime.Loop;

/// <summary>
/// Bounds what applications have handed over and the flash has not yet taken, in messages and in bytes; the rest wait here,
/// and go on in the order in which they came. A message larger than the byte bound passes when it is alone.
/// </summary>
/// <param name="admit">Called under the gate's lock, so that the order holds; must return at once. False: not taken, and answered.</param>
internal sealed class SendGate(int messagesMax, long bytesMax, Func<PendingSend, bool> admit)
{
    private readonly Lock _lock = new();
    private readonly LinkedList<PendingSend> _outside = [];
    private int _messages;
    private long _bytes;

    public void Enter(PendingSend send)
    {
        lock (_lock)
        {
            _outside.AddLast(send);
            Admit();
        }
    }

    /// <summary>Once for each that was admitted; again is without effect.</summary>
    public void Leave(PendingSend send)
    {
        lock (_lock)
        {
            if (!send.InGate)
                return;
            Uncount(send);
            Admit();
        }
    }

    /// <returns>False when it is not outside: it was admitted, or never came.</returns>
    public bool TryGiveUp(PendingSend send)
    {
        lock (_lock)
        {
            bool found = _outside.Remove(send);
            // It may have stood before smaller ones that fit.
            Admit();
            return found;
        }
    }

    private void Admit()
    {
        while (_outside.First is { Value: var send } && Fits(send.Payload.Length))
        {
            _outside.RemoveFirst();
            send.InGate = true;
            _messages++;
            _bytes += send.Payload.Length;
            if (!admit(send))
                Uncount(send);
        }
    }

    private void Uncount(PendingSend send)
    {
        send.InGate = false;
        _messages--;
        _bytes -= send.Payload.Length;
    }

    private bool Fits(int bytes) => _messages == 0 || (_messages < messagesMax && _bytes + bytes <= bytesMax);
}
