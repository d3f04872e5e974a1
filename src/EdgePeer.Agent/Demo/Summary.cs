using System.Globalization;
using Spectre.Console;

namespace EdgePeer.Agent.Demo;

/// <summary>The table and the word at the end.</summary>
internal static class Summary
{
    public static void Write(IAnsiConsole console, DemoRun run, Verdict verdict)
    {
        var table = new Table().Border(console.Profile.Out.IsTerminal ? TableBorder.Rounded : TableBorder.Ascii);
        foreach (string heading in (string[])["flow", "sent", "arrived", "sent\nagain", "repeated\nafter kill", "went by"])
            table.AddColumn(new TableColumn(heading).NoWrap());
        for (int column = 1; column <= 4; column++)
            table.Columns[column].RightAligned();
        foreach (var flow in run.Flows)
            table.AddRow(
                $"{flow.Flow.Pipe} {flow.From.Name} → {flow.To.Name}",
                Number(flow.Sender.Sent),
                Number(flow.Reader.Ledger.Arrived),
                Number(flow.Look.SentAgain),
                Number(flow.Reader.Ledger.Repeated),
                string.Join(", ", flow.Ways));
        console.Write(table);
        WriteLine(console, string.Create(CultureInfo.InvariantCulture, $"{run.Messages} messages in {run.Elapsed.TotalSeconds:0} s; bits turned over on the radio: {run.Site.Radio.BitsDamaged}"), "grey");
        if (verdict.Faults.Count == 0)
            WriteLine(console, "every message arrived once, in order", "bold green");
        foreach (string fault in verdict.Faults)
            WriteLine(console, fault, "red");
    }

    // Into a pipe without colours, and a line stays a line.
    private static void WriteLine(IAnsiConsole console, string text, string style)
    {
        if (console.Profile.Out.IsTerminal)
            console.MarkupLine($"[{style}]{Markup.Escape(text)}[/]");
        else
            console.Profile.Out.Writer.WriteLine(text);
    }

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
