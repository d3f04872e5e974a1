namespace EdgePeer.Wire;

/// <summary>A moment of monotonic time, in ticks of 100 ns from a start that means nothing outside the process.</summary>
public readonly record struct Instant(long Ticks) : IComparable<Instant>
{
    public static readonly Instant Never = new(long.MaxValue);

    public int CompareTo(Instant other) => Ticks.CompareTo(other.Ticks);

    public static Instant Earlier(Instant a, Instant b) => a.Ticks <= b.Ticks ? a : b;

    public static Instant Later(Instant a, Instant b) => a.Ticks >= b.Ticks ? a : b;

    /// <summary>Saturates: <see cref="Never"/> plus anything is <see cref="Never"/>.</summary>
    public static Instant operator +(Instant a, TimeSpan b) =>
        a.Ticks == long.MaxValue || (b.Ticks > 0 && a.Ticks > long.MaxValue - b.Ticks) ? Never : new(a.Ticks + b.Ticks);

    public static TimeSpan operator -(Instant a, Instant b) => new(a.Ticks - b.Ticks);

    public static bool operator <(Instant a, Instant b) => a.Ticks < b.Ticks;

    public static bool operator >(Instant a, Instant b) => a.Ticks > b.Ticks;

    public static bool operator <=(Instant a, Instant b) => a.Ticks <= b.Ticks;

    public static bool operator >=(Instant a, Instant b) => a.Ticks >= b.Ticks;

    public override string ToString() => this == Never ? "never" : $"{Ticks / 1e7:F6}s";
}
