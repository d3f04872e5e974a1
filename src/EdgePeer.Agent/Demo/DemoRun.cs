using System.Diagnostics;
using EdgePeer.Agent.Api;
using EdgePeer.Agent.Cli;

namespace EdgePeer.Agent.Demo;

/// <summary>The demo as it goes: what the views draw and the verdict judges.</summary>
internal sealed class DemoRun
{
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Lock _lock = new();
    private readonly List<DemoEvent> _events = [];
    private readonly StatusView?[] _statuses;

    public DemoRun(DemoSite site, int messages)
    {
        Site = site;
        Messages = messages;
        _statuses = new StatusView?[site.Peers.Count];
        // The cable alone serves alarms; the other two keep the radio busy in both directions.
        int readings = messages * 2 / 5;
        int orders = (messages - readings) / 2;
        Flows =
        [
            Run(new Flow("readings", DemoSite.Field, DemoSite.Barn, readings)),
            Run(new Flow("orders", DemoSite.Barn, DemoSite.Field, orders)),
            Run(new Flow("alarms", DemoSite.House, DemoSite.Field, messages - readings - orders)),
        ];
    }

    public DemoSite Site { get; }

    public int Messages { get; }

    public IReadOnlyList<FlowRun> Flows { get; }

    public TimeSpan Elapsed => _clock.Elapsed;

    /// <summary>Beyond it the demo has failed: what has not arrived is lost, or might as well be.</summary>
    public TimeSpan Deadline => TimeSpan.FromSeconds(45) + TimeSpan.FromMilliseconds(5) * Messages;

    public IReadOnlyList<DemoEvent> Events
    {
        get
        {
            lock (_lock)
                return [.. _events];
        }
    }

    public void Say(string text)
    {
        lock (_lock)
            _events.Add(new DemoEvent(Elapsed, text));
    }

    /// <summary>What the peer last said of itself; null while it does not answer.</summary>
    public StatusView? Status(int peer) => Volatile.Read(ref _statuses[peer]);

    /// <summary>Asks the peers how they are, again and again, until cancelled.</summary>
    public async Task WatchAsync(CancellationToken cancellation)
    {
        var clients = Site.Peers.Select(peer => new AgentClient(peer.SocketPath)).ToArray();
        try
        {
            using var tick = new PeriodicTimer(LookEvery);
            do
            {
                for (int peer = 0; peer < clients.Length; peer++)
                    Volatile.Write(ref _statuses[peer], await AskAsync(clients[peer], cancellation));
                foreach (var flow in Flows)
                    flow.Update(Status(flow.Flow.From));
            }
            while (await tick.WaitForNextTickAsync(cancellation));
        }
        finally
        {
            foreach (var client in clients)
                client.Dispose();
        }
    }

    private static async Task<StatusView?> AskAsync(AgentClient client, CancellationToken cancellation)
    {
        try
        {
            return await client.GetAsync("status", ApiJson.Plain.StatusView, cancellation);
        }
        catch (Exception away) when (away is AgentAwayException or HttpRequestException or IOException)
        {
            // Killed, or not started yet.
            return null;
        }
    }

    private FlowRun Run(Flow flow) => new(flow, Site.Peers[flow.From], Site.Peers[flow.To]);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(200);
}

/// <param name="At">Since the start of the demo.</param>
internal readonly record struct DemoEvent(TimeSpan At, string Text);
