namespace EdgePeer.Protocol.Pipes;

/// <summary>A message above the kept cursor: which of its bytes are in the journal, and which of them are on flash.</summary>
internal sealed class InMessage(int totalBytes, long reserved)
{
    private bool _emptyHeld, _emptyDurable;

    public int TotalBytes { get; } = totalBytes;

    /// <summary>Room set aside for what is still to come of it.</summary>
    public long Reserved { get; set; } = reserved;

    public RangeSet Held { get; } = new();

    public RangeSet Durable { get; } = new();

    public bool WhollyHeld => TotalBytes == 0 ? _emptyHeld : Held.Contains(0, (ulong)TotalBytes);

    public bool WhollyDurable => TotalBytes == 0 ? _emptyDurable : Durable.Contains(0, (ulong)TotalBytes);

    public void OnHeld(int offset, int length)
    {
        _emptyHeld = true;
        Held.Add((ulong)offset, (ulong)(offset + length));
    }

    public void OnDurable(int offset, int length)
    {
        _emptyDurable = true;
        Durable.Add((ulong)offset, (ulong)(offset + length));
    }
}
