using System.Security.Cryptography;

namespace EdgePeer.Protocol.Cryptography;

/// <summary>A P-256 key pair in this process's memory: of one handshake, or the one that a peer is known by.</summary>
public sealed class P256KeyPair : IPeerKey
{
    private readonly ECDiffieHellman _agreement;
    private readonly byte[] _publicKey = new byte[CompressedPoint.Bytes];
    private ECDsa? _signer;

    internal P256KeyPair(ReadOnlySpan<byte> scalar)
    {
        byte[] d = scalar.ToArray();
        // The private half alone is enough; the public one is computed.
        _agreement = ECDiffieHellman.Create(new ECParameters { Curve = P256.Curve, D = d });
        CryptographicOperations.ZeroMemory(d);
        CompressedPoint.Write(_agreement.ExportParameters(includePrivateParameters: false).Q, _publicKey);
    }

    public ReadOnlySpan<byte> PublicKey => _publicKey;

    public bool TryAgree(ReadOnlySpan<byte> other, Span<byte> secret)
    {
        if (!CompressedPoint.TryRead(other, out var point))
            return false;
        // The order is prime, so no point of the curve leads to infinity.
        using var otherKey = ECDiffieHellman.Create(new ECParameters { Curve = P256.Curve, Q = point });
        using var otherHalf = otherKey.PublicKey;
        byte[] common = _agreement.DeriveRawSecretAgreement(otherHalf);
        common.CopyTo(secret);
        CryptographicOperations.ZeroMemory(common);
        return true;
    }

    /// <remarks>OpenSSL draws the signature's own random number: the same statement gives another signature each time.</remarks>
    public void Sign(ReadOnlySpan<byte> statement, Span<byte> signature)
    {
        _signer ??= MakeSigner();
        if (!_signer.TrySignData(statement, signature, HashAlgorithmName.SHA256, DSASignatureFormat.IeeeP1363FixedFieldConcatenation, out _))
            throw new ArgumentException($"a signature takes {IPeerKey.SignatureBytes} bytes, and the buffer has {signature.Length}", nameof(signature));
    }

    private ECDsa MakeSigner()
    {
        var parameters = _agreement.ExportParameters(includePrivateParameters: true);
        var signer = ECDsa.Create(parameters);
        CryptographicOperations.ZeroMemory(parameters.D);
        return signer;
    }

    public void Dispose()
    {
        _agreement.Dispose();
        _signer?.Dispose();
    }
}
