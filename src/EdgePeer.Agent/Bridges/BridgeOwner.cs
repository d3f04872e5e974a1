using EdgePeer.Transports.Mqtt;
using EdgePeer.Transports.Mqtt.Mosquitto;
using EdgePeer.Wire;

namespace EdgePeer.Agent.Bridges;

/// <summary>Who has bridges, and what they use of it.</summary>
/// <param name="Name">As its configuration says.</param>
/// <param name="Log">Called from any thread; returns at once.</param>
internal sealed record BridgeOwner(PeerId Peer, string Name, Action<string> Log)
{
    public TimeProvider Time { get; init; } = TimeProvider.System;

    public Func<MqttBroker, MqttPresence, IMqttClient> MakeClient { get; init; } = static (broker, presence) => new MosquittoClient(broker, presence);
}
