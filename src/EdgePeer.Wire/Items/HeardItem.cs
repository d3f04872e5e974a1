namespace EdgePeer.Wire;

/// <summary>A run of numbers, from <see cref="First"/> to <see cref="Last"/>, both with.</summary>
public readonly record struct NumberRange(ulong First, ulong Last);

/// <summary>Which packets of a path have come. WIRE.md, "Heard".</summary>
public readonly ref struct HeardItem(TimeSpan delay, ReadOnlySpan<NumberRange> ranges)
{
    /// <summary>More are forgotten, oldest first: what is so old has long been sent again.</summary>
    public const int RangesMax = 32;

    /// <summary>From the arrival of the highest number to the sending of this.</summary>
    public TimeSpan Delay { get; } = delay;

    /// <summary>Disjoint, highest first; at least one.</summary>
    public ReadOnlySpan<NumberRange> Ranges { get; } = ranges;

    public static void Write(ref WireWriter writer, TimeSpan delay, scoped ReadOnlySpan<NumberRange> ranges)
    {
        writer.WriteVarint(ranges[0].Last);
        writer.WriteVarint((ulong)Math.Clamp(delay.Ticks / DelayUnitTicks, 0, DelayMax));
        writer.WriteVarint(ranges[0].Last - ranges[0].First);
        for (int i = 1; i < ranges.Length; i++)
        {
            writer.WriteVarint(ranges[i - 1].First - ranges[i].Last - 2);
            writer.WriteVarint(ranges[i].Last - ranges[i].First);
        }
    }

    /// <param name="into">Room for <see cref="RangesMax"/> ranges.</param>
    public static bool TryRead(ReadOnlySpan<byte> body, Span<NumberRange> into, out HeardItem item)
    {
        item = default;
        var reader = new WireReader(body);
        ulong last = reader.ReadVarint();
        var delay = new TimeSpan(reader.ReadVarint(DelayMax) * DelayUnitTicks);
        ulong length = reader.ReadVarint();
        int count = 0;
        while (!reader.Failed)
        {
            if (length > last || count == RangesMax)
                return false;
            into[count++] = new NumberRange(last - length, last);
            if (reader.Remaining == 0)
            {
                item = new HeardItem(delay, into[..count]);
                return true;
            }
            ulong gap = reader.ReadVarint();
            if (gap > long.MaxValue || last - length < gap + 2)
                return false;
            last = last - length - gap - 2;
            length = reader.ReadVarint();
        }
        return false;
    }

    // Tenths of a millisecond: as fine as the clocks of the devices.
    private const long DelayUnitTicks = TimeSpan.TicksPerMillisecond / 10;

    // A minute: a later word says nothing of the round trip.
    private const int DelayMax = 600_000;
}
