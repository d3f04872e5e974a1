using System.Security.Cryptography;
using EdgePeer.Protocol.Cryptography;

namespace EdgePeer.Protocol.Noise;

/// <summary>A key, if there is one yet, and the number of times it has been used (Noise §5.1).</summary>
internal sealed class CipherState(ICipher cipher) : IDisposable
{
    private readonly byte[] _key = new byte[NoiseProtocol.KeyBytes];
    private ICipherKey? _cipherKey;
    private ulong _counter;

    public bool HasKey { get; private set; }

    public void InitializeKey(ReadOnlySpan<byte> key)
    {
        Forget();
        key.CopyTo(_key);
        HasKey = true;
    }

    /// <param name="into">The plain text's length and, with a key, the tag's.</param>
    public void EncryptWithAd(ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plain, Span<byte> into)
    {
        if (!HasKey)
        {
            plain.CopyTo(into);
            return;
        }
        Span<byte> nonce = stackalloc byte[ICipherKey.NonceBytes];
        WriteNonce(nonce);
        CipherKey.Seal(nonce, associated, plain, into);
        _counter++;
    }

    /// <param name="into">The text's length, less the tag's with a key.</param>
    /// <returns>False when it is forged; that uses no number up.</returns>
    public bool TryDecryptWithAd(ReadOnlySpan<byte> associated, ReadOnlySpan<byte> text, Span<byte> into)
    {
        if (!HasKey)
        {
            text.CopyTo(into);
            return true;
        }
        Span<byte> nonce = stackalloc byte[ICipherKey.NonceBytes];
        WriteNonce(nonce);
        if (!CipherKey.TryOpen(nonce, associated, text, into))
            return false;
        _counter++;
        return true;
    }

    public void CopyFrom(CipherState other)
    {
        Forget();
        other._key.CopyTo(_key, 0);
        HasKey = other.HasKey;
        _counter = other._counter;
    }

    public void Dispose() => Forget();

    private ICipherKey CipherKey => _cipherKey ??= cipher.Create(_key);

    private void WriteNonce(Span<byte> nonce)
    {
        // Reserved for rekeying; and behind it numbers would repeat.
        if (_counter == ulong.MaxValue)
            throw new InvalidOperationException("a key has sealed 2^64 - 1 messages; its owner should have made another one");
        cipher.WriteNonce(_counter, nonce);
    }

    private void Forget()
    {
        _cipherKey?.Dispose();
        _cipherKey = null;
        CryptographicOperations.ZeroMemory(_key);
        HasKey = false;
        _counter = 0;
    }
}
