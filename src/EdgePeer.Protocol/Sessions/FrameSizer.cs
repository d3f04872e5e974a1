namespace EdgePeer.Protocol.Sessions;

/// <summary>
/// Chooses how long frames should be where losses come from bit errors: with overhead h and an error chance e per byte the
/// best length is about sqrt(h / e). On other transports the longest frame is best.
/// </summary>
internal sealed class FrameSizer(int framingBytes)
{
    private double _bytes = PriorBytes;
    private double _lost = PriorLost;

    public void OnHeard(int bytes) => Count(bytes, 0);

    public void OnLost(int bytes) => Count(bytes, 1);

    public int Best(int frameBytesMax) =>
        (int)Math.Clamp(Math.Sqrt((HeaderBytes + framingBytes) * _bytes / _lost), Math.Min(FrameBytesMin, frameBytesMax), frameBytesMax);

    private void Count(int bytes, int lost)
    {
        _bytes += bytes + framingBytes;
        _lost += lost;
        if (_bytes < MemoryBytes)
            return;
        // Forget slowly, so that a line that gets better is believed.
        _bytes /= 2;
        _lost = Math.Max(_lost / 2, 0.05);
    }

    // Head, label, packet number, tag and the fields of a range.
    private const int HeaderBytes = 18;
    private const int FrameBytesMin = 96;

    // Before anything is known: as if half a frame in 8 KiB were lost.
    private const double PriorBytes = 8 << 10;
    private const double PriorLost = 0.5;
    private const double MemoryBytes = 64 << 10;
}
