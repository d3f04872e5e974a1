using System.Security.Cryptography;
using System.Text;
using EdgePeer.Protocol.Cryptography;

namespace EdgePeer.Protocol.Noise;

/// <summary>What both ends have mixed so far: a chaining key of all secrets, a hash of all that was said (Noise §5.2).</summary>
internal sealed class SymmetricState(ICipher cipher) : IDisposable
{
    private readonly IncrementalHash _hasher = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly byte[] _chainingKey = new byte[NoiseProtocol.HashBytes];
    private readonly byte[] _hash = new byte[NoiseProtocol.HashBytes];
    private readonly CipherState _cipher = new(cipher);

    public ReadOnlySpan<byte> Hash => _hash;

    public bool HasKey => _cipher.HasKey;

    public void Initialize(string protocolName)
    {
        byte[] name = Encoding.ASCII.GetBytes(protocolName);
        if (name.Length <= _hash.Length)
            name.CopyTo(_hash, 0);
        else
            SHA256.HashData(name, _hash);
        _hash.CopyTo(_chainingKey, 0);
    }

    public void MixHash(ReadOnlySpan<byte> bytes)
    {
        _hasher.AppendData(_hash);
        _hasher.AppendData(bytes);
        _hasher.GetHashAndReset(_hash);
    }

    public void MixKey(ReadOnlySpan<byte> secret)
    {
        Span<byte> outputs = stackalloc byte[2 * NoiseProtocol.HashBytes];
        Derive(secret, outputs);
        outputs[..NoiseProtocol.HashBytes].CopyTo(_chainingKey);
        _cipher.InitializeKey(outputs[NoiseProtocol.HashBytes..]);
        CryptographicOperations.ZeroMemory(outputs);
    }

    public void MixKeyAndHash(ReadOnlySpan<byte> secret)
    {
        Span<byte> outputs = stackalloc byte[3 * NoiseProtocol.HashBytes];
        Derive(secret, outputs);
        outputs[..NoiseProtocol.HashBytes].CopyTo(_chainingKey);
        MixHash(outputs[NoiseProtocol.HashBytes..(2 * NoiseProtocol.HashBytes)]);
        _cipher.InitializeKey(outputs[(2 * NoiseProtocol.HashBytes)..]);
        CryptographicOperations.ZeroMemory(outputs);
    }

    public void EncryptAndHash(ReadOnlySpan<byte> plain, Span<byte> into)
    {
        _cipher.EncryptWithAd(_hash, plain, into);
        MixHash(into);
    }

    public bool TryDecryptAndHash(ReadOnlySpan<byte> text, Span<byte> into)
    {
        if (!_cipher.TryDecryptWithAd(_hash, text, into))
            return false;
        MixHash(text);
        return true;
    }

    public void Split(Span<byte> toResponder, Span<byte> toInitiator)
    {
        Span<byte> outputs = stackalloc byte[2 * NoiseProtocol.KeyBytes];
        Derive([], outputs);
        outputs[..NoiseProtocol.KeyBytes].CopyTo(toResponder);
        outputs[NoiseProtocol.KeyBytes..].CopyTo(toInitiator);
        CryptographicOperations.ZeroMemory(outputs);
    }

    public void CopyFrom(SymmetricState other)
    {
        other._chainingKey.CopyTo(_chainingKey, 0);
        other._hash.CopyTo(_hash, 0);
        _cipher.CopyFrom(other._cipher);
    }

    public void Dispose()
    {
        _hasher.Dispose();
        _cipher.Dispose();
        CryptographicOperations.ZeroMemory(_chainingKey);
    }

    /// <summary>Noise's HKDF (§4.3) is that of RFC 5869 without an info.</summary>
    private void Derive(ReadOnlySpan<byte> secret, Span<byte> outputs)
    {
        Span<byte> extracted = stackalloc byte[NoiseProtocol.HashBytes];
        // HKDF-Extract is this HMAC; .NET's own function refuses the empty secret that splitting takes.
        HMACSHA256.HashData(_chainingKey, secret, extracted);
        HKDF.Expand(HashAlgorithmName.SHA256, extracted, outputs, []);
        CryptographicOperations.ZeroMemory(extracted);
    }
}
