namespace EdgePeer.Agent.Demo.Rig;

/// <summary>One direction of the radio: a few bytes on the air at a time, given out when their last bit has passed.</summary>
internal sealed class RadioDirection(PseudoTerminal from, PseudoTerminal to, int baud, double bitErrorRate, Random random)
{
    private readonly byte[] _onAir = new byte[BytesAtOnce];
    private int _count;
    private TimeSpan _lineFreeAt;
    private long _bitsToNextError = NextError(bitErrorRate, random);
    private long _bitsDamaged;

    public long BitsDamaged => Interlocked.Read(ref _bitsDamaged);

    public bool Idle => _count == 0;

    /// <summary>When <see cref="Advance"/> has bytes to give out.</summary>
    public TimeSpan DueAt => Idle ? TimeSpan.MaxValue : _lineFreeAt;

    /// <param name="lost">What arrives now arrives nowhere.</param>
    public void Advance(TimeSpan now, bool lost)
    {
        if (!Idle && now >= _lineFreeAt)
        {
            if (!lost)
                to.Write(_onAir.AsSpan(0, _count));
            _count = 0;
        }
        if (!Idle)
            return;
        _count = from.Read(_onAir);
        if (Idle)
            return;
        Damage(_onAir.AsSpan(0, _count));
        // Bytes that waited while this thread overslept began on time: the line keeps its rate.
        var start = _lineFreeAt > now - Oversleep ? _lineFreeAt : now;
        _lineFreeAt = start + TimeSpan.FromSeconds(_count * BitsPerByte / (double)baud);
    }

    private void Damage(Span<byte> bytes)
    {
        long bits = bytes.Length * 8L;
        long at = _bitsToNextError;
        for (; at < bits; at += NextError(bitErrorRate, random))
        {
            bytes[(int)(at / 8)] ^= (byte)(1 << (int)(at % 8));
            Interlocked.Increment(ref _bitsDamaged);
        }
        _bitsToNextError = at - bits;
    }

    // The gap between independent errors is distributed geometrically.
    private static long NextError(double rate, Random random) =>
        rate <= 0 ? long.MaxValue / 2 : 1 + (long)Math.Min(Math.Log(1 - random.NextDouble()) / Math.Log(1 - rate), 1e15);

    // Start bit, eight data bits, stop bit.
    private const int BitsPerByte = 10;

    // 6 ms at 57,600 baud: short beside a frame, long beside a thread's wake-up.
    private const int BytesAtOnce = 32;

    private static readonly TimeSpan Oversleep = TimeSpan.FromMilliseconds(3);
}
