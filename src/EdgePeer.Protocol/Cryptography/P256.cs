using System.Security.Cryptography;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Cryptography;

/// <summary>
/// NIST P-256, as secure elements and TPMs have it: public keys are compressed points (SEC 1, §2.3.3), what both ends come to is the
/// x-coordinate of the common point.
/// </summary>
public sealed class P256 : IKeyAgreement
{
    /// <summary>Of a private key: a number from 1 to n - 1, big-endian.</summary>
    public const int ScalarBytes = 32;

    public static P256 Instance { get; } = new();

    internal static readonly ECCurve Curve = ECCurve.NamedCurves.nistP256;

    private P256()
    {
    }

    public string Name => "P256";

    public int PublicKeyBytes => CompressedPoint.Bytes;

    public int SecretBytes => P256Field.Bytes;

    public bool IsPublicKey(ReadOnlySpan<byte> bytes)
    {
        Span<byte> x = stackalloc byte[P256Field.Bytes], y = stackalloc byte[P256Field.Bytes];
        return CompressedPoint.TryDecompress(bytes, x, y);
    }

    public IKeyPair Generate(IRandom random)
    {
        Span<byte> scalar = stackalloc byte[ScalarBytes];
        // FIPS 186-5, A.2.2; one try in 2^32 is drawn again.
        do
            random.Fill(scalar);
        while (!IsScalar(scalar));
        var pair = Import(scalar);
        CryptographicOperations.ZeroMemory(scalar);
        return pair;
    }

    /// <param name="scalar">The private key; copied.</param>
    /// <exception cref="ArgumentException">It is not a number from 1 to n - 1 in 32 bytes.</exception>
    public static P256KeyPair Import(ReadOnlySpan<byte> scalar)
    {
        if (!IsScalar(scalar))
            throw new ArgumentException("not a private key of P-256: a number from 1 to the curve's order is wanted, in 32 bytes", nameof(scalar));
        return new P256KeyPair(scalar);
    }

    /// <summary>Checks ECDSA over SHA-256. All three may come from outside.</summary>
    public static bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> statement, ReadOnlySpan<byte> signature)
    {
        if (signature.Length != IPeerKey.SignatureBytes || !IsScalar(signature[..ScalarBytes]) || !IsScalar(signature[ScalarBytes..]))
            return false;
        if (!CompressedPoint.TryRead(publicKey, out var point))
            return false;
        using var key = ECDsa.Create(new ECParameters { Curve = Curve, Q = point });
        return key.VerifyData(statement, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation);
    }

    private static bool IsScalar(ReadOnlySpan<byte> scalar) =>
        scalar.Length == ScalarBytes && scalar.IndexOfAnyExcept((byte)0) >= 0 && scalar.SequenceCompareTo(Order) < 0;

    private static ReadOnlySpan<byte> Order =>
    [
        0xFF, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x00, 0x00, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
        0xBC, 0xE6, 0xFA, 0xAD, 0xA7, 0x17, 0x9E, 0x84, 0xF3, 0xB9, 0xCA, 0xC2, 0xFC, 0x63, 0x25, 0x51,
    ];
}
