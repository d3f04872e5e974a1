using EdgePeer.Transports;
using EdgePeer.Wire;

namespace EdgePeer.Runtime.Loop;

/// <summary>A transport as the loop knows it. Only the loop's thread touches it.</summary>
internal sealed class TransportSlot(TransportId id, ConfiguredTransport configured)
{
    public TransportId Id => id;

    public ITransport Transport => configured.Transport;

    public IReadOnlyList<LinkAddress> Seeds => configured.Seeds;

    public bool Up { get; set; }

    /// <summary>The node was given the seeds; it keeps them while the transport is down.</summary>
    public bool Seeded { get; set; }

    public TransportTraits? Traits { get; set; }

    public string? DownReason { get; set; } = "not up yet";

    /// <summary>Frames that may be sent now.</summary>
    public int Room { get; set; }

    public TransportStatus Status => new(id, Transport.Name, Transport.Type, Up, Traits, Transport.Counters, Up ? null : DownReason);
}
