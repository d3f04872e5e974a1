namespace EdgePeer.Protocol.Pipes;

/// <summary>
/// Messages of another peer's stream that were kept here, and that the flash does not give back to any reader. Their sender was told that they are kept, and
/// that is never taken back: they are a gap for readers alone. Kept as one fact, so that none is tried, counted or named again after a restart.
/// </summary>
internal sealed class LostHere
{
    private readonly IRetransmitBuffer _buffer;
    private readonly uint _stream;
    private readonly RangeSet _aboveBase;

    /// <summary>Takes up what the buffer holds.</summary>
    public LostHere(IRetransmitBuffer buffer, uint stream)
    {
        _buffer = buffer;
        _stream = stream;
        (Count, _aboveBase) = PipeFacts.GetLost(buffer, stream);
    }

    /// <summary>Ever, of this stream.</summary>
    public long Count { get; private set; }

    public IEnumerable<(ulong Start, ulong End)> AboveBase => _aboveBase.ToList();

    /// <summary>One past the run that holds the sequence; the sequence itself when none does.</summary>
    public ulong EndOf(ulong sequence) => _aboveBase.EndOf(sequence);

    /// <param name="base">The first sequence that no reader has taken: what is below need not be remembered.</param>
    /// <returns>False when too many lie above it: those between are to be taken first.</returns>
    public bool TryAdd(ulong sequence, ulong @base)
    {
        _aboveBase.Remove(0, @base);
        if (_aboveBase.Count >= Limits.LostRunsMax)
            return false;
        _aboveBase.Add(sequence, sequence + 1);
        Count++;
        PipeFacts.PutLost(_buffer, _stream, Count, _aboveBase);
        return true;
    }
}
