using System.Buffers;
using System.Text;

namespace EdgePeer.Transports.Mqtt.Checking;

/// <summary>Text as it stands in packets: UTF-8 without the characters that MQTT 5 §1.5.4 forbids or lets a receiver refuse, all of which the client library refuses.</summary>
internal static class PacketText
{
    public static bool IsText(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out int length) != OperationStatus.Done || IsForbidden(rune.Value))
                return false;
            bytes = bytes[length..];
        }
        return true;
    }

    /// <summary>§4.7.1: a topic that messages are published to.</summary>
    public static bool IsTopic(ReadOnlySpan<byte> bytes) => !bytes.IsEmpty && !bytes.ContainsAny((byte)'+', (byte)'#') && IsText(bytes);

    // Control characters, zero among them, and what Unicode calls no characters.
    private static bool IsForbidden(int character) =>
        character is < 0x20 or (>= 0x7f and < 0xa0) or (>= 0xfdd0 and <= 0xfdef) || (character & 0xfffe) == 0xfffe;
}
