namespace EdgePeer.Transports.Serial;

/// <summary>The few frames between the node's loop, which puts, and the port's thread, which takes. Copies; never allocates.</summary>
internal sealed class OutgoingFrames(int frameBytesMax)
{
    private readonly byte[] _bytes = new byte[Limits.QueuedFramesMax * frameBytesMax];
    private readonly (int Length, byte Destination, bool More)[] _frames = new (int, byte, bool)[Limits.QueuedFramesMax];
    private readonly Lock _lock = new();
    private int _first, _count;

    public bool IsEmpty
    {
        get
        {
            lock (_lock)
                return _count == 0;
        }
    }

    /// <returns>False when the frame is too long or the queue full: the caller sent more than it was given room for.</returns>
    public bool TryPut(byte destination, ReadOnlySpan<byte> frame, bool more)
    {
        if (frame.Length > frameBytesMax || frame.IsEmpty)
            return false;
        lock (_lock)
        {
            if (_count == _frames.Length)
                return false;
            int slot = (_first + _count++) % _frames.Length;
            frame.CopyTo(_bytes.AsSpan(slot * frameBytesMax));
            _frames[slot] = (frame.Length, destination, more);
            return true;
        }
    }

    /// <param name="into">At least the longest frame.</param>
    public bool TryTake(Span<byte> into, out int length, out byte destination, out bool more)
    {
        lock (_lock)
        {
            (length, destination, more) = _count == 0 ? default : _frames[_first];
            if (_count == 0)
                return false;
            _bytes.AsSpan(_first * frameBytesMax, length).CopyTo(into);
            _first = (_first + 1) % _frames.Length;
            _count--;
            more |= _count > 0;
            return true;
        }
    }

    public void Clear()
    {
        lock (_lock)
            _count = 0;
    }
}
