using System.Globalization;

namespace EdgePeer.Agent.Configuration;

/// <summary>Sizes ("256MiB") and durations ("20ms") as people write them: a whole number and a unit, nothing between or after.</summary>
internal static class Quantities
{
    public const string SizeMend = "write a whole number and B, KiB, MiB or GiB, such as \"256MiB\"";
    public const string DurationMend = "write a whole number and ms, s, m, h or d, such as \"20ms\"";

    /// <param name="least">What the example must not be shorter than.</param>
    public static string DurationMendFrom(TimeSpan least) => least > ShortExample ? DurationMend.Replace("20ms", "1h", StringComparison.Ordinal) : DurationMend;

    /// <summary>As it may be written, in the largest unit that gives a whole number.</summary>
    public static string Size(long bytes) => Write(bytes, [("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10)], "B", 1);

    /// <inheritdoc cref="Size"/>
    public static string Duration(TimeSpan duration) => Write(
        duration.Ticks, [("d", TimeSpan.TicksPerDay), ("h", TimeSpan.TicksPerHour), ("m", TimeSpan.TicksPerMinute), ("s", TimeSpan.TicksPerSecond)], "ms", TimeSpan.TicksPerMillisecond);

    public static bool TryParseSize(string text, out long bytes)
    {
        bytes = 0;
        if (!TrySplit(text, out long number, out var unit))
            return false;
        long factor = unit switch { "B" => 1, "KiB" => 1L << 10, "MiB" => 1L << 20, "GiB" => 1L << 30, _ => 0 };
        if (factor == 0 || number > long.MaxValue / factor)
            return false;
        bytes = number * factor;
        return true;
    }

    public static bool TryParseDuration(string text, out TimeSpan duration)
    {
        duration = default;
        if (!TrySplit(text, out long number, out var unit))
            return false;
        long ticks = unit switch
        {
            "ms" => TimeSpan.TicksPerMillisecond,
            "s" => TimeSpan.TicksPerSecond,
            "m" => TimeSpan.TicksPerMinute,
            "h" => TimeSpan.TicksPerHour,
            "d" => TimeSpan.TicksPerDay,
            _ => 0,
        };
        if (ticks == 0 || number > long.MaxValue / ticks)
            return false;
        duration = new TimeSpan(number * ticks);
        return true;
    }

    private static string Write(long quantity, ReadOnlySpan<(string Name, long Factor)> units, string least, long leastFactor)
    {
        foreach (var (name, factor) in units)
            if (quantity >= factor && quantity % factor == 0)
                return string.Create(CultureInfo.InvariantCulture, $"{quantity / factor}{name}");
        return string.Create(CultureInfo.InvariantCulture, $"{quantity / leastFactor}{least}");
    }

    private static bool TrySplit(string text, out long number, out ReadOnlySpan<char> unit)
    {
        int digits = 0;
        while (digits < text.Length && char.IsAsciiDigit(text[digits]))
            digits++;
        unit = text.AsSpan(digits);
        return long.TryParse(text.AsSpan(0, digits), NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private static readonly TimeSpan ShortExample = TimeSpan.FromMilliseconds(20);
}
