using EdgePeer.Protocol.Groups;
using Xunit;

namespace EdgePeer.Tests.Protocol.Groups;

public sealed class GroupSecretTests
{
    private static readonly GroupSecret Secret = GroupSecret.Of([.. Enumerable.Range(1, 32).Select(i => (byte)(i * 7))]);

    [Fact]
    public void Printed_form_is_one_word_that_reads_back()
    {
        string text = Secret.Print();

        Assert.Matches("^edgepeer-group-1-[A-Za-z0-9_-]{48}$", text);
        Assert.True(GroupSecret.TryParse(text, out var back, out _));
        Assert.Equal(Secret, back);
        Assert.Equal(Secret.Bytes, back.Bytes);
    }

    [Fact]
    public void Any_one_wrong_character_is_found()
    {
        string text = Secret.Print();
        for (int i = 0; i < text.Length; i++)
        {
            string wrong = $"{text[..i]}{(text[i] == 'x' ? 'y' : 'x')}{text[(i + 1)..]}";
            Assert.False(GroupSecret.TryParse(wrong, out var none, out string? fault), wrong);
            Assert.Null(none);
            Assert.Contains(i < GroupSecret.Prefix.Length ? "does not begin" : "typing error", fault, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("", "does not begin")]
    [InlineData("edgepeer-group-1-", "has 0 characters")]
    [InlineData("edgepeer-group-2-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "does not begin")]
    [InlineData("edgepeer-group-1-AAAAAAAAAAAAAAAAAAAAAAA AAAAAAAAAAAAAAAAAAAAAAAA", "character other than")]
    [InlineData("edgepeer-group-1-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "character other than")]
    [InlineData("edgepeer-group-1-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n", "has 49 characters")]
    [InlineData("edgepeer-group-1-AAAAAAAAAAAAAAAAAAAAAAAA\u00e9AAAAAAAAAAAAAAAAAAAAAAA", "character other than")]
    public void What_is_no_secret_is_refused_with_the_reason(string text, string reason)
    {
        Assert.False(GroupSecret.TryParse(text, out _, out string? fault));
        Assert.Contains(reason, fault, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_of_it_is_in_its_own_text_or_in_what_is_said_of_a_wrong_one()
    {
        Assert.Equal("(group secret)", $"{Secret}");
        string text = Secret.Print();
        Assert.False(GroupSecret.TryParse(text[..^1] + "!", out _, out string? fault));
        for (int i = GroupSecret.Prefix.Length; i + 6 <= text.Length; i++)
            Assert.DoesNotContain(text[i..(i + 6)], fault, StringComparison.Ordinal);
    }

    [Fact]
    public void The_secret_of_a_name_is_the_names_alone()
    {
        Assert.Equal(GroupSecret.OfName("farm"), GroupSecret.OfName("farm"));
        Assert.NotEqual(GroupSecret.OfName("farm"), GroupSecret.OfName("Farm"));
    }

    [Fact]
    public void An_authority_prints_and_reads_back_and_is_not_taken_for_a_secret()
    {
        var authority = GroupAuthority.Of([2, .. Enumerable.Range(0, 32).Select(i => (byte)i)]);
        string text = authority.ToString();

        Assert.Matches("^edgepeer-authority-1-[A-Za-z0-9_-]{48}$", text);
        Assert.True(GroupAuthority.TryParse(text, out var back, out _));
        Assert.Equal(authority, back);
        Assert.False(GroupSecret.TryParse(text, out _, out _));
        Assert.False(GroupAuthority.TryParse(Secret.Print(), out _, out _));
        string swapped = text[..^20] + text[^19] + text[^20] + text[^18..];
        Assert.False(GroupAuthority.TryParse(swapped, out _, out _));
    }
}
