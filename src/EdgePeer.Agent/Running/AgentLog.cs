using System.Globalization;

namespace EdgePeer.Agent.Running;

/// <summary>Lines on standard error, one an event, with the time unless systemd's journal stamps them itself.</summary>
internal static class AgentLog
{
    private static readonly bool Stamped = Environment.GetEnvironmentVariable("JOURNAL_STREAM") is null;

    public static void Write(string line)
    {
        string single = line.ReplaceLineEndings(" ");
        Console.Error.WriteLine(Stamped ? string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-ddTHH:mm:ss.fffZ} {single}") : single);
    }
}
