using EdgePeer.Protocol.Cryptography;

namespace EdgePeer.Simulator.Security;

/// <summary>Shows an observer what one peer seals, before it is sealed.</summary>
internal sealed class TappedCryptography(ICryptography inner) : ICryptography
{
    private readonly byte[] _last = new byte[LastBytesMax];
    private int _lastBytes;

    /// <summary>The plain text that was sealed last.</summary>
    public ReadOnlySpan<byte> Last => _last.AsSpan(0, _lastBytes);

    public IKeyAgreement Agreement => inner.Agreement;

    public ICipher Cipher(CipherSuite suite) => new TappedCipher(this, inner.Cipher(suite));

    public bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> statement, ReadOnlySpan<byte> signature) => inner.Verify(publicKey, statement, signature);

    private void OnSealed(ReadOnlySpan<byte> plain)
    {
        plain.CopyTo(_last);
        _lastBytes = plain.Length;
    }

    private sealed class TappedCipher(TappedCryptography tap, ICipher cipher) : ICipher
    {
        public string Name => cipher.Name;

        public int TagBytes => cipher.TagBytes;

        public void WriteNonce(ulong counter, Span<byte> nonce) => cipher.WriteNonce(counter, nonce);

        public ICipherKey Create(ReadOnlySpan<byte> key) => new TappedKey(tap, cipher.Create(key));
    }

    private sealed class TappedKey(TappedCryptography tap, ICipherKey key) : ICipherKey
    {
        public int TagBytes => key.TagBytes;

        public void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plain, Span<byte> into)
        {
            tap.OnSealed(plain);
            key.Seal(nonce, associated, plain, into);
        }

        public bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> sealedText, Span<byte> into) => key.TryOpen(nonce, associated, sealedText, into);

        public void Dispose() => key.Dispose();
    }

    private const int LastBytesMax = 16 << 10;
}
