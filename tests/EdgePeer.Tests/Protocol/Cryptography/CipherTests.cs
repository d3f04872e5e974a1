using EdgePeer.Protocol.Cryptography;
using Org.BouncyCastle.Crypto.Engines;
using Org.BouncyCastle.Crypto.Modes;
using Org.BouncyCastle.Crypto.Parameters;
using Xunit;

namespace EdgePeer.Tests.Protocol.Cryptography;

public class CipherTests
{
    /// <summary>RFC 8439 §2.8.2.</summary>
    [Fact]
    public void ChaCha20_Poly1305_seals_as_its_standard_shows()
    {
        using var key = Cipher(CipherSuite.ChaChaPoly).Create(Convert.FromHexString("808182838485868788898A8B8C8D8E8F909192939495969798999A9B9C9D9E9F"));
        AssertSeals(
            key,
            nonce: "070000004041424344454647",
            associated: "50515253C0C1C2C3C4C5C6C7",
            plain: Convert.ToHexString("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it."u8),
            sealedText: "D31A8D34648E60DB7B86AFBC53EF7EC2A4ADED51296E08FEA9E2B5A736EE62D63DBEA45E8CA9671282FAFB69DA92728B1A71DE0A9E060B2905D6A5B67ECD3B36"
                + "92DDBD7F2D778B8C9803AEE328091B58FAB324E4FAD675945585808B4831D7BC3FF4DEF08E4B7A9DE576D26586CEC64B61161AE10B594F09E26A7E902ECBD0600691");
    }

    /// <summary>Test case 16 of the proposal of GCM to NIST (McGrew, Viega).</summary>
    [Fact]
    public void AES_GCM_seals_as_its_standard_shows()
    {
        using var key = Cipher(CipherSuite.AesGcm).Create(Convert.FromHexString("FEFFE9928665731C6D6A8F9467308308FEFFE9928665731C6D6A8F9467308308"));
        AssertSeals(
            key,
            nonce: "CAFEBABEFACEDBADDECAF888",
            associated: "FEEDFACEDEADBEEFFEEDFACEDEADBEEFABADDAD2",
            plain: "D9313225F88406E5A55909C5AFF5269A86A7A9531534F7DA2E4C303D8A318A721C3C0C95956809532FCF0E2449A6B525B16AEDF5AA0DE657BA637B39",
            sealedText: "522DC1F099567D07F47F37A32A84427D643A8CDCBFE5C0C97598A2BD2555D1AA8CB08E48590DBB3DA7B08B1056828838C5F61E6393BA7A0ABCC9F662"
                + "76FC6ECE0F4E1768CDDF8853BB2D551B");
    }

    /// <summary>No published example has this key, nonce and tag length at once: the oracle is an implementation from elsewhere.</summary>
    [Fact]
    public void AES_CCM_seals_as_another_implementation_does()
    {
        var random = new Random(1);
        for (int length = 0; length < 300; length++)
        {
            byte[] secret = Bytes(random, 32), nonce = Bytes(random, ICipherKey.NonceBytes), associated = Bytes(random, length % 40), plain = Bytes(random, length);
            var other = new CcmBlockCipher(new AesEngine());
            other.Init(true, new AeadParameters(new KeyParameter(secret), 64, nonce, associated));
            using var key = Cipher(CipherSuite.AesCcm8).Create(secret);
            byte[] sealedText = new byte[length + 8];
            key.Seal(nonce, associated, plain, sealedText);
            Assert.Equal(other.ProcessPacket(plain, 0, length), sealedText);
        }
    }

    [Fact]
    public void Nonces_are_made_of_counters_as_the_Noise_framework_says()
    {
        Assert.Equal("000000000807060504030201", Nonce(CipherSuite.ChaChaPoly));
        Assert.Equal("000000000102030405060708", Nonce(CipherSuite.AesGcm));

        static string Nonce(CipherSuite suite)
        {
            byte[] nonce = new byte[ICipherKey.NonceBytes];
            Cipher(suite).WriteNonce(0x0102030405060708, nonce);
            return Convert.ToHexString(nonce);
        }
    }

