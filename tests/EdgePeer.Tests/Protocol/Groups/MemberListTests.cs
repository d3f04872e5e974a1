using System.Text;
using EdgePeer.Protocol;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Groups;
using EdgePeer.Tests.Support;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol.Groups;

public sealed class MemberListTests
{
    // The authority of the document's example.
    private static readonly P256KeyPair Key = P256.Import([.. Enumerable.Range(1, 32).Select(i => (byte)i)]);
    private static readonly GroupAuthority Authority = GroupAuthority.Of(Key.PublicKey);

    [Fact]
    public void The_documents_example_is_signed_by_its_authority()
    {
        string text = DocumentExample.Text(DocumentExample.Members, "members");

        Assert.Equal(Authority.ToString(), DocumentExample.Text(DocumentExample.Members, "authority").Trim());
        Assert.True(TryRead(text, out var list, out var fault), $"{fault}");
        Assert.Equal(("farm", 7UL), (list!.Group, list.Version));
        Assert.Equal(["barn", "field", "house"], list.Members.Select(member => member.Name).Order());
        Assert.Equal(text, Encoding.ASCII.GetString(list.Text));
    }

    [Fact]
    public void What_is_signed_reads_back_with_its_members_in_order()
    {
        var members = Peers(256).Select((peer, i) => new Member(peer, $"peer-{i}")).ToList();

        var list = new MemberListDraft("farm", 3, members).Sign(Key);

        Assert.True(TryRead(list.Text, out var back, out _));
        Assert.Equal(members.OrderBy(member => member.Peer), back!.Members);
        Assert.Equal(Authority, back.Authority);
        Assert.All(members, member => Assert.True(back.Contains(member.Peer)));
        Assert.All(Peers(300).Skip(256), stranger => Assert.False(back.Contains(stranger)));
    }

    [Fact]
    public void A_list_without_members_contains_nobody()
    {
        var list = new MemberListDraft("farm", 1, []).Sign(Key);

        Assert.All(Peers(3), peer => Assert.False(list.Contains(peer)));
    }

    [Fact]
    public void The_longest_list_fits_its_limit()
    {
        string longest = new('n', 64);
        var members = Peers(Limits.MembersMax).Select(peer => new Member(peer, longest));

        var list = new MemberListDraft(longest, Limits.MemberListVersionMax, [.. members]).Sign(Key);

        Assert.InRange(list.Text.Length, 1, Limits.MemberListBytesMax);
    }

    [Fact]
    public void Any_changed_byte_is_refused()
    {
        byte[] text = Example().Text.ToArray();
        for (int i = 0; i < text.Length; i++)
            foreach (byte flip in (byte[])[1, 2, 32, 128])
            {
                byte[] changed = [.. text];
                changed[i] ^= flip;
                Assert.False(TryRead(changed, out _, out var fault), $"byte {i}");
                Assert.NotEqual("", fault.What);
                Assert.NotEqual("", fault.Mend);
            }
    }

    [Fact]
    public void Another_authority_or_group_is_refused()
    {
        using var other = P256.Import([.. Enumerable.Repeat((byte)9, 32)]);
        var list = new MemberListDraft("farm", 1, []).Sign(other);

        Assert.False(TryRead(list.Text, out _, out var fault));
        Assert.Contains("not the authority's", fault.What, StringComparison.Ordinal);
        Assert.False(MemberList.TryRead(Example().Text, "town", Authority, SystemCryptography.Instance, out _, out fault));
        Assert.Equal((2, "is of group \"farm\", not \"town\""), (fault.Line, fault.What));
    }

