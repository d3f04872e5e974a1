using System.Collections.Immutable;
using System.Net;
using EdgePeer.Protocol;
using EdgePeer.Store;
using EdgePeer.Transports.Mqtt;
using EdgePeer.Wire;

namespace EdgePeer.Agent.Configuration;

/// <summary>One device's configuration, checked: what is in it is legal.</summary>
internal sealed record AgentConfiguration
{
    public required string Name { get; init; }

    /// <summary>Absolute.</summary>
    public required string StateDirectory { get; init; }

    public required GroupConfiguration Group { get; init; }

    /// <summary>In the order of the file.</summary>
    public required ImmutableArray<TransportConfiguration> Transports { get; init; }

    public required ImmutableSortedDictionary<PipeName, PipeOptions> Pipes { get; init; }

    public ImmutableArray<BridgeConfiguration> Bridges { get; init; } = [];

    public required JournalOptions Journal { get; init; }

    public ApiConfiguration Api { get; init; } = new();

    /// <summary>Null when the local API is on its socket alone.</summary>
    public StatusPageConfiguration? StatusPage { get; init; }
}

/// <param name="Name">The key in the file.</param>
/// <param name="Cost">Relative cost of a byte; the cheaper live link is used.</param>
internal abstract record TransportConfiguration(string Name, int Cost)
{
    /// <summary>True when the other would be the same transport, so that a reload lets it run on.</summary>
    public abstract bool SameAs(TransportConfiguration other);
}

/// <param name="Multicast">Groups in which peers are looked for, one of IPv4 and one of IPv6 at most; empty when they are not.</param>
internal sealed record EthernetConfiguration(
    string Name, ImmutableArray<IPEndPoint> Listen, ImmutableArray<IPAddress> Multicast, ImmutableArray<IPEndPoint> Seeds, int Cost) : TransportConfiguration(Name, Cost)
{
    public override bool SameAs(TransportConfiguration other) => other is EthernetConfiguration ethernet
        && ethernet.Name == Name && ethernet.Cost == Cost && ethernet.Multicast.SequenceEqual(Multicast)
        && ethernet.Listen.SequenceEqual(Listen) && ethernet.Seeds.SequenceEqual(Seeds);
}

internal sealed record SerialConfiguration(string Name, string Port, int Baud, bool HalfDuplex, int Cost) : TransportConfiguration(Name, Cost)
{
    public override bool SameAs(TransportConfiguration other) => Equals(other);
}

internal sealed record MqttConfiguration(string Name, MqttBroker Broker, string TopicRoot, int Cost) : TransportConfiguration(Name, Cost)
{
    public override bool SameAs(TransportConfiguration other) => Equals(other);
}
