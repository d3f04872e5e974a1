using EdgePeer.Runtime;

namespace EdgePeer.Agent.Running;

/// <summary>Feeds systemd's watchdog for as long as the node's loop goes round: a process that merely exists is not alive.</summary>
internal sealed class Watchdog : IAsyncDisposable
{
    private readonly PeriodicTimer _timer;
    private readonly Task _feeding;

    /// <param name="interval">Between two looks at the loop.</param>
    public Watchdog(PeerHost host, SystemdNotifier notifier, TimeSpan interval)
    {
        _timer = new PeriodicTimer(interval);
        _feeding = FeedAsync(host, notifier);
    }

    public async ValueTask DisposeAsync()
    {
        _timer.Dispose();
        await _feeding;
    }

    private async Task FeedAsync(PeerHost host, SystemdNotifier notifier)
    {
        long turns = host.LoopTurns;
        // An idle loop sleeps; what it must show is that it wakes.
        host.Nudge();
        while (await _timer.WaitForNextTickAsync())
        {
            long now = host.LoopTurns;
            if (now != turns)
                notifier.Alive();
            turns = now;
            host.Nudge();
        }
    }
}
