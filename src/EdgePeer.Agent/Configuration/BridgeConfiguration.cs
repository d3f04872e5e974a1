using EdgePeer.Agent.Bridges;
using EdgePeer.Transports.Mqtt;
using EdgePeer.Wire;

namespace EdgePeer.Agent.Configuration;

/// <summary>One member of <c>bridges</c>. Two that are equal are one bridge, which a reload lets run on.</summary>
/// <param name="Transport">The transport whose broker it uses.</param>
/// <param name="Topic">Where to publish, or what to subscribe.</param>
/// <param name="SessionExpiry">How long the broker is asked to keep the session of a bridge that is away.</param>
internal abstract record BridgeConfiguration(PipeName Pipe, string Transport, MqttBroker Broker, TopicTemplate Topic, TimeSpan SessionExpiry, BridgeEnvelope Envelope)
{
    public abstract string Direction { get; }
}

/// <param name="Retain">The broker is to keep the latest message of each topic. As content type and expiry, of what has no envelope of its own.</param>
/// <param name="Expiry">How long a message is worth something to consumers; null for ever.</param>
/// <param name="Replay">What is kept for a broker that forgets.</param>
/// <param name="PipeCapacityBytes">Of the pipe; null where it may take all of the journal's room.</param>
internal sealed record ToBrokerConfiguration(
    PipeName Pipe, string Transport, MqttBroker Broker, TopicTemplate Topic, TimeSpan SessionExpiry, BridgeEnvelope Envelope, bool Retain, string? ContentType, TimeSpan? Expiry,
    ReplayWindow Replay, long? PipeCapacityBytes)
    : BridgeConfiguration(Pipe, Transport, Broker, Topic, SessionExpiry, Envelope)
{
    public const string Word = "to-broker";

    public override string Direction => Word;
}

internal sealed record FromBrokerConfiguration(PipeName Pipe, string Transport, MqttBroker Broker, TopicTemplate Topic, TimeSpan SessionExpiry, BridgeEnvelope Envelope)
    : BridgeConfiguration(Pipe, Transport, Broker, Topic, SessionExpiry, Envelope)
{
    public const string Word = "from-broker";

    public override string Direction => Word;
}