    [Theory, MemberData(nameof(Suites))]
    public void What_was_sealed_opens_wherever_the_buffers_lie(CipherSuite suite)
    {
        var random = new Random(2);
        foreach (int shift in new[] { -300, -17, -16, -9, -8, -1, 0, 1, 7, 8, 15, 16, 17, 300 })
            for (int length = 0; length < 200; length += random.Next(1, 9))
                AssertOpens(random, suite, length, shift);
    }

    [Theory, MemberData(nameof(Suites))]
    public void A_flipped_bit_anywhere_is_refused_and_the_good_packet_still_opens(CipherSuite suite)
    {
        var random = new Random(3);
        foreach (bool isCareful in new[] { true, false })
        {
            var parcel = new Parcel(random, suite, 40);
            using var key = parcel.Key;
            foreach (byte[] part in new[] { parcel.Sealed, parcel.Associated, parcel.Nonce })
                for (int bit = 0; bit < part.Length * 8; bit++)
                {
                    if (!isCareful)
                        parcel.EarnTrust();
                    part[bit / 8] ^= (byte)(1 << (bit % 8));
                    Assert.False(parcel.TryOpen());
                    part[bit / 8] ^= (byte)(1 << (bit % 8));
                }
            Assert.True(parcel.TryOpen());
            Assert.Equal(parcel.Plain, parcel.Opened);
        }
    }

    [Theory, MemberData(nameof(Suites))]
    public void What_is_too_short_for_a_tag_is_refused(CipherSuite suite)
    {
        using var key = Cipher(suite).Create(new byte[32]);
        for (int length = 0; length < key.TagBytes; length++)
            Assert.False(key.TryOpen(new byte[ICipherKey.NonceBytes], [], new byte[length], []));
    }

    /// <summary>An empty span may point nowhere, which OpenSSL's CCM takes for another question than an empty text.</summary>
    [Theory, MemberData(nameof(Suites))]
    public void An_empty_text_that_lies_nowhere_is_sealed_and_opened(CipherSuite suite)
    {
        using var key = Cipher(suite).Create(new byte[32]);
        byte[] nonce = new byte[ICipherKey.NonceBytes], sealedText = new byte[key.TagBytes];
        key.Seal(nonce, default, default, sealedText);
        for (int i = 0; i <= SystemCipherKey.CarefulOpens; i++)
            Assert.True(key.TryOpen(nonce, default, sealedText, default));
        sealedText[0] ^= 1;
        Assert.False(key.TryOpen(nonce, default, sealedText, default));
        Assert.False(key.TryOpen(nonce, default, sealedText, default));
    }

    [Theory, MemberData(nameof(Suites))]
    public void A_refused_packet_leaves_no_plain_text(CipherSuite suite)
    {
        var parcel = new Parcel(new Random(4), suite, 40);
        using var key = parcel.Key;
        parcel.Sealed[^1] ^= 1;
        Assert.False(parcel.TryOpen());
        Assert.NotEqual(parcel.Plain, parcel.Opened);
        parcel.Sealed[^1] ^= 1;
        parcel.EarnTrust();
        parcel.Sealed[^1] ^= 1;
        Assert.False(parcel.TryOpen());
        Assert.NotEqual(parcel.Plain, parcel.Opened);
    }

    [Theory, MemberData(nameof(Suites))]
    public void Of_any_number_of_forgeries_at_most_one_throws_inside(CipherSuite suite)
    {
        var parcel = new Parcel(new Random(5), suite, 40);
        using var key = parcel.Key;
        Assert.Equal(0, Forge(100));
        parcel.EarnTrust();
        Assert.Equal(1, Forge(100));
        // Less than enough good ones in a row earn nothing.
        for (int i = 0; i < SystemCipherKey.CarefulOpens - 1; i++)
            Assert.True(parcel.TryOpen());
        Assert.Equal(0, Forge(1));
        parcel.EarnTrust();
        Assert.Equal(1, Forge(1));

        int Forge(int count)
        {
            parcel.Sealed[0] ^= 1;
            int thrown = ThrownBy(() =>
            {
                for (int i = 0; i < count; i++)
                    Assert.False(parcel.TryOpen());
            });
            parcel.Sealed[0] ^= 1;
            return thrown;
        }
    }

