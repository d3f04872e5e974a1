using EdgePeer.Protocol;
using EdgePeer.Simulator.Network;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Checkers;

/// <summary>
/// Law 6: to an address where no peer is goes no more than came from there. What a repeated beacon leads to is a handshake that
/// nobody answers, or a path that nobody takes: so many frames, and no more. That nothing throws is seen where the run is
/// driven, and that nothing grows without bounds by <see cref="OnlyMembersGetIn"/>.
/// </summary>
internal sealed class InputIsHarmless(World world) : Checker(Law.InputIsHarmless)
{
    private long _bytesCame;
    private long _framesCame;
    private long _bytesAnswered;
    private long _framesLedTo;

    public override void OnInjecting(SimPort port, LinkAddress from, ReadOnlySpan<byte> frame)
    {
        if (from.IsBroadcast || port.Medium.HasPortAt(from))
            return;
        _bytesCame += frame.Length;
        _framesCame++;
    }

    public override void OnComposed(SimPort port, in OutgoingFrame sent, ReadOnlySpan<byte> frame)
    {
        if (world.Adversary is null || port.Medium.Traits.ChosenAddresses || sent.To.IsBroadcast || port.Medium.HasPortAt(sent.To))
            return;
        if (FrameHead.Of(frame[0]).Kind is FrameKind.Accept or FrameKind.Confirm or FrameKind.Cookie or FrameKind.Hint)
        {
            _bytesAnswered += frame.Length;
            Require(_bytesAnswered <= _bytesCame, $"{port.Owner} answers who is nobody: {_bytesAnswered} bytes for {_bytesCame}; {world.Now}");
            return;
        }
        _framesLedTo++;
        Require(_framesLedTo <= _framesCame * FramesLedToMax, $"{port.Owner} says something to nobody, again and again: {_framesLedTo} frames after {_framesCame}; {world.Now}");
    }

    // A path that nobody answers is asked for some six times, and then greeted seven times.
    private const int FramesLedToMax = 20;
}
