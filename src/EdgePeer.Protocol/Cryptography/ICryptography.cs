using EdgePeer.Wire;

namespace EdgePeer.Protocol.Cryptography;

/// <summary>The ciphers and curves that sessions are made of: .NET's on a device, cheap stand-ins in most seeds of the simulator.</summary>
public interface ICryptography
{
    /// <summary>The Diffie-Hellman function of handshakes.</summary>
    IKeyAgreement Agreement { get; }

    ICipher Cipher(CipherSuite suite);

    /// <param name="publicKey">As <see cref="IKeyPair.PublicKey"/> gives it.</param>
    /// <param name="signature">As <see cref="IPeerKey.Sign"/> wrote it; any length, any content.</param>
    bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> statement, ReadOnlySpan<byte> signature);
}

/// <summary>How packets are sealed. The number stands in handshakes. WIRE.md, "Suites".</summary>
public enum CipherSuite : byte
{
    /// <summary>ChaCha20-Poly1305 with tags of 16 bytes, as RFC 8439: fast without AES in hardware.</summary>
    ChaChaPoly = 1,

    /// <summary>AES-256-CCM with tags of 8 bytes, as RFC 3610: for slow lines.</summary>
    AesCcm8 = 2,

    /// <summary>AES-256-GCM with tags of 16 bytes: in the published test vectors.</summary>
    AesGcm = 3,
}

/// <summary>A Diffie-Hellman function, as the Noise framework (revision 34, §4.1) wants it.</summary>
public interface IKeyAgreement
{
    /// <summary>As it stands in the name of a Noise protocol: "P256".</summary>
    string Name { get; }

    int PublicKeyBytes { get; }

    /// <summary>Of what both ends come to.</summary>
    int SecretBytes { get; }

    /// <summary>Whether the bytes are a public key; any length, any content. A handshake asks this of every key as it comes in.</summary>
    bool IsPublicKey(ReadOnlySpan<byte> bytes);

    /// <summary>A key pair for one handshake, made of the given randomness alone.</summary>
    IKeyPair Generate(IRandom random);
}

/// <summary>A key pair, or a way to one that never gives its private half out.</summary>
public interface IKeyPair : IDisposable
{
    ReadOnlySpan<byte> PublicKey { get; }

    /// <param name="other">A public key from outside: any content.</param>
    /// <param name="secret">Exactly <see cref="IKeyAgreement.SecretBytes"/>.</param>
    /// <returns>False when <paramref name="other"/> is no point of the curve.</returns>
    bool TryAgree(ReadOnlySpan<byte> other, Span<byte> secret);
}

/// <summary>
/// The key pair that a peer is known by. Behind an interface because a TPM or secure element may hold it; what it does is
/// called from the node's one thread, so a slow one delays handshakes and nothing is lost by that.
/// </summary>
public interface IPeerKey : IKeyPair
{
    /// <summary>Signs with ECDSA over SHA-256.</summary>
    /// <param name="signature">Exactly <see cref="SignatureBytes"/>: r and s, 32 bytes each, big-endian.</param>
    void Sign(ReadOnlySpan<byte> statement, Span<byte> signature);

    const int SignatureBytes = 64;
}

/// <summary>An authenticated cipher.</summary>
public interface ICipher
{
    /// <summary>As it stands in the name of a Noise protocol: "ChaChaPoly".</summary>
    string Name { get; }

    int TagBytes { get; }

    /// <summary>The nonce that the Noise framework (§5.1) makes of a counter.</summary>
    /// <param name="nonce">Exactly <see cref="ICipherKey.NonceBytes"/>.</param>
    void WriteNonce(ulong counter, Span<byte> nonce);

    /// <param name="key">32 bytes; copied.</param>
    ICipherKey Create(ReadOnlySpan<byte> key);
}

/// <summary>One key of a cipher. Sealing and opening allocate nothing; the caller sees to it that a nonce never repeats.</summary>
public interface ICipherKey : IDisposable
{
    const int NonceBytes = 12;

    int TagBytes { get; }

    /// <param name="into">The plain text's length and <see cref="TagBytes"/>; may be where the plain text is.</param>
    void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plain, Span<byte> into);

    /// <param name="into">The sealed length less <see cref="TagBytes"/>; may be where the sealed text is. Of no use when this returns false.</param>
    /// <returns>False when the tag does not fit, or there is none.</returns>
    bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> sealedText, Span<byte> into);
}
