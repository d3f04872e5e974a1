using System.Security.Cryptography;
using EdgePeer.Agent.Identity;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.SystemTests.Support;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.SystemTests.Agent;

public sealed class IdentityTests
{
    [Fact]
    public void A_new_identity_is_the_owners_alone_and_loads_again()
    {
        using var directory = new TemporaryDirectory();
        string state = directory.File("state");
        using var created = FileKey.Create(state);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(state, "identity.pem")));
        using var loaded = FileKey.Load(state);
        Assert.Equal(created.PeerId, loaded.PeerId);
    }

    [Fact]
    public void Peer_id_is_the_hash_of_the_compressed_point()
    {
        using var directory = new TemporaryDirectory();
        using var key = FileKey.Create(directory.Path);

        using var same = ECDsa.Create();
        same.ImportFromPem(File.ReadAllText(directory.File("identity.pem")));
        var point = same.ExportParameters(false).Q;
        byte[] compressed = [(byte)(point.Y![31] % 2 == 0 ? 2 : 3), .. point.X!];

        Assert.Equal(compressed, key.PublicKey.ToArray());
        Assert.Equal(PeerId.Read(SHA256.HashData(compressed)), key.PeerId);
    }

    [Fact]
    public void An_identity_is_never_overwritten()
    {
        using var directory = new TemporaryDirectory();
        using var first = FileKey.Create(directory.Path);

        var fault = Assert.Throws<IdentityException>(() => FileKey.Create(directory.Path));

        Assert.Contains("exists", fault.Message, StringComparison.Ordinal);
        using var still = FileKey.Load(directory.Path);
        Assert.Equal(first.PeerId, still.PeerId);
    }

    [Fact]
    public void A_key_that_others_can_read_is_refused()
    {
        using var directory = new TemporaryDirectory();
        FileKey.Create(directory.Path).Dispose();
        string path = directory.File("identity.pem");
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | UnixFileMode.GroupRead);

        var fault = Assert.Throws<IdentityException>(() => FileKey.Load(directory.Path));

        Assert.Contains($"chmod 600 {path}", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_not_a_P256_key_is_refused()
    {
        using var directory = new TemporaryDirectory();
        string path = directory.Write("identity.pem", "no key");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Contains("not a private key", Assert.Throws<IdentityException>(() => FileKey.Load(directory.Path)).Message, StringComparison.Ordinal);

        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        File.WriteAllText(path, other.ExportPkcs8PrivateKeyPem());
        Assert.Contains("P-256", Assert.Throws<IdentityException>(() => FileKey.Load(directory.Path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_identity_names_the_command_that_makes_one()
    {
        using var directory = new TemporaryDirectory();

        Assert.Contains("edgepeer init", Assert.Throws<IdentityException>(() => FileKey.Load(directory.File("none"))).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_key_of_another_program_is_read(bool sec1)
    {
        using var directory = new TemporaryDirectory();
        using var theirs = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string path = Owned(directory, "theirs.pem", sec1 ? theirs.ExportECPrivateKeyPem() : theirs.ExportPkcs8PrivateKeyPem());

        using var key = FileKey.Read(path);
        key.WriteIdentity(directory.File("state"));

        Assert.Equal(theirs.ExportSubjectPublicKeyInfoPem(), key.PublicPem);
        using var loaded = FileKey.Load(directory.File("state"));
        Assert.Equal(key.PeerId, loaded.PeerId);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(directory.File("state/identity.pem")));
    }

    [Fact]
    public void A_key_with_a_passphrase_or_without_its_private_half_is_refused()
    {
        using var directory = new TemporaryDirectory();
        using var theirs = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        string sealedKey = Owned(directory, "sealed.pem", theirs.ExportEncryptedPkcs8PrivateKeyPem("secret", new PbeParameters(PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1)));
        string half = Owned(directory, "half.pem", theirs.ExportSubjectPublicKeyInfoPem());

        Assert.Contains("passphrase", Assert.Throws<IdentityException>(() => FileKey.Read(sealedKey)).Message, StringComparison.Ordinal);
        Assert.Contains("not a private key", Assert.Throws<IdentityException>(() => FileKey.Read(half)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void It_agrees_with_others_and_signs_as_its_public_key_verifies()
    {
        using var directory = new TemporaryDirectory();
        using var a = FileKey.Create(directory.File("a"));
        using var b = FileKey.Create(directory.File("b"));
        byte[] ab = new byte[32], ba = new byte[32], signature = new byte[IPeerKey.SignatureBytes];

        Assert.True(a.TryAgree(b.PublicKey, ab));
        Assert.True(b.TryAgree(a.PublicKey, ba));
        Assert.Equal(ab, ba);
        Assert.False(a.TryAgree(new byte[33], ab));

        a.Sign("hello"u8, signature);
        Assert.True(SystemCryptography.Instance.Verify(a.PublicKey, "hello"u8, signature));
        Assert.False(SystemCryptography.Instance.Verify(b.PublicKey, "hello"u8, signature));
    }

    [Fact]
    public void An_id_read_aloud_is_told_right_from_wrong_and_how()
    {
        using var key = FileKey.Generate();
        string id = key.PeerId.ToString();

        Assert.Null(SpokenPeerId.Fault($" {id.ToLowerInvariant().Replace('-', ' ').Replace('0', 'o').Replace('1', 'l')} ", out var heard));
        Assert.Equal(key.PeerId, heard);
        Assert.Contains("26 symbols where 27 belong: some are missing", Fault(id[..^1]), StringComparison.Ordinal);
        Assert.Contains("28 symbols where 27 belong: there are too many", Fault(id + "7"), StringComparison.Ordinal);
        Assert.Contains("'!' in place 12", Fault($"{id[..12]}!{id[13..]}"), StringComparison.Ordinal);
        Assert.Contains("ask for group 2", Fault($"{id[..12]}!{id[13..]}"), StringComparison.Ordinal);
        Assert.Contains("only at the end", Fault($"{id[..3]}={id[4..]}"), StringComparison.Ordinal);
        Assert.Contains("above 7", Fault($"Z{id[1..]}"), StringComparison.Ordinal);
        Assert.Contains("check symbol", Fault($"{id[..4]}{(id[4] == '5' ? '6' : '5')}{id[5..]}"), StringComparison.Ordinal);
    }

    private static string Fault(string text) => SpokenPeerId.Fault(text, out _) ?? "nothing";

    private static string Owned(TemporaryDirectory directory, string name, string text)
    {
        string path = directory.Write(name, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }
}
