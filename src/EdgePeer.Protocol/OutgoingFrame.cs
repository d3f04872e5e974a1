using EdgePeer.Wire;

namespace EdgePeer.Protocol;

/// <param name="Length">Bytes written.</param>
/// <param name="More">The node could fill another frame for this transport at once; false yields a half-duplex line to the others.</param>
public readonly record struct OutgoingFrame(int Length, LinkAddress To, bool More);
