using EdgePeer.Agent.Configuration;
using EdgePeer.Agent.Groups;
using EdgePeer.Agent.Identity;
using EdgePeer.Protocol.Groups;
using EdgePeer.SystemTests.Support;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.SystemTests.Agent.Groups;

public sealed class MembersStoreTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FileKey _authority = FileKey.Generate();
    private readonly List<string> _log = [];

    [Fact]
    public void The_newest_list_is_kept_and_no_older_one_comes_into_force_again()
    {
        Assert.Equal(5UL, Store().Take(Given(List(5)))!.Version);
        Assert.Equal(5UL, Store().Take(Given(List(4)))!.Version);
        Assert.Contains("version 4 is not used", Assert.Single(_log), StringComparison.Ordinal);
        Assert.Equal(5UL, Store().Take(Given(null))!.Version);
        Assert.Equal(6UL, Store().Take(Given(List(6)))!.Version);
        Assert.Equal(6UL, Store().Take(Given(null))!.Version);
    }

    [Fact]
    public void A_list_told_by_another_peer_is_kept_when_it_is_newer()
    {
        var store = Store();
        store.Take(Given(List(5)));

        store.Keep(List(7));
        store.Keep(List(6));

        Assert.Equal(7UL, Store().Take(Given(List(5)))!.Version);
    }

    [Fact]
    public void Without_any_list_there_is_nobody_to_talk_to()
    {
        var fault = Assert.Throws<MembershipException>(() => Store().Take(Given(null)));

        Assert.Contains("members.list is not there", fault.Message, StringComparison.Ordinal);
        Assert.Null(Store().Take(Given(null) with { Authority = null, MembersFile = null }));
    }

    [Fact]
    public void Two_lists_of_one_version_are_refused_unless_their_members_are_the_same()
    {
        Store().Take(Given(List(5)));

        Assert.Equal(5UL, Store().Take(Given(List(5)))!.Version);
        Assert.Contains("with other members", Assert.Throws<MembershipException>(() => Store().Take(Given(List(5, "another")))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Another_authority_and_another_group_start_anew()
    {
        Store().Take(Given(List(5)));
        using var other = FileKey.Generate();
        var first = new MemberListDraft("farm", 1, []).Sign(other);
        var town = new MemberListDraft("town", 2, []).Sign(_authority);

        Assert.Equal(1UL, Store().Take(Given(first) with { Authority = first.Authority })!.Version);
        Assert.Equal(2UL, Store().Take(Given(town) with { Name = "town" })!.Version);
        Assert.Equal(5UL, Store().Take(Given(null))!.Version);
    }

    [Fact]
    public void A_damaged_list_is_not_taken_for_none()
    {
        Store().Take(Given(List(5)));
        string kept = Assert.Single(Directory.GetFiles(_directory.Path, "members-*.list"));
        byte[] bytes = File.ReadAllBytes(kept);
        bytes[^10] ^= 1;
        File.WriteAllBytes(kept, bytes);

        var fault = Assert.Throws<MembershipException>(() => Store().Take(Given(List(6))));

        Assert.Contains(kept, fault.Message, StringComparison.Ordinal);
        Assert.Contains("damaged", fault.Message, StringComparison.Ordinal);
        Assert.Throws<IOException>(() => Store().Keep(List(7)));
    }

    [Fact]
    public void What_a_power_cut_left_half_written_is_in_nobodys_way()
    {
        Store().Take(Given(List(5)));
        string kept = Assert.Single(Directory.GetFiles(_directory.Path, "members-*.list"));
        File.WriteAllText(kept + ".new", "half a li");

        Assert.Equal(6UL, Store().Take(Given(List(6)))!.Version);
        Assert.Equal([kept], Directory.GetFiles(_directory.Path));
    }

    [Fact]
    public void A_list_that_cannot_be_kept_is_not_in_force()
    {
        var store = new MembersStore(_directory.File("missing"), _log.Add);

        Assert.Contains("cannot be written", Assert.Throws<MembershipException>(() => store.Take(Given(List(5)))).Message, StringComparison.Ordinal);
        Assert.Throws<IOException>(() => store.Keep(List(5)));
    }

    public void Dispose()
    {
        _authority.Dispose();
        _directory.Dispose();
    }

    private MembersStore Store() => new(_directory.Path, _log.Add);

    private GroupConfiguration Given(MemberList? list) =>
        new() { Name = "farm", Authority = GroupAuthority.Of(_authority.PublicKey), MembersFile = _directory.File("members.list"), Members = list };

    private MemberList List(ulong version, string name = "barn") =>
        new MemberListDraft("farm", version, [new Member(PeerId.Read("a peer's 16 bytes"u8), name)]).Sign(_authority);
}
