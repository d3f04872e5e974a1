using System.Security.Cryptography;
using EdgePeer.Agent.Identity;
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
        Assert.Equal(created.PeerId(), loaded.PeerId());
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

        Assert.Equal(compressed, key.PublicPoint.ToArray());
        Assert.Equal(PeerId.Read(SHA256.HashData(compressed)), key.PeerId());
    }

    [Fact]
    public void An_identity_is_never_overwritten()
    {
        using var directory = new TemporaryDirectory();
        using var first = FileKey.Create(directory.Path);

        var fault = Assert.Throws<IdentityException>(() => FileKey.Create(directory.Path));

        Assert.Contains("exists", fault.Message, StringComparison.Ordinal);
        using var still = FileKey.Load(directory.Path);
        Assert.Equal(first.PeerId(), still.PeerId());
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
}
