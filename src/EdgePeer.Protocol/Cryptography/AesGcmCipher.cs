using System.Buffers.Binary;
using System.Security.Cryptography;

namespace EdgePeer.Protocol.Cryptography;

/// <summary>AES-256-GCM, NIST SP 800-38D.</summary>
internal sealed class AesGcmCipher : ICipher
{
    public static AesGcmCipher Instance { get; } = new();

    public string Name => "AESGCM";

    public int TagBytes => 16;

    public void WriteNonce(ulong counter, Span<byte> nonce)
    {
        nonce[..4].Clear();
        BinaryPrimitives.WriteUInt64BigEndian(nonce[4..], counter);
    }

    public ICipherKey Create(ReadOnlySpan<byte> key) => new Key(key);

    private sealed class Key(ReadOnlySpan<byte> key) : SystemCipherKey
    {
        private readonly AesGcm _cipher = new(key, tagSizeInBytes: 16);

        public override int TagBytes => 16;

        protected override void Encrypt(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plain, Span<byte> text, Span<byte> tag) =>
            _cipher.Encrypt(nonce, plain, text, tag, associated);

        protected override void Decrypt(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> text, ReadOnlySpan<byte> tag, Span<byte> plain) =>
            _cipher.Decrypt(nonce, text, tag, plain, associated);

        public override void Dispose() => _cipher.Dispose();
    }
}
