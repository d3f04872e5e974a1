using System.ComponentModel;
using System.Runtime.InteropServices;
using EdgePeer.Agent.Cli;
using Spectre.Console;

namespace EdgePeer.Agent.Demo;

/// <summary>
/// The main job on this machine with nothing to set up: three peers as processes of their own, a cable and a radio between
/// them that are cut and healed, a kill, and a check that every message arrived once and in order.
/// </summary>
internal static class Demo
{
    /// <returns>The exit code: 0 only when every message arrived once and in order.</returns>
    public static async Task<int> RunAsync(DemoOptions options, IAnsiConsole console, CancellationToken cancellation)
    {
        // A terminal that is closed must end the peers too: they take the signal for a wish to reload.
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var hangUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, signal =>
        {
            signal.Cancel = true;
            ending.Cancel();
        });
        try
        {
            Verdict verdict;
            DemoRun run;
            string directory;
            await using (var site = new DemoSite(options.Keep))
            {
                directory = site.Directory;
                run = new DemoRun(site, options.Messages);
                var playing = PlayAsync(run, ending.Token);
                await (console.Profile.Out.IsTerminal ? LiveView.ShowAsync(console, run, playing) : PlainView.ShowAsync(console, run, playing));
                verdict = await playing;
            }
            Summary.Write(console, run, verdict);
            if (options.Keep)
                console.WriteLine($"kept: {directory}");
            return verdict.Faults.Count == 0 ? 0 : 1;
        }
        catch (Win32Exception fault)
        {
            console.WriteLine($"the demo needs ptys, and the system gives none: {fault.Message}");
            return 1;
        }
    }

    private static async Task<Verdict> PlayAsync(DemoRun run, CancellationToken cancellation)
    {
        string? ended = null;
        try
        {
            await new DemoScript(run).RunAsync(cancellation);
        }
        catch (Exception fault) when (fault is DemoException or CommandException or OperationCanceledException)
        {
            ended = fault.Message;
        }
        // Ctrl-C reaches the peers as well, and what they make of it may be heard first.
        bool interrupted = cancellation.IsCancellationRequested;
        return Verdict.Of(run, interrupted ? "interrupted" : ended, interrupted);
    }
}
