using EdgePeer.Wire;

namespace EdgePeer.Runtime.Loop;

/// <param name="Buffer">From the shared pool; whoever takes the frame returns it.</param>
internal readonly record struct InboundFrame(int Transport, LinkAddress From, byte[] Buffer, int Length)
{
    public ReadOnlySpan<byte> Bytes => Buffer.AsSpan(0, Length);
}
