namespace EdgePeer.Agent.Bridges;

/// <summary>Whether what stands beside a payload goes on the other side of a bridge within it: BRIDGE.md, "Envelopes".</summary>
internal enum BridgeEnvelope : byte
{
    None,
    Wrap,

    /// <summary>To a broker only: what a bridge from a broker has wrapped is published as it was.</summary>
    Unwrap,
}
