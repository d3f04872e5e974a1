using System.Globalization;
using Spectre.Console;

namespace EdgePeer.Agent.Demo;

/// <summary>The demo into a pipe or file: what happens as it happens, and a line of numbers every two seconds.</summary>
internal static class PlainView
{
    public static async Task ShowAsync(IAnsiConsole console, DemoRun run, Task playing)
    {
        using var tick = new PeriodicTimer(LookEvery);
        int said = 0;
        var next = NumbersEvery;
        while (!playing.IsCompleted)
        {
            said = SayNew(console, run, said);
            if (run.Elapsed >= next)
            {
                console.Profile.Out.Writer.WriteLine(Numbers(run));
                next += NumbersEvery;
            }
            await Task.WhenAny(playing, tick.WaitForNextTickAsync().AsTask());
        }
        SayNew(console, run, said);
    }

    private static int SayNew(IAnsiConsole console, DemoRun run, int said)
    {
        var events = run.Events;
        for (; said < events.Count; said++)
            console.Profile.Out.Writer.WriteLine(Stamped(events[said].At, events[said].Text));
        return events.Count;
    }

    private static string Numbers(DemoRun run) => Stamped(run.Elapsed, string.Join("; ", run.Flows.Select(flow =>
        $"{flow.Flow.Pipe} {flow.Reader.Ledger.Arrived}/{flow.Flow.Total}, {flow.Look.Queued} queued, {flow.Look.SentAgain} again, {(flow.Look.Answers ? flow.Look.Way is { } way ? $"by {way}" : "no way" : $"{flow.From.Name} is down")}")));

    // Written past the console's own wrapping, so that a line stays a line.
    private static string Stamped(TimeSpan at, string text) => string.Create(CultureInfo.InvariantCulture, $"{at.TotalSeconds,5:0.0}s  {text}");

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan NumbersEvery = TimeSpan.FromSeconds(2);
}
