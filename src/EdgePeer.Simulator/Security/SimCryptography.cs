using System.Security.Cryptography;
using EdgePeer.Protocol.Cryptography;

namespace EdgePeer.Simulator.Security;

/// <summary>
/// What the peers of one world are given: stand-ins, or .NET's own ciphers and curve. Signatures are stand-ins always, because
/// OpenSSL's differ from run to run.
/// </summary>
internal sealed class SimCryptography(bool real) : ICryptography
{
    public IKeyAgreement Agreement { get; } = real ? P256.Instance : new StandInAgreement();

    public ICipher Cipher(CipherSuite suite) =>
        real ? SystemCryptography.Instance.Cipher(suite) : suite == CipherSuite.AesCcm8 ? ShortTags : LongTags;

    public bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> statement, ReadOnlySpan<byte> signature)
    {
        Span<byte> expected = stackalloc byte[IPeerKey.SignatureBytes];
        Sign(publicKey, statement, expected);
        return signature.SequenceEqual(expected);
    }

    /// <summary>Anyone could make it; nobody here does but who holds the key.</summary>
    public static void Sign(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> statement, Span<byte> signature)
    {
        SHA256.HashData([.. publicKey, .. statement], signature);
        SHA256.HashData(signature[..32], signature[32..]);
    }

    private static readonly StandInCipher LongTags = new("ChaChaPoly", 16);
    private static readonly StandInCipher ShortTags = new("AESCCM", 8);
}

/// <summary>A peer's own key pair.</summary>
internal sealed class SimPeerKey(IKeyPair pair) : IPeerKey
{
    public ReadOnlySpan<byte> PublicKey => pair.PublicKey;

    public bool TryAgree(ReadOnlySpan<byte> other, Span<byte> secret) => pair.TryAgree(other, secret);

    public void Sign(ReadOnlySpan<byte> statement, Span<byte> signature) => SimCryptography.Sign(pair.PublicKey, statement, signature);

    public void Dispose() => pair.Dispose();
}
