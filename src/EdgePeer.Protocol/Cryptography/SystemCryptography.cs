namespace EdgePeer.Protocol.Cryptography;

/// <summary>The cryptography of a device: all of it .NET's, and so OpenSSL's.</summary>
public sealed class SystemCryptography : ICryptography
{
    public static SystemCryptography Instance { get; } = new();

    private SystemCryptography()
    {
    }

    public IKeyAgreement Agreement => P256.Instance;

    public ICipher Cipher(CipherSuite suite) => suite switch
    {
        CipherSuite.ChaChaPoly => ChaChaPolyCipher.Instance,
        CipherSuite.AesCcm8 => AesCcm8Cipher.Instance,
        CipherSuite.AesGcm => AesGcmCipher.Instance,
        _ => throw new ArgumentOutOfRangeException(nameof(suite), suite, "no such cipher suite; a number from outside is checked where it is read"),
    };

    public bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> statement, ReadOnlySpan<byte> signature) =>
        P256.Verify(publicKey, statement, signature);
}
