using EdgePeer.Agent.Configuration;
using EdgePeer.Runtime;

namespace EdgePeer.Agent.Bridges;

/// <summary>The bridges that run.</summary>
internal sealed class BridgeSet(PeerHost host, BridgeOwner owner) : IAsyncDisposable
{
    // Replaced whole: it is read by others meanwhile.
    private volatile IReadOnlyList<IBridge> _running = [];

    public IReadOnlyList<BridgeView> Views => [.. _running.Select(bridge => bridge.View)];

    /// <summary>Ends those that are not wanted, and starts those that are new. One call at a time.</summary>
    public async Task UseAsync(IReadOnlyList<BridgeConfiguration> wanted)
    {
        var kept = _running.Where(bridge => wanted.Contains(bridge.Configuration)).ToList();
        var ended = _running.Except(kept).ToList();
        _running = kept;
        // Gone before others begin: one may take the pipe of another.
        foreach (var bridge in ended)
            await bridge.DisposeAsync();
        await host.UnbindOwnAsync([.. wanted.OfType<ToBrokerConfiguration>().Select(bridge => bridge.Pipe)]);
        var begun = wanted.Where(one => !kept.Exists(bridge => bridge.Configuration.Equals(one))).Select(Make).ToList();
        _running = [.. kept, .. begun];
        foreach (var bridge in begun)
            bridge.Start();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var bridge in _running)
            await bridge.DisposeAsync();
    }

    private IBridge Make(BridgeConfiguration configuration) => configuration switch
    {
        ToBrokerConfiguration to => new ToBrokerBridge(to, host, owner),
        FromBrokerConfiguration from => new FromBrokerBridge(from, host, owner),
        _ => throw new ArgumentOutOfRangeException(nameof(configuration)),
    };
}
