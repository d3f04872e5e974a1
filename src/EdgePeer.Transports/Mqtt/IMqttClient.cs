namespace EdgePeer.Transports.Mqtt;

/// <summary>A client library of MQTT, as this project wants it. Nothing of the library shows here.</summary>
public interface IMqttClient : IDisposable
{
    /// <summary>Connects, and serves the connection on the calling thread until it has ended. Called again after it has.</summary>
    MqttEnd Run(IMqttHandler handler);

    /// <summary>Lets <see cref="Run"/> send what was published, and end. From any thread.</summary>
    void Stop();

    /// <summary>Ends the connection, of which nothing is to be had: <see cref="Run"/> ends as refused. From any thread.</summary>
    /// <param name="reason">For a person: what, and the mend.</param>
    void Drop(string reason);

    /// <summary>From any thread. Subscriptions end with the session: by default with the connection. Kept messages come where the session had no such subscription.</summary>
    /// <returns>False while not connected.</returns>
    bool TrySubscribe(string filter, MqttQos qos);

    /// <summary>From any thread. The bytes are copied, and held until <see cref="IMqttHandler.Sent"/>: who publishes bounds how much that is.</summary>
    /// <param name="id">Names it in <see cref="IMqttHandler.Sent"/>, which may come before this returns.</param>
    /// <returns>False when it was not taken.</returns>
    bool TryPublish(string topic, ReadOnlySpan<byte> payload, MqttQos qos, bool retain, out int id) => Publish(topic, payload, qos, retain, null, out id) == MqttTaken.Yes;

    /// <param name="properties">Left out where the connection is of MQTT 3.1.1, which has none; null for none.</param>
    MqttTaken Publish(string topic, ReadOnlySpan<byte> payload, MqttQos qos, bool retain, MqttProperties? properties, out int id);
}

/// <summary>What a connection brings; called on the thread of <see cref="IMqttClient.Run"/>. Must not throw.</summary>
public interface IMqttHandler
{
    /// <param name="sessionPresent">The broker goes on with what it knows of this client; else it knows nothing of it.</param>
    void Connected(MqttVersion version, bool sessionPresent);

    /// <summary>The broker has taken a subscription.</summary>
    /// <param name="granted">At which its messages come at most.</param>
    void Subscribed(MqttQos granted)
    {
    }

    /// <summary>The broker does not let this client read what it has asked for.</summary>
    void SubscriptionRefused(string reason);

    /// <summary>A message at QoS 1 is acknowledged to the broker when this has returned, and not sooner.</summary>
    /// <param name="message">Lent for the call.</param>
    /// <returns>False when it is not to be acknowledged: the connection ends, and a broker that keeps the session gives the message again.</returns>
    bool Received(in MqttReceived message);

    /// <summary>At QoS 0 it has left; at QoS 1 the broker has it.</summary>
    void Sent(int id);

    /// <summary>A message at QoS 1 that the broker does not take, as MQTT 5 lets it say.</summary>
    void Refused(int id, MqttRefusal refusal, string reason) => Sent(id);
}

/// <summary>A message that a broker has passed on.</summary>
/// <param name="properties">Null where it has none.</param>
public readonly ref struct MqttReceived(string topic, ReadOnlySpan<byte> payload, bool retained, MqttProperties? properties)
{
    public string Topic { get; } = topic;

    public ReadOnlySpan<byte> Payload { get; } = payload;

    /// <summary>With MQTT 5 as its publisher said; with 3.1.1 only what the broker had kept for who subscribes.</summary>
    public bool Retained { get; } = retained;

    public MqttProperties? Properties { get; } = properties;
}

/// <summary>What MQTT 5 says of a message beside its payload.</summary>
/// <param name="User">Names and values, in their order.</param>
/// <param name="ContentType">Null for none.</param>
/// <param name="Expiry">How long the broker may keep it, in whole seconds; null for ever.</param>
public sealed record MqttProperties(IReadOnlyList<KeyValuePair<string, string>> User, string? ContentType = null, TimeSpan? Expiry = null);

public enum MqttTaken : byte
{
    Yes,

    /// <summary>There is no connection: it may be published in the next one.</summary>
    NotNow,

    /// <summary>The broker, or the protocol, allows no such message: as a rule it is too long.</summary>
    Never,

    /// <summary>The broker takes none at this QoS.</summary>
    NotAtThisQos,
}

/// <summary>What becomes of a message that a broker has refused.</summary>
public enum MqttRefusal : byte
{
    /// <summary>It may be taken when the broker, or what it allows, has changed.</summary>
    NotNow,

    /// <summary>It is too long, or otherwise one that this broker never takes.</summary>
    Never,
}

public enum MqttQos : byte
{
    AtMostOnce = 0,
    AtLeastOnce = 1,
}

/// <summary>How a connection ended.</summary>
/// <param name="Reason">For a person: what, and the mend where there is one.</param>
public readonly record struct MqttEnd(MqttEndKind Kind, string Reason);

public enum MqttEndKind : byte
{
    Stopped,

    /// <summary>It had been connected.</summary>
    Lost,

    /// <summary>It never was.</summary>
    NotReached,

    /// <summary>The broker, or whoever answers there, speaks no version of MQTT that is spoken here.</summary>
    OtherVersion,

    /// <summary>Name, password or certificate are not accepted, on either side.</summary>
    Refused,
}
