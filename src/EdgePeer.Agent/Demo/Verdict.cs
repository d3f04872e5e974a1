namespace EdgePeer.Agent.Demo;

/// <summary>What came of the demo.</summary>
/// <param name="Faults">What went wrong, by name; empty when every message arrived once and in order.</param>
internal sealed record Verdict(IReadOnlyList<string> Faults)
{
    /// <param name="ended">Why the script ended early; null when it came to its end.</param>
    public static Verdict Of(DemoRun run, string? ended)
    {
        var faults = new List<string>();
        if (ended is not null)
            faults.Add(ended);
        // A demo that never got as far as sending has one reason to tell, not one for each flow.
        foreach (var flow in run.Flows.Where(flow => ended is null || flow.Sender.Sent > 0))
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
