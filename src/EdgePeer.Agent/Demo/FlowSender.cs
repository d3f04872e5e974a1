using System.Diagnostics;
using EdgePeer.Agent.Cli;

namespace EdgePeer.Agent.Demo;

/// <summary>Sends one flow's messages through the sending peer's local API, at an even pace, whatever becomes of the peer.</summary>
internal sealed class FlowSender(Flow flow, string socketPath)
{
    private int _sent;

    /// <summary>Messages that the peer has on flash.</summary>
    public int Sent => Volatile.Read(ref _sent);

    /// <param name="over">How long the sending takes when nothing holds it up.</param>
    /// <exception cref="DemoException">The peer refused a message.</exception>
    public async Task RunAsync(TimeSpan over, CancellationToken cancellation)
    {
        using var client = new AgentClient(socketPath);
        using var patience = new Patience(null, cancellation);
        var sender = new MessageSender(client, patience, flow.Pipe, "wait=durable");
        using var tick = new PeriodicTimer(Tick);
        var clock = Stopwatch.StartNew();
        while (Sent < flow.Total)
        {
            int due = Math.Min((int)Math.Ceiling(flow.Total * (clock.Elapsed / over)), flow.Total);
            if (due > Sent)
                await SendAsync(sender, Math.Min(due - Sent, BatchMax));
            else
                await tick.WaitForNextTickAsync(cancellation);
        }
    }

    private async Task SendAsync(MessageSender sender, int count)
    {
        byte[][] payloads = [.. Enumerable.Range(Sent + 1, count).Select(flow.Compose)];
        foreach (var answer in await sender.SendAsync(payloads))
        {
            if (answer.Problem is { } problem)
                throw new DemoException($"{flow.Pipe}: message {Sent + 1} was refused: {problem.Title}");
            Interlocked.Increment(ref _sent);
        }
    }

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    // Enough to share a sync, few enough that the picture moves.
    private const int BatchMax = 64;
}
