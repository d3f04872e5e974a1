using System.Security.Cryptography;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol.Cryptography;

public class P256Tests
{
    /// <summary>NIST's test vectors of ECC CDH for P-256, count 0.</summary>
    [Fact]
    public void Both_ends_come_to_the_published_secret()
    {
        using var pair = P256.Import(Convert.FromHexString("7D7DC5F71EB29DDAF80D6214632EEAE03D9058AF1FB6D22ED80BADB62BC1A534"));
        Assert.Equal("03EAD218590119E8876B29146FF89CA61770C4EDBBF97D38CE385ED281D8A6B230", Convert.ToHexString(pair.PublicKey));
        byte[] secret = new byte[32];
        Assert.True(pair.TryAgree(Convert.FromHexString("02700C48F77F56584C5CC632CA65640DB91B6BACCE3A4DF6B42CE7CC838833D287"), secret));
        Assert.Equal("46FC62106420FF012E54A434FBDD2D25CCC5852060561E68040DD7778997BD7B", Convert.ToHexString(secret));
    }

    [Fact]
    public void Two_generated_pairs_agree()
    {
        var random = new SeededRandom(1);
        for (int i = 0; i < 50; i++)
        {
            using var a = P256.Instance.Generate(random);
            using var b = P256.Instance.Generate(random);
            byte[] atA = new byte[32], atB = new byte[32];
            Assert.True(a.TryAgree(b.PublicKey, atA));
            Assert.True(b.TryAgree(a.PublicKey, atB));
            Assert.Equal(atA, atB);
            Assert.True(P256.Instance.IsPublicKey(a.PublicKey));
        }
    }

    [Fact]
    public void Every_point_comes_back_whole_from_its_compressed_form()
    {
        for (int i = 0; i < 200; i++)
        {
            using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
            var point = key.ExportParameters(includePrivateParameters: false).Q;
            byte[] compressed = new byte[CompressedPoint.Bytes];
            CompressedPoint.Write(point, compressed);
            Assert.True(CompressedPoint.TryRead(compressed, out var read));
            Assert.Equal(point.X, read.X);
            Assert.Equal(point.Y, read.Y);
        }
    }

    [Fact]
    public void Randomness_that_is_no_scalar_is_drawn_again()
    {
        byte[] zero = new byte[32], order = Convert.FromHexString(Order), one = new byte[32];
        one[^1] = 1;
        using var pair = P256.Instance.Generate(new Script([.. zero, .. order, .. Enumerable.Repeat((byte)0xFF, 32), .. one]));
        // The base point.
        Assert.Equal("036B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296", Convert.ToHexString(pair.PublicKey));
        Assert.Throws<ArgumentException>(() => P256.Import(zero));
        Assert.Throws<ArgumentException>(() => P256.Import(order));
        Assert.Throws<ArgumentException>(() => P256.Import(one.AsSpan(1)));
    }

    [Theory]
    [InlineData("x is the prime", "02FFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF")]
    [InlineData("x is 5 above the prime, and 5 is on the curve", "02FFFFFFFF00000001000000000000000000000001000000000000000000000004")]
    [InlineData("x is all ones", "03FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF")]
    [InlineData("x is not on the curve", "020000000000000000000000000000000000000000000000000000000000000001")]
    [InlineData("no such form", "006B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296")]
    [InlineData("the form of whole points", "046B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296")]
    [InlineData("a hybrid's form", "076B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296")]
    [InlineData("infinity", "00")]
    [InlineData("infinity, padded", "000000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("too short", "036B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C2")]
    [InlineData("too long", "036B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C29600")]
    [InlineData("nothing", "")]
    public void What_is_no_point_is_refused(string why, string hex)
    {
        byte[] bytes = Convert.FromHexString(hex), secret = new byte[32];
        using var pair = P256.Instance.Generate(new SeededRandom(1));
        Assert.False(P256.Instance.IsPublicKey(bytes), why);
        Assert.False(pair.TryAgree(bytes, secret), why);
        Assert.False(P256.Verify(bytes, [1], new byte[IPeerKey.SignatureBytes]), why);
        Assert.Equal(new byte[32], secret);
    }

    /// <summary>About half of all x are on the curve: no more are taken, and none throws.</summary>
    [Fact]
    public void Random_keys_are_points_or_refused()
    {
        var random = new Random(1);
        using var pair = P256.Instance.Generate(new SeededRandom(1));
        byte[] bytes = new byte[33], secret = new byte[32];
        int points = 0;
        for (int i = 0; i < 1_000; i++)
        {
            random.NextBytes(bytes);
            bytes[0] = (byte)(2 + (i & 1));
            points += pair.TryAgree(bytes, secret) ? 1 : 0;
        }
        Assert.InRange(points, 400, 600);
    }

    /// <summary>RFC 6979 §A.2.5, "sample" with SHA-256.</summary>
    [Fact]
    public void The_published_signature_is_verified_and_no_other()
    {
        using var pair = P256.Import(Convert.FromHexString("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"));
        byte[] key = pair.PublicKey.ToArray();
        Assert.Equal("0360FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6", Convert.ToHexString(key));
        byte[] signature = Convert.FromHexString(
            "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8");
        var cryptography = SystemCryptography.Instance;
        Assert.True(cryptography.Verify(key, "sample"u8, signature));
        Assert.False(cryptography.Verify(key, "samplf"u8, signature));
        for (int bit = 0; bit < signature.Length * 8; bit++)
        {
            signature[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.False(cryptography.Verify(key, "sample"u8, signature));
            signature[bit / 8] ^= (byte)(1 << (bit % 8));
        }
        Assert.False(cryptography.Verify(key, "sample"u8, signature.AsSpan(1)));
        Assert.False(cryptography.Verify(key, "sample"u8, [.. signature, 0]));
        Assert.False(cryptography.Verify(key, "sample"u8, []));
    }

    [Fact]
    public void Signatures_with_numbers_out_of_range_are_refused()
    {
        using var pair = P256.Import(Convert.FromHexString("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"));
        byte[] one = new byte[32];
        one[^1] = 1;
        byte[][] numbers = [new byte[32], one, Convert.FromHexString(Order), Convert.FromHexString(Order[..62] + "50"), [.. Enumerable.Repeat((byte)0xFF, 32)]];
        foreach (byte[] r in numbers)
            foreach (byte[] s in numbers)
                Assert.False(P256.Verify(pair.PublicKey, [1, 2, 3], [.. r, .. s]));
    }

    [Fact]
    public void What_a_pair_signs_is_verified_with_its_public_key_alone()
    {
        var random = new SeededRandom(1);
        using var pair = (P256KeyPair)P256.Instance.Generate(random);
        using var other = P256.Instance.Generate(random);
        byte[] signature = new byte[IPeerKey.SignatureBytes];
        for (int length = 0; length < 100; length++)
        {
            byte[] statement = new byte[length];
            pair.Sign(statement, signature);
            Assert.True(P256.Verify(pair.PublicKey, statement, signature));
            Assert.False(P256.Verify(other.PublicKey, statement, signature));
        }
    }

    private const string Order = "FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551";

    private sealed class Script(byte[] bytes) : IRandom
    {
        private int _at;

        public void Fill(Span<byte> into)
        {
            bytes.AsSpan(_at, into.Length).CopyTo(into);
            _at += into.Length;
        }
    }
}