    [Theory]
    [InlineData("version 7", "version 07", 3, "has no version")]
    [InlineData("version 7", "version 0", 3, "has no version")]
    [InlineData("version 7", "version -7", 3, "has no version")]
    [InlineData("version 7", "version 9223372036854775808", 3, "has no version")]
    [InlineData("version 7", "Version 7", 3, "has no version")]
    [InlineData("group farm", "group far m", 2, "does not name the group")]
    [InlineData("group farm", "group ", 2, "does not name the group")]
    [InlineData("edgepeer-members 1", "edgepeer-members 2", 1, "does not begin")]
    [InlineData(" one\n", " one \n", 4, "has no name")]
    [InlineData(" one\n", "\n", 4, "has no name")]
    [InlineData(" one\n", " o|ne\n", 4, "has no name")]
    [InlineData(" one\n", " one\r\n", 4, "byte 0x0d")]
    [InlineData(" one\n", " \u00f6ne\n", 4, "byte 0xc3")]
    [InlineData(" one\n", " one\n\n", 5, "neither a member nor the signature")]
    [InlineData(" one\n", " one\n# comment\n", 5, "neither a member nor the signature")]
    [InlineData("signature ", "signature  ", 6, "is not a signature")]
    [InlineData("signature ", "signature AAAA", 6, "is not a signature")]
    public void Each_part_has_one_form(string part, string other, int line, string what)
    {
        string text = Encoding.ASCII.GetString(Example().Text);
        string changed = text.Replace(part, other, StringComparison.Ordinal);
        Assert.NotEqual(text, changed);

        Assert.False(TryRead(changed, out _, out var fault));

        Assert.Equal(line, fault.Line);
        Assert.Contains(what, fault.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Order_repetition_and_number_of_members_are_checked()
    {
        string[] lines = Encoding.ASCII.GetString(Example().Text).Split('\n');
        (string first, string second) = (lines[3], lines[4]);

        AssertRefused(string.Join('\n', [.. lines[..3], second, first, .. lines[5..]]), 5, "below a higher id");
        AssertRefused(string.Join('\n', [.. lines[..3], first, first, .. lines[5..]]), 5, "a second time");
        AssertRefused(string.Join('\n', [.. lines[..3], first.ToLowerInvariant(), .. lines[4..]]), 4, "is not a peer id");
        var many = Peers(Limits.MembersMax + 1).Order().Select(peer => $"member {peer} x");
        AssertRefused(string.Join('\n', [.. lines[..3], .. many, .. lines[5..]]), 4 + Limits.MembersMax, "more than 256");
    }

    [Fact]
    public void What_is_cut_off_or_goes_on_is_refused()
    {
        string text = Encoding.ASCII.GetString(Example().Text);

        for (int length = 0; length < text.Length; length++)
            Assert.False(TryRead(text[..length], out _, out _), $"{length} bytes");
        AssertRefused(text + "\n", 7, "below the signature");
        Assert.False(TryRead(text + new string('x', Limits.MemberListBytesMax), out _, out var fault));
        Assert.Contains("bytes long", fault.What, StringComparison.Ordinal);
    }

    [Fact]
    public void Noise_never_throws()
    {
        var random = new Random(2027);
        byte[] text = Example().Text.ToArray();
        for (int round = 0; round < 20_000; round++)
        {
            byte[] changed = Mutation.Of(random, text);
            TryRead(changed, out var list, out _);
            Assert.True(list is null || changed.SequenceEqual(text));
            MemberListDraft.TryRead(changed, out _, out _);
        }
    }

    [Fact]
    public void An_edited_list_is_read_in_any_order_and_without_its_signature_and_signed_anew()
    {
        string[] lines = Encoding.ASCII.GetString(Example().Text).Split('\n');
        string edited = string.Join('\n', [.. lines[..3], lines[4], lines[3], ""]);

        Assert.True(MemberListDraft.TryRead(Encoding.ASCII.GetBytes(edited), out var draft, out var fault), $"{fault}");
        Assert.True(MemberListDraft.TryRead(Encoding.ASCII.GetBytes(edited + "signature stale\n"), out _, out _));

        Assert.True(TryRead((draft with { Version = 8 }).Sign(Key).Text, out var signed, out _));
        Assert.Equal(Example().Members, signed!.Members);
    }

    [Fact]
    public void What_others_could_not_read_is_not_signed()
    {
        var peer = Peers(1).Single();

        Assert.Throws<ArgumentException>(() => new MemberListDraft("farm", 0, []).Sign(Key));
        Assert.Throws<ArgumentException>(() => new MemberListDraft("far m", 1, []).Sign(Key));
        Assert.Throws<ArgumentException>(() => new MemberListDraft("farm", 1, [new Member(peer, "a b")]).Sign(Key));
        Assert.Throws<ArgumentException>(() => new MemberListDraft("farm", 1, [new Member(peer, "a"), new Member(peer, "b")]).Sign(Key));
    }

    [Fact]
    public void An_older_list_of_the_authority_does_not_come_into_force_and_anothers_does()
    {
        using var other = P256.Import([.. Enumerable.Repeat((byte)9, 32)]);
        var (three, four, others) = (List(3, Key), List(4, Key), List(1, other));

        Assert.Same(four, MemberList.Newest(four, three));
        Assert.Same(four, MemberList.Newest(three, four));
        Assert.Same(others, MemberList.Newest(four, others));
        Assert.Same(three, MemberList.Newest(null, three));
        Assert.Null(MemberList.Newest(four, null));
    }

    private static MemberList List(ulong version, P256KeyPair key) => new MemberListDraft("farm", version, []).Sign(key);

    private static MemberList Example()
    {
        var peers = Peers(2).Order().ToArray();
        return new MemberListDraft("farm", 7, [new Member(peers[0], "one"), new Member(peers[1], "two")]).Sign(Key);
    }

    private static IEnumerable<PeerId> Peers(int count) =>
        Enumerable.Range(0, count).Select(i => PeerIdentity.Of([(byte)i, (byte)(i >> 8)]));

    private static void AssertRefused(string text, int line, string what)
    {
        Assert.False(TryRead(text, out _, out var fault));
        Assert.Equal(line, fault.Line);
        Assert.Contains(what, fault.What, StringComparison.Ordinal);
    }

    private static bool TryRead(string text, out MemberList? list, out TextFault fault) => TryRead(Encoding.UTF8.GetBytes(text), out list, out fault);

    private static bool TryRead(ReadOnlySpan<byte> text, out MemberList? list, out TextFault fault) =>
        MemberList.TryRead(text, "farm", Authority, SystemCryptography.Instance, out list, out fault);
}
