using EdgePeer.Protocol;
using EdgePeer.Simulator.Network;

namespace EdgePeer.Simulator.Checkers;

/// <summary>
/// Law 6: a stranger gets no more bytes than he sent. That nothing throws is seen where the run is driven, and that nothing
/// grows without bounds by <see cref="WithinLimits"/>.
/// </summary>
internal sealed class InputIsHarmless() : Checker(Law.InputIsHarmless)
{
    public override void OnComposed(SimPort port, in OutgoingFrame sent, ReadOnlySpan<byte> frame)
    {
        if (sent.To.IsBroadcast)
            return;
        foreach (var other in port.Medium.Ports)
            if (other.Owner is Stranger stranger && other.Address == sent.To)
            {
                stranger.CountAnswer(frame.Length);
                Require(stranger.BytesAnswered <= stranger.BytesSent, $"{port.Owner} answers a stranger: {stranger.BytesAnswered} bytes for {stranger.BytesSent}");
            }
    }
}
