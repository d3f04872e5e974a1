namespace EdgePeer.Protocol.Pipes;

/// <summary>A message on its way: which of its bytes must still be sent, are on the way, or are kept there.</summary>
internal sealed class OutMessage(int totalBytes, long costStart)
{
    private RangeSet? _keptParts;
    private bool _emptyUnsent = totalBytes == 0;

    public int TotalBytes { get; } = totalBytes;

    /// <summary>Where it begins in the receiver's window.</summary>
    public long CostStart { get; } = costStart;

    public bool Kept { get; set; }

    /// <summary>Bytes to be sent, for the first time or again.</summary>
    public RangeSet Unsent { get; } = RangeSet.Of(0, (ulong)totalBytes);

    public int InFlight { get; set; }

    /// <summary>When a part of it was last heard of there.</summary>
    public EdgePeer.Wire.Instant HeardAt { get; set; }

    /// <summary>It is to end early: no more of it is sent until its receiver has said whether it was kept.</summary>
    public bool Ending { get; set; }

    public bool NeedsSending => !Kept && !Ending && (_emptyUnsent || !Unsent.IsEmpty);

    /// <summary>All of it has been heard, and it is not kept: it waits for a sync there, or was refused.</summary>
    public bool OnlyHeard => !Kept && !Ending && InFlight == 0 && !NeedsSending;

    /// <summary>As far as it was sent it has been heard. It may have more to send than the receiver allows, who allows no more before it takes some of it.</summary>
    public bool MayBeRefused => !Kept && !Ending && InFlight == 0 && HeardAt != default;

    public void OnSent(int offset, int length)
    {
        _emptyUnsent = false;
        Unsent.Remove((ulong)offset, (ulong)(offset + length));
        InFlight++;
    }

    public void OnLost(int offset, int length)
    {
        if (TotalBytes == 0)
            _emptyUnsent = true;
        Unsent.Add((ulong)offset, (ulong)(offset + length));
        RemoveKeptParts();
    }

    /// <summary>It came after all; what was to be sent again need not be.</summary>
    public void OnLateHeard(int offset, int length)
    {
        _emptyUnsent = false;
        Unsent.Remove((ulong)offset, (ulong)(offset + length));
    }

    public void OnPartKept(int offset, int length)
    {
        (_keptParts ??= new RangeSet()).Add((ulong)offset, (ulong)(offset + length));
        Unsent.Remove((ulong)offset, (ulong)(offset + length));
    }

    /// <summary>The receiver has said that it does not have it: begin again with what it has not.</summary>
    public void SendAgain()
    {
        _emptyUnsent = TotalBytes == 0;
        Unsent.Add(0, (ulong)TotalBytes);
        RemoveKeptParts();
    }

    private void RemoveKeptParts()
    {
        for (int i = 0; i < (_keptParts?.Count ?? 0); i++)
            Unsent.Remove(_keptParts![i].Start, _keptParts[i].End);
    }
}
