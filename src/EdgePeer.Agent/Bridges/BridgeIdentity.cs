using System.Security.Cryptography;
using System.Text;
using EdgePeer.Agent.Configuration;
using EdgePeer.Runtime;
using EdgePeer.Transports.Mqtt;
using EdgePeer.Wire;

namespace EdgePeer.Agent.Bridges;

/// <summary>The names that a bridge goes by, and those that it gives to messages: BRIDGE.md.</summary>
internal static class BridgeIdentity
{
    /// <summary>Of the pipe's input endpoint.</summary>
    public static readonly EndpointName Endpoint = EndpointName.Parse("bridge");

    public const string PeerProperty = "peer";
    public const string SequenceProperty = "sequence";
    public const string IdProperty = "id";

    /// <summary>How the broker knows it again: the same for as long as peer, pipe, direction and topic are. At most 23 characters, which every broker takes.</summary>
    public static MqttPresence Presence(BridgeConfiguration bridge, PeerId peer)
    {
        byte[] hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{peer}\n{bridge.Pipe}\n{bridge.Direction}\n{bridge.Topic.Text}"));
        return new MqttPresence($"edgepeer{Convert.ToHexStringLower(hash.AsSpan(0, 7))}", Will: null, bridge.SessionExpiry);
    }

    /// <summary>Of a message: the same however often it comes. An incarnation is of one pipe, priority and writer.</summary>
    public static string IdOf(ReceivedMessage message) => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{message.Stream.Incarnation}-{message.Sequence}");
}
