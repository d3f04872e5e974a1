using EdgePeer.Agent.Demo.Rig;

namespace EdgePeer.Agent.Demo;

/// <summary>What happens in the demo, and when: the peers start, links go and come, one peer is killed, the rest arrives.</summary>
internal sealed class DemoScript(DemoRun run)
{
    private DemoSite Site => run.Site;

    private PeerProcess Victim => Site.Peers[DemoSite.Field];

    /// <summary>Completes when every message has arrived, or with what went wrong.</summary>
    /// <exception cref="DemoException">A peer failed, or the deadline has passed.</exception>
    public async Task RunAsync(CancellationToken cancellation)
    {
        if (Site.Broker is { } broker)
            await broker.StartAsync(cancellation);
        else
            run.Say($"no broker, only cable and radio: Debian's package {LocalBroker.MissingPackage} is not installed");
        run.Say("three peers start, each with a journal of its own");
        await Task.WhenAll(Site.Peers.Select(peer => peer.StartAsync(cancellation)));
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        var background = new List<Task> { run.WatchAsync(ended.Token) };
        try
        {
            await UntilAsync(AllHaveMet, "the peers did not find each other", background, MeetMax, cancellation);
            background.AddRange(run.Flows.Select(flow => flow.Reader.RunAsync(ended.Token)));
            var sending = run.Flows.Select(flow => flow.Sender.RunAsync(SendOver, ended.Token)).ToArray();
            background.AddRange(sending);
            await PlayAsync(background, cancellation);
            run.Say("nothing is broken any more: the rest arrives");
            await UntilAsync(() => sending.All(one => one.IsCompletedSuccessfully) && AllHasArrived(), "the deadline has passed", background, run.Deadline - run.Elapsed, cancellation);
            // A message too many, or books that do not balance, would show now.
            await UntilAsync(AllIsSettled, "the senders' books do not come to rest", background, SettleMax, cancellation);
        }
        finally
        {
            await ended.CancelAsync();
            // What they have to say was asked for in the loop above; here they only have to be over.
            await Task.WhenAll(background).ContinueWith(static _ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        }
    }

    private async Task PlayAsync(List<Task> background, CancellationToken cancellation)
    {
        run.Say("messages flow, by the cable");
        await HoldAsync(4, background, cancellation);
        Site.Cable.Cut = true;
        if (Site.Broker is { } broker)
        {
            run.Say("the cable is cut: all go on by the broker");
            await HoldAsync(4, background, cancellation);
            broker.Kill();
            run.Say("the broker is killed (SIGKILL): field and barn go on by radio, house waits");
            await HoldAsync(2.5, background, cancellation);
        }
        else
        {
            run.Say("the cable is cut: field and barn go on by radio, house waits");
            await HoldAsync(5, background, cancellation);
        }
        Site.Radio.Cut = true;
        run.Say("the radio is cut too: everything waits on flash");
        await HoldAsync(2.5, background, cancellation);
        Site.Radio.Cut = false;
        run.Say("the radio is back");
        await HoldAsync(1.5, background, cancellation);
        long waiting = run.Flows.Where(flow => flow.From == Victim).Sum(flow => flow.Look.Queued);
        await Victim.KillAsync(cancellation);
        run.Say($"{Victim.Name} is killed (SIGKILL), with {waiting} of its messages not yet delivered");
        await HoldAsync(2, background, cancellation);
        // Not sooner: what its readers' sockets still held belongs to the life before.
        foreach (var flow in run.Flows.Where(flow => flow.To == Victim))
            flow.Reader.Ledger.PeerWasKilled();
        await Victim.StartAsync(cancellation);
        run.Say($"{Victim.Name} is started again on the same journal");
        if (Site.Broker is not null)
        {
            await Site.Broker.StartAsync(cancellation);
            run.Say("the broker is back: who had lost it looks for it again within seconds");
        }
        await HoldAsync(4, background, cancellation);
        Site.Cable.Cut = false;
        run.Say("the cable is back");
        await HoldAsync(4, background, cancellation);
    }

    private Task HoldAsync(double seconds, List<Task> background, CancellationToken cancellation)
    {
        var until = run.Elapsed + TimeSpan.FromSeconds(seconds);
        return UntilAsync(() => run.Elapsed >= until, "", background, TimeSpan.MaxValue, cancellation);
    }

    private async Task UntilAsync(Func<bool> reached, string otherwise, List<Task> background, TimeSpan within, CancellationToken cancellation)
    {
        var started = run.Elapsed;
        using var tick = new PeriodicTimer(Tick);
        while (!reached())
        {
            if (run.Elapsed - started > within)
                throw new DemoException(otherwise);
            foreach (var task in background)
                if (task.IsFaulted)
                    await task;
            foreach (var peer in Site.Peers)
                if (peer.Crashed)
                    throw new DemoException($"{peer.Name} ended by itself: {peer.LastWords}");
            await tick.WaitForNextTickAsync(cancellation);
        }
    }

    private bool AllHaveMet() => Enumerable.Range(0, Site.Peers.Count).All(peer =>
        run.Status(peer) is { } status && status.Peers.Sum(other => other.Links.Count(link => link.Alive)) >= Site.LinksOf(peer));

    private bool AllHasArrived() => run.Flows.All(flow => flow.Reader.Ledger.Complete);

    private bool AllIsSettled() => run.Flows.All(flow => flow.Settled);

    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(50);

    // About the length of what PlayAsync does until the cable is back: something is always under way when a link goes.
    private static readonly TimeSpan SendOver = TimeSpan.FromSeconds(22);

    // Beacons are quick after a start; a slow machine compiles meanwhile.
    private static readonly TimeSpan MeetMax = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan SettleMax = TimeSpan.FromSeconds(5);
}
