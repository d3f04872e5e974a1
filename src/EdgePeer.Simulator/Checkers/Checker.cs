using EdgePeer.Protocol;
using EdgePeer.Simulator.Model;
using EdgePeer.Simulator.Network;
using EdgePeer.Simulator.Peers;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Checkers;

/// <summary>Watches a run for one law. It may look at everything and change nothing.</summary>
internal abstract class Checker(Law law)
{
    /// <summary>The peer's journal has recovered, what it kept is synced, and its node is made.</summary>
    public virtual void OnReady(SimPeer peer) { }

    /// <summary>The peer is about to lose its memory.</summary>
    public virtual void OnCrash(SimPeer peer) { }

    /// <summary>The node has taken a message and given it a sequence number.</summary>
    /// <param name="before">What that number meant until now.</param>
    public virtual void OnSubmitted(SimMessage message, SimMessage? before) { }

    public virtual void OnReceipt(SimPeer peer, SimCall call, ReceiptReached receipt) { }

    /// <summary>The peer hands a message over; what its sequence means is asked next.</summary>
    public virtual void OnDelivering(SimPeer peer) { }

    /// <param name="message">What the model says was sent under that identity; null for nothing.</param>
    public virtual void OnDelivery(SimReader reader, Delivery delivery, SimMessage? message, ReadOnlySpan<byte> payload) { }

    /// <summary>A sender ends messages early, or begins to.</summary>
    public virtual void OnEnded(SimPeer peer, MessagesEnded ended) { }

    public virtual void OnConsume(SimReader reader, in StreamKey stream, ulong sequence) { }

    public virtual void OnReaderClosed(SimReader reader) { }

    public virtual void OnComposed(SimPort port, in OutgoingFrame sent, ReadOnlySpan<byte> frame) { }

    public virtual void OnReceived(SimPort port, LinkAddress from, ReadOnlySpan<byte> frame) { }

    /// <summary>A frame of the adversary's is about to be read.</summary>
    public virtual void OnInjecting(SimPort port, LinkAddress from, ReadOnlySpan<byte> frame) { }

    /// <summary>It has been read, and nothing has been sent since.</summary>
    public virtual void OnInjected(SimPort port, LinkAddress from, ReadOnlySpan<byte> frame) { }

    /// <summary>A packet that came was believed, and its items were read.</summary>
    public virtual void OnTaken(SimPort port, LinkAddress from, ReadOnlySpan<byte> frame) { }

    public virtual void OnReport(SimPeer peer, Report report) { }

    /// <summary>A batch of the journal has ended well: the flash holds more for certain.</summary>
    public virtual void OnSynced(SimPeer peer) { }

    /// <summary>The peer has nothing more to do at this moment.</summary>
    public virtual void OnIdle(SimPeer peer) { }

    /// <summary>What still keeps the run from being settled, once faults have stopped; null when nothing does.</summary>
    public virtual string? Unsettled() => null;

    /// <summary>Faults have stopped and the time to settle has passed.</summary>
    public virtual void OnSettled() { }

    protected void Require(bool holds, [System.Runtime.CompilerServices.InterpolatedStringHandlerArgument("holds")] ref BrokenText what)
    {
        if (!holds)
            throw new LawBrokenException(law, what.ToString());
    }
}

/// <summary>Text that is only put together when the law is broken: the checks run at every step.</summary>
[System.Runtime.CompilerServices.InterpolatedStringHandler]
internal ref struct BrokenText
{
    private System.Runtime.CompilerServices.DefaultInterpolatedStringHandler _text;

    public BrokenText(int literalLength, int formattedCount, bool holds, out bool wanted)
    {
        wanted = !holds;
        _text = wanted ? new(literalLength, formattedCount, System.Globalization.CultureInfo.InvariantCulture) : default;
    }

    public void AppendLiteral(string text) => _text.AppendLiteral(text);

    public void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    public override string ToString() => _text.ToStringAndClear();
}
