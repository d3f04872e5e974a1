using EdgePeer.Agent.Configuration;

namespace EdgePeer.Agent.Bridges;

/// <summary>A pipe joined to topics of a broker, while it is not disposed.</summary>
internal interface IBridge : IAsyncDisposable
{
    BridgeConfiguration Configuration { get; }

    BridgeView View { get; }

    void Start();
}
