using EdgePeer.Wire;

namespace EdgePeer.Simulator.Network;

/// <summary>A frame on its way. Taken from and given back to its medium's pool.</summary>
internal sealed class FrameBuffer(int frameBytesMax)
{
    private readonly byte[] _bytes = new byte[frameBytesMax];
    private int _length;

    public SimPort? To { get; private set; }

    public LinkAddress From { get; private set; }

    public Span<byte> Bytes => _bytes.AsSpan(0, _length);

    public void Fill(SimPort to, LinkAddress from, ReadOnlySpan<byte> frame)
    {
        To = to;
        From = from;
        frame.CopyTo(_bytes);
        _length = frame.Length;
    }

    public void Truncate(int length) => _length = length;
}
