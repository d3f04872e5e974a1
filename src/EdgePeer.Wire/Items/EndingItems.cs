namespace EdgePeer.Wire;

/// <summary>Messages of a channel that end early: what the receiver has not kept of them will not come. WIRE.md, "Skip and skipped".</summary>
/// <param name="Base">The first sequence that the sender still has: what was skipped below it need not be remembered.</param>
public readonly record struct SkipItem(int Channel, ulong First, ulong Last, ulong Base)
{
    public void Write(ref WireWriter writer)
    {
        writer.WriteVarint((ulong)Channel);
        writer.WriteVarint(First);
        writer.WriteVarint(Last - First);
        writer.WriteVarint(Base);
    }

    public static bool TryRead(ReadOnlySpan<byte> body, out SkipItem item)
    {
        var reader = new WireReader(body);
        int channel = reader.ReadVarint(Channels.NumberMax);
        ulong first = reader.ReadVarint(), more = reader.ReadVarint(), @base = reader.ReadVarint();
        item = new SkipItem(channel, first, first + more, @base);
        return !reader.Failed && item.Last <= long.MaxValue;
    }
}

/// <summary>Answers <see cref="SkipItem"/>: of these messages some were kept, and the others are a gap for good. WIRE.md, "Skip and skipped".</summary>
/// <param name="Kept">Ascending runs within first and last, at most <see cref="KeptRunsMax"/>.</param>
public readonly record struct SkippedItem(int Channel, ulong First, ulong Last, NumberRange[] Kept)
{
    public void Write(ref WireWriter writer)
    {
        writer.WriteVarint((ulong)Channel);
        writer.WriteVarint(First);
        writer.WriteVarint(Last - First);
        RunFields.Write(ref writer, First, Kept);
    }

    public static bool TryRead(ReadOnlySpan<byte> body, out SkippedItem item)
    {
        var reader = new WireReader(body);
        int channel = reader.ReadVarint(Channels.NumberMax);
        ulong first = reader.ReadVarint(), more = reader.ReadVarint();
        bool legal = RunFields.TryRead(ref reader, first, KeptRunsMax, out var kept);
        item = new SkippedItem(channel, first, first + more, kept);
        return legal && !reader.Failed && item.Last <= long.MaxValue && (kept is not [.., var last] || last.Last <= item.Last);
    }

    /// <summary>An answer fits a short frame; what has more runs is told in several.</summary>
    public const int KeptRunsMax = 8;
}

/// <summary>A list of runs: how many; then of each, ascending, how far it begins behind the one before, and its length less one.</summary>
internal static class RunFields
{
    public static void Write(ref WireWriter writer, ulong from, ReadOnlySpan<NumberRange> runs)
    {
        writer.WriteVarint((ulong)runs.Length);
        foreach (var run in runs)
        {
            writer.WriteVarint(run.First - from);
            writer.WriteVarint(run.Last - run.First);
            from = run.Last + 1;
        }
    }

    public static bool TryRead(ref WireReader reader, ulong from, int max, out NumberRange[] runs)
    {
        runs = new NumberRange[reader.ReadVarint(max)];
        for (int i = 0; i < runs.Length; i++)
        {
            ulong first = from + reader.ReadVarint(), last = first + reader.ReadVarint();
            if (reader.Failed || first > long.MaxValue || last > long.MaxValue)
                return false;
            runs[i] = new NumberRange(first, last);
            from = last + 1;
        }
        return true;
    }
}
