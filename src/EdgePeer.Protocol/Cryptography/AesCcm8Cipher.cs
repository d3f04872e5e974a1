using System.Buffers.Binary;
using System.Security.Cryptography;

namespace EdgePeer.Protocol.Cryptography;

/// <summary>AES-256-CCM with tags of 8 bytes, RFC 3610 with M = 8 and L = 3.</summary>
internal sealed class AesCcm8Cipher : ICipher
{
    public static AesCcm8Cipher Instance { get; } = new();

    /// <summary>Not of the Noise framework, which has no cipher with short tags.</summary>
    public string Name => "AESCCM8";

    public int TagBytes => 8;

    public void WriteNonce(ulong counter, Span<byte> nonce)
    {
        nonce[..4].Clear();
        BinaryPrimitives.WriteUInt64BigEndian(nonce[4..], counter);
    }

    public ICipherKey Create(ReadOnlySpan<byte> key) => new Key(key);

    private sealed class Key(ReadOnlySpan<byte> key) : SystemCipherKey
    {
        private readonly AesCcm _cipher = new(key);
        private readonly CcmKeyStream _keyStream = new(key);

        public override int TagBytes => 8;

        protected override void Encrypt(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plain, Span<byte> text, Span<byte> tag) =>
            _cipher.Encrypt(nonce, SomewhereIfEmpty(plain), SomewhereIfEmpty(text), tag, associated);

        protected override void Decrypt(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> text, ReadOnlySpan<byte> tag, Span<byte> plain) =>
            _cipher.Decrypt(nonce, SomewhereIfEmpty(text), tag, SomewhereIfEmpty(plain), associated);

        // To OpenSSL's CCM a null pointer says that only a length is told, and an empty span may be one.
        private static ReadOnlySpan<byte> SomewhereIfEmpty(ReadOnlySpan<byte> bytes) => bytes.IsEmpty ? Somewhere.AsSpan(0, 0) : bytes;

        private static Span<byte> SomewhereIfEmpty(Span<byte> bytes) => bytes.IsEmpty ? Somewhere.AsSpan(0, 0) : bytes;

        private static readonly byte[] Somewhere = [0];

        // Not by AesCcm: each of its calls allocates 32 bytes, and a forgery shall cost one call at most.
        protected override void AddKeyStream(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> from, Span<byte> into) => _keyStream.Add(nonce, from, into);

        public override void Dispose()
        {
            _cipher.Dispose();
            _keyStream.Dispose();
        }
    }

    /// <summary>
    /// The key stream of CCM (RFC 3610 §2.3) by single AES blocks. A fault here could refuse good packets and never accept a bad
    /// one: whatever comes of it is sealed again by <see cref="AesCcm"/> and has to give the packet's tag.
    /// </summary>
    private sealed class CcmKeyStream(ReadOnlySpan<byte> key) : IDisposable
    {
        private readonly byte[] _key = key.ToArray();
        private readonly byte[] _blocks = new byte[ChunkBytes];
        private Aes? _aes;
        private ICryptoTransform? _encryptor;

        public void Add(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> from, Span<byte> into)
        {
            _encryptor ??= MakeEncryptor();
            // Block 0 covers the tag.
            for (uint block = 1; !from.IsEmpty; block += ChunkBytes / BlockBytes)
            {
                int length = Math.Min(from.Length, ChunkBytes), padded = (length + BlockBytes - 1) / BlockBytes * BlockBytes;
                WriteCounters(nonce, block, _blocks.AsSpan(0, padded));
                _encryptor.TransformBlock(_blocks, 0, padded, _blocks, 0);
                for (int i = 0; i < length; i++)
                    into[i] = (byte)(from[i] ^ _blocks[i]);
                from = from[length..];
                into = into[length..];
            }
            CryptographicOperations.ZeroMemory(_blocks);
        }

        /// <summary>Flags (L - 1), nonce, and the block's number in three bytes.</summary>
        private static void WriteCounters(ReadOnlySpan<byte> nonce, uint block, Span<byte> blocks)
        {
            for (; !blocks.IsEmpty; blocks = blocks[BlockBytes..], block++)
            {
                BinaryPrimitives.WriteUInt32BigEndian(blocks[(BlockBytes - 4)..], block);
                blocks[0] = 2;
                nonce.CopyTo(blocks[1..]);
            }
        }

        private ICryptoTransform MakeEncryptor()
        {
            _aes = Aes.Create();
            _aes.Mode = CipherMode.ECB;
            _aes.Padding = PaddingMode.None;
            _aes.SetKey(_key);
            return _aes.CreateEncryptor();
        }

        public void Dispose()
        {
            _encryptor?.Dispose();
            _aes?.Dispose();
            CryptographicOperations.ZeroMemory(_key);
        }

        private const int BlockBytes = 16;

        // A packet of a slow line in one call.
        private const int ChunkBytes = 256;
    }
}
