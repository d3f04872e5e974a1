using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace EdgePeer.Agent.Demo;

/// <summary>The demo on a terminal: one picture, drawn anew a few times a second.</summary>
internal static class LiveView
{
    public static Task ShowAsync(IAnsiConsole console, DemoRun run, Task playing) =>
        console.Live(Draw(run)).StartAsync(async context =>
        {
            using var tick = new PeriodicTimer(DrawEvery);
            while (!playing.IsCompleted)
            {
                context.UpdateTarget(Draw(run));
                await Task.WhenAny(playing, tick.WaitForNextTickAsync().AsTask());
            }
            context.UpdateTarget(Draw(run));
        });

    private static Rows Draw(DemoRun run)
    {
        List<IRenderable> rows = [new Text(""), SitePicture.Draw(run), new Text(""), FlowTable.Draw(run), new Text("")];
        var events = run.Events;
        for (int i = Math.Max(0, events.Count - EventsShown); i < events.Count; i++)
            rows.Add(new Markup(Line(events[i], current: i == events.Count - 1)));
        return new Rows(rows);
    }

    private static string Line(DemoEvent said, bool current)
    {
        string line = string.Create(CultureInfo.InvariantCulture, $"{said.At.TotalSeconds,5:0.0}s  {Markup.Escape(said.Text)}");
        return current ? $"[bold]{line}[/]" : $"[grey]{line}[/]";
    }

    private const int EventsShown = 5;
    private static readonly TimeSpan DrawEvery = TimeSpan.FromMilliseconds(150);
}
