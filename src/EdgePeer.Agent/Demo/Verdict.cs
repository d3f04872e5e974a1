namespace EdgePeer.Agent.Demo;

/// <summary>What came of the demo.</summary>
/// <param name="Faults">What went wrong, by name; empty when every message arrived once and in order.</param>
internal sealed record Verdict(IReadOnlyList<string> Faults)
{
    /// <param name="ended">Why the script ended early; null when it came to its end.</param>
    public static Verdict Of(DemoRun run, string? ended, bool interrupted)
    {
        var faults = new List<string>();
        if (ended is not null)
            faults.Add(ended);
        // Whoever interrupts the demo knows why messages are missing, and one that never got to send has one reason to tell.
        foreach (var flow in run.Flows.Where(flow => ended is null || (flow.Sender.Sent > 0 && !interrupted)))
        {
            faults.AddRange(flow.Reader.Ledger.Faults);
            int arrived = flow.Reader.Ledger.Arrived, total = flow.Flow.Total;
            if (flow.Sender.Sent < total)
                faults.Add($"{flow.Flow.Pipe}: {flow.From.Name} took only {flow.Sender.Sent} of {total}");
            if (arrived < total)
                faults.Add($"{flow.Flow.Pipe}: messages {arrived + 1} to {total} did not arrive at {flow.To.Name}");
            else if (flow.Look.Books is { } books && (books.Accepted != total || books.Delivered != total))
                faults.Add($"{flow.Flow.Pipe}: {flow.From.Name}'s books say {books.Accepted} accepted and {books.Delivered} delivered of {total}");
        }
        return new Verdict(faults);
    }
}
