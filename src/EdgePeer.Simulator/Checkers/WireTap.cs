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
        var sender = (SimPeer)port.Owner;
        items = sender.Sealed;
        if (FrameHead.Of(frame[0]).Kind is not (FrameKind.Packet or FrameKind.ShortTagPacket))
            return false;
        // Whose packet it is, only its sender knows: an address may be another peer's by now, or was said by an adversary.
        if (sender.Node!.Addressee(port.Id, to, frame) is not { } id || sender.World.Peers.FirstOrDefault(peer => peer.Id == id) is not { } addressee)
            return false;
        receiver = addressee;
        opens = addressee.Node?.WouldOpen(frame) == true;
        return true;
    }

    public void LearnChannel(SimPeer sender, SimPeer receiver, in BindItem bind) =>
        _channels[(sender, receiver, bind.Channel)] = new StreamKey(sender.Id, bind.Pipe, bind.Lane, bind.Incarnation);

    /// <summary>The stream that a channel stands for; <paramref name="sender"/> is who writes on it.</summary>
    public bool TryStream(SimPeer sender, SimPeer receiver, int channel, out StreamKey stream) => _channels.TryGetValue((sender, receiver, channel), out stream);
}