    [Theory, MemberData(nameof(Suites))]
    public void Sealing_opening_and_refusing_allocate_nothing_but_32_bytes_with_CCM(CipherSuite suite)
    {
        var parcel = new Parcel(new Random(6), suite, 1_400);
        using var key = parcel.Key;
        int bytesMax = suite == CipherSuite.AesCcm8 ? 32 : 0;
        Assert.InRange(BytesOf(parcel.Seal), 0, bytesMax);
        parcel.Sealed[0] ^= 1;
        Assert.InRange(BytesOf(() => parcel.TryOpen()), 0, bytesMax);
        parcel.Sealed[0] ^= 1;
        Assert.InRange(BytesOf(() => parcel.TryOpen()), 0, bytesMax);
        parcel.EarnTrust();
        Assert.InRange(BytesOf(() => parcel.TryOpen()), 0, bytesMax);
    }

    public static TheoryData<CipherSuite> Suites { get; } = [CipherSuite.ChaChaPoly, CipherSuite.AesCcm8, CipherSuite.AesGcm];

    private static ICipher Cipher(CipherSuite suite) => SystemCryptography.Instance.Cipher(suite);

    private static void AssertSeals(ICipherKey key, string nonce, string associated, string plain, string sealedText)
    {
        byte[] into = new byte[sealedText.Length / 2], opened = new byte[plain.Length / 2];
        key.Seal(Convert.FromHexString(nonce), Convert.FromHexString(associated), Convert.FromHexString(plain), into);
        Assert.Equal(sealedText, Convert.ToHexString(into));
        Assert.True(key.TryOpen(Convert.FromHexString(nonce), Convert.FromHexString(associated), into, opened));
        Assert.Equal(plain, Convert.ToHexString(opened));
    }

    private static void AssertOpens(Random random, CipherSuite suite, int length, int shift)
    {
        using var key = Cipher(suite).Create(Bytes(random, 32));
        byte[] nonce = Bytes(random, ICipherKey.NonceBytes), associated = Bytes(random, random.Next(30)), plain = Bytes(random, length);
        byte[] memory = new byte[1_000];
        const int At = 400;
        plain.CopyTo(memory, At);
        byte[] expected = new byte[length + key.TagBytes];
        key.Seal(nonce, associated, plain, expected);

        key.Seal(nonce, associated, memory.AsSpan(At, length), memory.AsSpan(At + shift, length + key.TagBytes));
        Assert.Equal(expected, memory.AsSpan(At + shift, length + key.TagBytes));
        Assert.True(key.TryOpen(nonce, associated, memory.AsSpan(At + shift, length + key.TagBytes), memory.AsSpan(At, length)));
        Assert.Equal(plain, memory.AsSpan(At, length));
    }

    private static int ThrownBy(Action action)
    {
        int thrown = 0, thread = Environment.CurrentManagedThreadId;
        EventHandler<System.Runtime.ExceptionServices.FirstChanceExceptionEventArgs> count = (_, _) =>
        {
            if (Environment.CurrentManagedThreadId == thread)
                thrown++;
        };
        AppDomain.CurrentDomain.FirstChanceException += count;
        try
        {
            action();
        }
        finally
        {
            AppDomain.CurrentDomain.FirstChanceException -= count;
        }
        return thrown;
    }

    private static long BytesOf(Action action)
    {
        action();
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static byte[] Bytes(Random random, int length)
    {
        byte[] bytes = new byte[length];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>A key, and a packet that it has sealed.</summary>
    private sealed class Parcel
    {
        public Parcel(Random random, CipherSuite suite, int length)
        {
            Key = Cipher(suite).Create(Bytes(random, 32));
            Nonce = Bytes(random, ICipherKey.NonceBytes);
            Associated = Bytes(random, 5);
            Plain = Bytes(random, length);
            Sealed = new byte[length + Key.TagBytes];
            Opened = new byte[length];
            Seal();
        }

        public ICipherKey Key { get; }

        public byte[] Nonce { get; }

        public byte[] Associated { get; }

        public byte[] Plain { get; }

        public byte[] Sealed { get; }

        public byte[] Opened { get; }

        public void Seal() => Key.Seal(Nonce, Associated, Plain, Sealed);

        public bool TryOpen() => Key.TryOpen(Nonce, Associated, Sealed, Opened);

        public void EarnTrust()
        {
            for (int i = 0; i < SystemCipherKey.CarefulOpens; i++)
                Assert.True(TryOpen());
            Assert.False(((SystemCipherKey)Key).IsCareful);
            Array.Clear(Opened);
        }
    }
}
