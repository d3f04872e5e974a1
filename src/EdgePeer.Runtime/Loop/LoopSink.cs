using EdgePeer.Transports;
using EdgePeer.Wire;

namespace EdgePeer.Runtime.Loop;

/// <summary>One transport's way into the loop.</summary>
internal sealed class LoopSink(PeerLoop loop, LoopInbox inbox, TransportSlot slot) : ITransportSink
{
    public void Up(ITransport transport, TransportTraits traits) => inbox.Post(node => loop.OnUp(node, slot, traits));

    public void Down(ITransport transport, string reason) => inbox.Post(node => loop.OnDown(node, slot, reason));

    public void Received(ITransport transport, in LinkAddress from, ReadOnlySpan<byte> frame)
    {
        if (!inbox.TryPostFrame(slot.Id.Value, from, frame))
            transport.Counters.CountDropped();
    }

    public void Room(ITransport transport, int frames) => inbox.PostRoom(slot.Id.Value, frames);

    public void PathMtu(ITransport transport, in LinkAddress to, int frameBytesMax)
    {
        var address = to;
        inbox.TryPostReport(node => node?.OnPathMtu(slot.Id, address, frameBytesMax, loop.Now));
    }

    public void Warn(ITransport transport, string text) => loop.Log($"{transport.Name}: {text}");
}
