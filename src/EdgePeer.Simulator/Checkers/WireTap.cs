using EdgePeer.Simulator.Network;
using EdgePeer.Simulator.Peers;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Checkers;

/// <summary>
/// Understands what nodes send, from the frames alone: which peer a label leads to, which stream a channel stands for. It
/// hears frames where they are composed, so that nothing escapes it.
/// </summary>
internal sealed class WireTap
{
    private readonly Dictionary<(SimPeer Peer, ushort Label), int> _labelLives = [];
    private readonly Dictionary<(SimPeer Sender, SimPeer Receiver, int Channel), StreamKey> _channels = [];

    /// <summary>Notes what a frame teaches; a packet's items are then walked by the caller.</summary>
    /// <returns>False when it is no packet, or one for a life that is over: nobody will read it.</returns>
    public bool TryFollow(SimPort port, in LinkAddress to, ReadOnlySpan<byte> frame, out SimPeer receiver, out ReadOnlySpan<byte> items)
    {
        receiver = null!;
        items = default;
        var sender = (SimPeer)port.Owner;
        var kind = FrameHead.Of(frame[0]).Kind;
        if (kind is FrameKind.Open or FrameKind.Accept)
            LearnLabel(sender, frame);
        if (kind != FrameKind.Packet || PacketHeader.TryRead(frame, out var header) != FrameFault.None)
            return false;
        foreach (var other in port.Medium.Ports)
            if (other != port && other.Address == to && other.Owner is SimPeer peer && _labelLives.GetValueOrDefault((peer, header.Label)) == peer.Life)
                receiver = peer;
        if (receiver is null)
            return false;
        items = frame[header.Bytes..^FrameHead.TagBytes];
        return true;
    }

    public void LearnChannel(SimPeer sender, SimPeer receiver, in BindItem bind) =>
        _channels[(sender, receiver, bind.Channel)] = new StreamKey(sender.Id, bind.Pipe, bind.Lane, bind.Incarnation);

    /// <summary>The stream that a channel stands for; <paramref name="sender"/> is who writes on it.</summary>
    public bool TryStream(SimPeer sender, SimPeer receiver, int channel, out StreamKey stream) => _channels.TryGetValue((sender, receiver, channel), out stream);

    private void LearnLabel(SimPeer sender, ReadOnlySpan<byte> frame)
    {
        if (GreetingFrame.TryRead(frame, Tag.SeedOfGroup(World.Group), out var greeting) == FrameFault.None)
            _labelLives[(sender, greeting.Label)] = sender.Life;
    }
}
