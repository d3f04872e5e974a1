using EdgePeer.Protocol.Cryptography;

namespace EdgePeer.Protocol.Noise;

/// <summary>A handshake pattern with the functions that fill it. The hash is SHA-256.</summary>
public sealed class NoiseProtocol(HandshakePattern pattern, IKeyAgreement agreement, ICipher cipher)
{
    /// <summary>No message is longer (Noise §3).</summary>
    public const int MessageBytesMax = 65_535;

    public const int HashBytes = 32;
    public const int KeyBytes = 32;
    public const int PskBytes = 32;

    public HandshakePattern Pattern => pattern;

    public IKeyAgreement Agreement => agreement;

    public ICipher Cipher => cipher;

    /// <summary>Both ends hash it first, so that only ends with the same one understand each other.</summary>
    public string Name { get; } = $"Noise_{pattern.Name}_{agreement.Name}_{cipher.Name}_SHA256";
}
