using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text.Json;
using EdgePeer.Agent.Configuration;
using EdgePeer.Runtime;
using EdgePeer.Transports.Mqtt;

namespace EdgePeer.Agent.Bridges;

/// <summary>What is published of the messages of a pipe.</summary>
internal sealed class Publications(ToBrokerConfiguration configuration, MessageTopics topics)
{
    public async ValueTask<Publication> OfAsync(ReceivedMessage message)
    {
        BrokerMessage? wrapped = null;
        if (configuration.Envelope == BridgeEnvelope.Unwrap && !BrokerMessage.TryRead(message.Payload, out wrapped, out string? fault))
            return new Publication($"{fault}, and nothing that a bridge from-broker with \"envelope\": \"wrap\" has written: let nobody else write to the pipe");
        var topic = await topics.OfAsync(message, wrapped?.Topic ?? "");
        var user = Names(message, topic);
        if (wrapped is null)
            return new Publication(
                topic.Topic, configuration.Envelope == BridgeEnvelope.Wrap ? Wrap(message, topic) : message.Payload, configuration.Retain,
                new MqttProperties(user, configuration.ContentType, configuration.Expiry));
        // Filled with what others wrote: $ begins topics by which a broker is ruled.
        if (topic.Topic[0] == '$' || !MqttText.IsTopic(topic.Topic))
            return new Publication($"with its \"topic\" it would be published to \"{topic.Topic}\", which begins with $ or is too long: put levels before {{topic}}, or subscribe less");
        return new Publication(
            topic.Topic, wrapped.Payload, wrapped.Retain, new MqttProperties(user, wrapped.ContentType, wrapped.ExpirySeconds is { } seconds ? TimeSpan.FromSeconds(seconds) : null));
    }

    private static KeyValuePair<string, string>[] Names(ReceivedMessage message, in MessageTopic topic) =>
    [
        KeyValuePair.Create(BridgeIdentity.PeerProperty, topic.Peer),
        KeyValuePair.Create(BridgeIdentity.SequenceProperty, message.Sequence.ToString(CultureInfo.InvariantCulture)),
        KeyValuePair.Create(BridgeIdentity.IdProperty, topic.Id),
    ];

    private static ReadOnlyMemory<byte> Wrap(ReceivedMessage message, in MessageTopic topic)
    {
        var buffer = new ArrayBufferWriter<byte>(Base64.GetMaxEncodedToUtf8Length(message.Payload.Length) + Room);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("peer", topic.Peer);
            json.WriteString("pipe", message.Stream.Pipe.Text);
            json.WriteNumber("sequence", message.Sequence);
            json.WriteString("id", topic.Id);
            json.WriteBase64String("payload", message.Payload);
            json.WriteEndObject();
        }
        return buffer.WrittenMemory;
    }

    // For the keys, and the longest pipe's name.
    private const int Room = 256;
}

/// <summary>One message as a broker is to get it, or why it cannot.</summary>
internal sealed record Publication(string Topic, ReadOnlyMemory<byte> Payload, bool Retain, MqttProperties Properties)
{
    public Publication(string fault)
        : this("", default, false, new MqttProperties([])) => Fault = fault;

    /// <summary>Null where it can be published; else it is to be passed by. For a person: what, and the mend.</summary>
    public string? Fault { get; }
}
