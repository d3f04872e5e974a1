using EdgePeer.Runtime;
using EdgePeer.Wire;

namespace EdgePeer.Agent.Bridges;

/// <summary>What the writers of messages call themselves: this device as its configuration says, others as they last said.</summary>
internal sealed class WriterNames(PeerHost host, PeerId self, string name)
{
    /// <returns>Null for one that has not been met since the agent was started, and of which nobody tells.</returns>
    public async Task<string?> FindAsync(PeerId writer)
    {
        if (writer == self)
            return name;
        var node = (await host.StatusAsync()).Node;
        return node.Peers.FirstOrDefault(peer => peer.Peer == writer)?.Name is { Length: > 0 } met ? met
            : node.Advertised.FirstOrDefault(peer => peer.Peer == writer)?.Name is { Length: > 0 } told ? told
            : null;
    }
}
