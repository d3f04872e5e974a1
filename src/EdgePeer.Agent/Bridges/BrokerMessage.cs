using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics.CodeAnalysis;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace EdgePeer.Agent.Bridges;

/// <summary>A message of a broker as it travels in a pipe, with all that stood beside its payload: BRIDGE.md, "Envelopes".</summary>
/// <param name="ContentType">Null for none.</param>
/// <param name="ExpirySeconds">What was left when it came from the broker; null for ever.</param>
internal sealed record BrokerMessage(string Topic, bool Retain, string? ContentType, uint? ExpirySeconds, ReadOnlyMemory<byte> Payload)
{
    public byte[] Write()
    {
        var buffer = new ArrayBufferWriter<byte>(Base64.GetMaxEncodedToUtf8Length(Payload.Length) + Topic.Length + Room);
        using (var json = new Utf8JsonWriter(buffer, Plain))
        {
            json.WriteStartObject();
            json.WriteString(TopicKey, Topic);
            json.WriteBoolean(RetainKey, Retain);
            if (ContentType is not null)
                json.WriteString(ContentTypeKey, ContentType);
            if (ExpirySeconds is { } seconds)
                json.WriteNumber(ExpiryKey, seconds);
            json.WriteBase64String(PayloadKey, Payload.Span);
            json.WriteEndObject();
        }
        return buffer.WrittenSpan.ToArray();
    }

    /// <summary>Reads what anyone may have written. What is read can be published.</summary>
    /// <param name="fault">Why it is none, as the end of a sentence.</param>
    public static bool TryRead(ReadOnlySpan<byte> written, [NotNullWhen(true)] out BrokerMessage? message, [NotNullWhen(false)] out string? fault)
    {
        message = null;
        try
        {
            fault = Read(written, out message);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // The reader's word for text that is not JSON, or not UTF-8, or a number out of range.
            fault = "it is not JSON";
        }
        return fault is null;
    }

    private static string? Read(ReadOnlySpan<byte> written, out BrokerMessage? message)
    {
        message = null;
        var json = new Utf8JsonReader(written, new JsonReaderOptions { MaxDepth = DepthMax });
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject)
            return "it is no JSON object";
        string? topic = null, contentType = null;
        byte[]? payload = null;
        bool? retain = null;
        uint? expiry = null;
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            if (json.ValueTextEquals(TopicKey))
            {
                if (topic is not null || !json.Read() || json.TokenType != JsonTokenType.String || !MqttText.IsTopic(topic = json.GetString()!))
                    return "its \"topic\" is none that can be published";
            }
            else if (json.ValueTextEquals(RetainKey))
            {
                if (retain is not null || !json.Read() || json.TokenType is not (JsonTokenType.True or JsonTokenType.False))
                    return "its \"retain\" is neither true nor false";
                retain = json.GetBoolean();
            }
            else if (json.ValueTextEquals(ContentTypeKey))
            {
                if (contentType is not null || !json.Read() || json.TokenType != JsonTokenType.String || !MqttText.IsContentType(contentType = json.GetString()!))
                    return "its \"contentType\" is none";
            }
            else if (json.ValueTextEquals(ExpiryKey))
            {
                if (expiry is not null || !json.Read() || json.TokenType != JsonTokenType.Number || !json.TryGetUInt32(out uint seconds))
                    return "its \"expiry\" is no number of seconds";
                expiry = seconds;
            }
            else if (json.ValueTextEquals(PayloadKey))
            {
                if (payload is not null || !json.Read() || json.TokenType != JsonTokenType.String || !json.TryGetBytesFromBase64(out payload))
                    return "its \"payload\" is not base64";
            }
            else
            {
                // Of another version.
                json.Skip();
            }
        }
        // What stands behind the object is an exception of the reader's.
        _ = json.Read();
        if (topic is null || payload is null)
            return $"it has no \"{(topic is null ? "topic" : "payload")}\"";
        message = new BrokerMessage(topic, retain ?? false, contentType, expiry, payload);
        return null;
    }

    private const string TopicKey = "topic", RetainKey = "retain", ContentTypeKey = "contentType", ExpiryKey = "expiry", PayloadKey = "payload";

    // Members of other versions may nest.
    private const int DepthMax = 8;

    // For the keys.
    private const int Room = 512;

    // It is never within HTML.
    private static readonly JsonWriterOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
