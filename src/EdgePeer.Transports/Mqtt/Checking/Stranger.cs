namespace EdgePeer.Transports.Mqtt.Checking;

/// <summary>What answers where a broker should, as far as its first bytes tell.</summary>
internal static class Stranger
{
    /// <returns>The end of a sentence about it.</returns>
    public static string Describe(ReadOnlySpan<byte> bytes) =>
        bytes.StartsWith("HTTP/"u8) ? "it speaks HTTP"
        : bytes.StartsWith("SSH-"u8) ? "it speaks SSH"
        : bytes.Length > 1 && bytes[0] is TlsAlert or TlsHandshake && bytes[1] == TlsVersion ? "it speaks TLS: where the port is for TLS, write mqtts://"
        : $"it begins with 0x{bytes[0]:X2}";

    // RFC 8446 §5.1.
    private const byte TlsAlert = 0x15, TlsHandshake = 0x16, TlsVersion = 3;
}
