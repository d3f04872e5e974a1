using System.Buffers.Binary;
using System.Security.Cryptography;

namespace EdgePeer.Protocol.Cryptography;

/// <summary>ChaCha20-Poly1305, RFC 8439.</summary>
internal sealed class ChaChaPolyCipher : ICipher
{
    public static ChaChaPolyCipher Instance { get; } = new();

    public string Name => "ChaChaPoly";

    public int TagBytes => 16;

    public void WriteNonce(ulong counter, Span<byte> nonce)
    {
        nonce[..4].Clear();
        BinaryPrimitives.WriteUInt64LittleEndian(nonce[4..], counter);
    }

    public ICipherKey Create(ReadOnlySpan<byte> key) => new Key(key);

    private sealed class Key(ReadOnlySpan<byte> key) : SystemCipherKey
    {
        private readonly ChaCha20Poly1305 _cipher = new(key);

        public override int TagBytes => 16;

        protected override void Encrypt(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plain, Span<byte> text, Span<byte> tag) =>
            _cipher.Encrypt(nonce, plain, text, tag, associated);

        protected override void Decrypt(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> text, ReadOnlySpan<byte> tag, Span<byte> plain) =>
            _cipher.Decrypt(nonce, text, tag, plain, associated);

        public override void Dispose() => _cipher.Dispose();
    }
}
