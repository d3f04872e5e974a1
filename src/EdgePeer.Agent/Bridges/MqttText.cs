using System.Text;

namespace EdgePeer.Agent.Bridges;

/// <summary>Which texts of others may stand in a publish. What MQTT forbids (5.0 §1.5.4) breaks the connection, and what the client library forbids is never sent.</summary>
internal static class MqttText
{
    /// <summary>For one topic, without wildcards: the library takes <see cref="Limits.TopicLevelsMax"/> levels.</summary>
    public static bool IsTopic(string text) =>
        text.Length is > 0 and <= Limits.TopicBytesMax && Encoding.UTF8.GetByteCount(text) <= Limits.TopicBytesMax && !text.AsSpan().ContainsAny("+#")
        && text.AsSpan().Count('/') < Limits.TopicLevelsMax && IsText(text);

    public static bool IsContentType(string text) => text.Length is > 0 and <= Limits.ContentTypeCharsMax && IsText(text);

    private static bool IsText(string text)
    {
        var rest = text.AsSpan();
        while (Rune.DecodeFromUtf16(rest, out var rune, out int read) == System.Buffers.OperationStatus.Done)
        {
            if (Rune.IsControl(rune) || (rune.Value & 0xfffe) == 0xfffe || rune.Value is >= 0xfdd0 and <= 0xfdef)
                return false;
            rest = rest[read..];
        }
        // Half of a pair.
        return rest.IsEmpty;
    }
}
