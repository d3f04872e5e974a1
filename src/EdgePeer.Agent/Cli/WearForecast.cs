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
        Line($"the journal wrote {StatusTables.Bytes(BytesWritten)} in the {StatusTables.Duration(Seconds)} since the agent started: {StatusTables.Bytes((long)BytesADay)} a day at that rate{(Seconds < SecondsToJudge ? ", which says little yet: look again after some hours" : "")}");
        void Cause(string what, long bytes) => Line($"  {what,-66} {StatusTables.Bytes(bytes),10}");
        Cause("messages", Written.Messages);
        Cause("how far they were delivered and read", Written.Cursors);
        Cause("bindings, counts and the like", Written.Facts);
        Cause("what still waits, moved on so that its place can be used again", Written.Copies);
        Cause("the journal's own tables", Written.Tables);
        Cause("rests of pages, one a sync: a longer syncWindow makes it less", Written.Padding);
        Cause("new files filled with zeros, once for each", BytesPreallocated);
        if (WriteAmplification is { } factor)
            Line($"{factor:0.00} bytes written for each byte of message (of {StatusTables.Bytes(PayloadBytes)}), new files apart");
        if (KernelShare is { } share)
            Line($"check: the kernel counts {StatusTables.Bytes(Kernel!.Passed)} that the agent wrote to files, and the journal's own count is {share:P0} of it{(share is < LeastShare or > MostShare ? "; the two should be near each other, the rest is other files" : "")}; {StatusTables.Bytes(Kernel.Dirtied)} of that were bound for storage, in whole pages");
        else
            Line($"check: not possible, since this kernel does not count what a process writes");
        if (YearsLeft is { } years)
            Line($"the endurance stated lasts {years:0.0} years at that rate, where the card writes no more within itself than it is given; some write several times as much");
        return text.ToString().TrimEnd();
    }

    public string ToJson() => JsonSerializer.Serialize(this, ApiJson.Plain.WearForecast);

    private const double SecondsToJudge = 3600;
    private const double SecondsADay = 86_400;
    private const double DaysAYear = 365.25;
    private const double LeastShare = 0.8;
    private const double MostShare = 1.1;
}
