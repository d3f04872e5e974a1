using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace EdgePeer.Agent.Demo;

/// <summary>The flows while they run: how far each has come, what waits, what carries it.</summary>
internal static class FlowTable
{
    public static IRenderable Draw(DemoRun run)
    {
        var table = new Table().Border(TableBorder.None).Collapse();
        foreach (string heading in (string[])["flow", "once, in order", "arrived", "queued", "again", "by"])
            table.AddColumn(new TableColumn($"[grey]{heading}[/]").NoWrap());
        table.Columns[3].RightAligned();
        table.Columns[4].RightAligned();
        foreach (var flow in run.Flows)
            table.AddRow(
                $"[bold]{flow.Flow.Pipe}[/] {flow.From.Name} → {flow.To.Name}",
                Bar(flow.Reader.Ledger.Arrived, flow.Sender.Sent, flow.Flow.Total),
                $"{flow.Reader.Ledger.Arrived}/{flow.Flow.Total}",
                flow.Look.Queued == 0 ? "0" : $"[yellow]{flow.Look.Queued}[/]",
                flow.Look.SentAgain.ToString(CultureInfo.InvariantCulture),
                Way(flow));
        return table;
    }

    /// <summary>Green has arrived, yellow is on flash at the sender.</summary>
    private static string Bar(int arrived, int sent, int total)
    {
        int green = arrived * BarWidth / total;
        int yellow = Math.Max(0, (sent * BarWidth / total) - green);
        return $"[green]{new string('█', green)}[/][yellow]{new string('▒', yellow)}[/][grey]{new string('░', BarWidth - green - yellow)}[/]";
    }

    private static string Way(FlowRun flow) =>
        !flow.Look.Answers ? "[red]down[/]"
        : flow.Look.Way is { } way ? $"[green]{Markup.Escape(way)}[/]"
        : "[red]no way[/]";

    private const int BarWidth = 22;
}
