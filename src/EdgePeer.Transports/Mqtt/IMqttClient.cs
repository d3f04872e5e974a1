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

    /// <summary>From any thread. Subscriptions end with the connection.</summary>
    /// <returns>False while not connected.</returns>
    bool TrySubscribe(string filter, MqttQos qos);

    /// <summary>From any thread. The bytes are copied, and held until <see cref="IMqttHandler.Sent"/>: who publishes bounds how much that is.</summary>
    /// <param name="id">Names it in <see cref="IMqttHandler.Sent"/>, which may come before this returns.</param>
    /// <returns>False when it was not taken.</returns>
    bool TryPublish(string topic, ReadOnlySpan<byte> payload, MqttQos qos, bool retain, out int id);
}

/// <summary>What a connection brings; called on the thread of <see cref="IMqttClient.Run"/>. Must not throw.</summary>
public interface IMqttHandler
{
    void Connected();

    /// <summary>The broker does not let this client read what it has asked for.</summary>
    void SubscriptionRefused(string reason);

    /// <param name="payload">Lent for the call.</param>
    void Received(string topic, ReadOnlySpan<byte> payload);

    /// <summary>At QoS 0 it has left; at QoS 1 the broker has it.</summary>
    void Sent(int id);
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

    /// <summary>The broker, or whoever answers there, does not speak this version of MQTT.</summary>
    OtherVersion,

    /// <summary>Name, password or certificate are not accepted, on either side.</summary>
    Refused,
}
