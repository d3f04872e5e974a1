using EdgePeer.Agent.Configuration;
using EdgePeer.Agent.Groups;
using EdgePeer.Protocol.Groups;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Agent.Groups;

public sealed class GroupSecretFileTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly GroupSecret _old = GroupSecretFile.NewSecret(), _new = GroupSecretFile.NewSecret();

    [Fact]
    public void A_written_file_is_the_owners_alone_and_is_never_written_over()
    {
        string path = _directory.File("group.key");
        GroupSecretFile.Write(path, "farm", [_new, _old]);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        Assert.True(GroupSecretFile.TryRead(path, out var read, out _));
        Assert.Equal([_new, _old], read);
        Assert.Throws<IOException>(() => GroupSecretFile.Write(path, "farm", [_old]));
    }

    [Fact]
    public void Comments_blank_lines_and_foreign_line_ends_are_read_over()
    {
        Assert.True(GroupSecretFile.TryParse($"\n# all of the farm\r\n  {_new.Print()}  # since May\r\n\n{_old.Print()}", out var secrets, out _));

        Assert.Equal([_new, _old], secrets);
    }

    [Fact]
    public void What_is_wrong_in_a_file_is_told_with_its_line_and_without_the_secret()
    {
        string good = _new.Print(), typo = good[..^1] + (good[^1] == 'A' ? 'B' : 'A');
        var third = GroupSecretFile.NewSecret();

        AssertRefused($"{good}\n{typo}\n", ":2:1: this secret has a typing error");
        AssertRefused($"# of the farm\n\n{good}x\n", ":3:1: this secret has 49 characters");
        AssertRefused($"{good}\n{_old.Print()}\n{good}\n", ":3:1: this secret stands here a second time");
        AssertRefused($"{good}\n{_old.Print()}\n{third.Print()}\n{GroupSecretFile.NewSecret().Print()}\n", ":4:1: more than 3 secrets");
        AssertRefused("# nothing yet\n", "holds no secret");
    }

    [Theory]
    [InlineData(UnixFileMode.GroupRead)]
    [InlineData(UnixFileMode.OtherRead)]
    [InlineData(UnixFileMode.OtherWrite)]
    public void A_file_that_others_can_read_or_write_is_refused(UnixFileMode other)
    {
        string path = _directory.File("group.key");
        GroupSecretFile.Write(path, "farm", [_new]);
        File.SetUnixFileMode(path, File.GetUnixFileMode(path) | other);

        string fault = Refused();

        Assert.StartsWith($"{_directory.File("c.json")}:2:", fault, StringComparison.Ordinal);
        Assert.Contains($"\"secretFile\" {path} can be read by others; `chmod 600 {path}`", fault, StringComparison.Ordinal);
    }

    public void Dispose() => _directory.Dispose();

    private void AssertRefused(string text, string said)
    {
        string path = _directory.Write("group.key", text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);

        string fault = Refused();

        Assert.Contains(said[0] == ':' ? path + said : $"{path} {said}", fault, StringComparison.Ordinal);
        Assert.Contains(';', fault);
        Assert.DoesNotContain(_new.Print()[GroupSecret.Prefix.Length..^8], fault, StringComparison.Ordinal);
    }

    private string Refused()
    {
        string path = _directory.Write("c.json", "{ \"name\": \"a\", \"stateDirectory\": \"s\",\n\"group\": { \"secretFile\": \"group.key\" } }");
        Assert.False(ConfigurationFile.TryLoad(path, out _, out var faults));
        return Assert.Single(faults).ToString();
    }
}
