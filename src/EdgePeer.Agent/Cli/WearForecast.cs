using System.Globalization;
using System.Text;
using System.Text.Json;
using EdgePeer.Agent.Api;
using EdgePeer.Store;

namespace EdgePeer.Agent.Cli;

/// <summary>What <c>edgepeer journal wear</c> says: of the time since the agent started.</summary>
/// <param name="BytesWritten">By the journal, with the zeros of new segments.</param>
/// <param name="WriteAmplification">Bytes written for each byte of payload, without the zeros; null before the first message.</param>
/// <param name="Kernel">By the whole process, as the kernel counts.</param>
/// <param name="KernelShare">The journal's own count, as a part of what the kernel counts for write calls: near 1.</param>
/// <param name="YearsLeft">Of the endurance that was stated.</param>
internal sealed record WearForecast(
    double Seconds, long BytesWritten, double BytesADay, long PayloadBytes, double? WriteAmplification, long BytesPreallocated, WrittenBytes Written,
    KernelCount? Kernel, double? KernelShare, double? YearsLeft)
{
    public static WearForecast Of(StatusView status, double enduranceBytes)
    {
        var journal = status.Journal;
        long written = journal.BytesWritten + journal.BytesPreallocated;
        double aDay = written / Math.Max(status.UptimeSeconds, 1) * SecondsADay;
        return new WearForecast(
            status.UptimeSeconds, written, aDay, journal.PayloadBytes,
            journal.PayloadBytes > 0 ? journal.BytesWritten / (double)journal.PayloadBytes : null,
            journal.BytesPreallocated, journal.Written, journal.Kernel,
            journal.Kernel is { Passed: > 0 } kernel ? written / (double)kernel.Passed : null,
            enduranceBytes > 0 && aDay > 0 ? enduranceBytes / aDay / DaysAYear : null);
    }

    /// <summary>As makers state it: GB and TB, powers of ten.</summary>
    public static bool TryParseEndurance(string text, out double bytes)
    {
        bytes = 0;
        double factor = text.EndsWith("TB", StringComparison.Ordinal) ? 1e12 : text.EndsWith("GB", StringComparison.Ordinal) ? 1e9 : 0;
        if (factor == 0 || !double.TryParse(text[..^2], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double number) || number <= 0)
            return false;
        bytes = number * factor;
        return true;
    }

    public string ToText()
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
        Line($"in {Seconds / 3600:0.0} hours the journal wrote {StatusTables.Bytes(BytesWritten)}: {StatusTables.Bytes((long)BytesADay)} a day at that rate");
        Line($"for messages {StatusTables.Bytes(Written.Messages)}, cursors {StatusTables.Bytes(Written.Cursors)}, facts {StatusTables.Bytes(Written.Facts)}, copies {StatusTables.Bytes(Written.Copies)}, tables {StatusTables.Bytes(Written.Tables)}, padding {StatusTables.Bytes(Written.Padding)}, new segments {StatusTables.Bytes(BytesPreallocated)}");
        if (WriteAmplification is { } factor)
            Line($"{factor:0.00} bytes for each of the {StatusTables.Bytes(PayloadBytes)} of payload, new segments apart");
        if (KernelShare is { } share)
            Line($"the kernel counts {StatusTables.Bytes(Kernel!.Passed)} in the process's write calls, of which the journal's own count is {share:P0}{(share is < LeastShare or > MostShare ? "; they should be near each other: the rest is other files" : "")}; and {StatusTables.Bytes(Kernel.Dirtied)} of pages made dirty, large ones counted whole");
        else
            Line($"the kernel does not count what the process writes");
        if (YearsLeft is { } years)
            Line($"the endurance stated lasts {years:0.0} years at that rate, if the flash itself wrote no more than it is given");
        return text.ToString().TrimEnd();
    }

    public string ToJson() => JsonSerializer.Serialize(this, ApiJson.Plain.WearForecast);

    private const double SecondsADay = 86_400;
    private const double DaysAYear = 365.25;
    private const double LeastShare = 0.8;
    private const double MostShare = 1.1;
}
