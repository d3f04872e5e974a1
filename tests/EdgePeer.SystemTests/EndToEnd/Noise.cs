namespace EdgePeer.SystemTests.EndToEnd;

/// <summary>Bytes that nobody meant: random ones, and frames heard before with something wrong about them.</summary>
internal sealed class Noise(int seed)
{
    private readonly Random _random = new(seed);
    private readonly Lock _lock = new();
    private readonly List<byte[]> _heard = [];

    /// <summary>Frames that there are to be mutated.</summary>
    public int Heard
    {
        get
        {
            lock (_lock)
                return _heard.Count;
        }
    }

    public void Hear(ReadOnlySpan<byte> frame)
    {
        lock (_lock)
        {
            if (_heard.Count < HeardMax)
                _heard.Add(frame.ToArray());
            else
                _heard[_random.Next(HeardMax)] = frame.ToArray();
        }
    }

    public byte[] Next(int bytesMax)
    {
        lock (_lock)
        {
            byte[] bytes = _heard.Count > 0 && _random.Next(4) > 0 ? Mutate(_heard[_random.Next(_heard.Count)]) : RandomBytes(_random.Next(bytesMax + 1));
            return bytes.Length > bytesMax ? bytes[..bytesMax] : bytes;
        }
    }

    private byte[] Mutate(byte[] frame)
    {
        byte[] bytes = [.. frame];
        for (int i = _random.Next(3); i >= 0; i--)
            bytes = _random.Next(6) switch
            {
                0 => bytes[.._random.Next(bytes.Length + 1)],
                1 => [.. bytes, .. RandomBytes(_random.Next(64))],
                2 => Overwrite(bytes, (byte)_random.Next(256)),
                3 => Overwrite(bytes, 0xFF),
                4 => [.. bytes, .. bytes],
                _ => Flip(bytes),
            };
        return bytes;
    }

    private byte[] Overwrite(byte[] bytes, byte value)
    {
        if (bytes.Length > 0)
            bytes[_random.Next(bytes.Length)] = value;
        return bytes;
    }

    private byte[] Flip(byte[] bytes)
    {
        if (bytes.Length > 0)
            bytes[_random.Next(bytes.Length)] ^= (byte)(1 << _random.Next(8));
        return bytes;
    }

    private byte[] RandomBytes(int count)
    {
        byte[] bytes = new byte[count];
        _random.NextBytes(bytes);
        return bytes;
    }

    // Some seconds of a conversation.
    private const int HeardMax = 256;
}
