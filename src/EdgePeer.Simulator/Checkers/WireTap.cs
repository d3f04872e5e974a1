using EdgePeer.Simulator.Network;
using EdgePeer.Simulator.Peers;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Checkers;

/// <summary>
/// Understands what nodes send: who can open it, which stream a channel stands for. It hears frames where they are composed, and
/// what they hold before it is sealed, so that nothing escapes it.
/// </summary>
internal sealed class WireTap
{
    private readonly Dictionary<(SimPeer Sender, SimPeer Receiver, int Channel), StreamKey> _channels = [];

    /// <summary>Finds out who is to read a frame, and what it holds.</summary>
    /// <param name="opens">False when it is for a life that is over, or for keys that are not there yet: what it says may never be read.</param>
    /// <returns>False when it is no packet, or there is nobody.</returns>
    public static bool TryFollow(SimPort port, in LinkAddress to, ReadOnlySpan<byte> frame, out SimPeer receiver, out ReadOnlySpan<byte> items, out bool opens)
    {
        receiver = null!;
        opens = false;
        items = ((SimPeer)port.Owner).Sealed;
        if (FrameHead.Of(frame[0]).Kind is not (FrameKind.Packet or FrameKind.ShortTagPacket))
            return false;
        foreach (var other in port.Medium.Ports)
            if (other != port && other.Address == to && other.Owner is SimPeer peer)
            {
                receiver = peer;
                opens |= peer.Node?.WouldOpen(frame) == true;
                if (opens)
                    return true;
            }
        return receiver is not null;
    }

    public void LearnChannel(SimPeer sender, SimPeer receiver, in BindItem bind) =>
        _channels[(sender, receiver, bind.Channel)] = new StreamKey(sender.Id, bind.Pipe, bind.Lane, bind.Incarnation);

    /// <summary>The stream that a channel stands for; <paramref name="sender"/> is who writes on it.</summary>
    public bool TryStream(SimPeer sender, SimPeer receiver, int channel, out StreamKey stream) => _channels.TryGetValue((sender, receiver, channel), out stream);
}
