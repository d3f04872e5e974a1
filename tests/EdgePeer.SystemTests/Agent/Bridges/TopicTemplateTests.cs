using EdgePeer.Agent.Bridges;
using Xunit;

namespace EdgePeer.SystemTests.Agent.Bridges;

public sealed class TopicTemplateTests
{
    [Theory]
    [InlineData("farm/{name}/{pipe}", "farm/barn_3/readings/x")]
    [InlineData("{peer}/{sequence}/{id}", "PEER/12/INCARNATION-12")]
    [InlineData("plain", "plain")]
    public void Words_are_filled_in_and_a_name_makes_no_levels(string text, string topic)
    {
        Assert.True(TopicTemplate.TryParse(text, TopicUse.Published, out var template, out _));
        Assert.Equal(topic, template.Fill(new TopicWords("barn/3", "PEER", "readings/x", "INCARNATION-12", 12)));
    }

    [Theory]
    [InlineData("farm/+/x/#", true)]
    [InlineData("$share/group/farm/#", true)]
    [InlineData("farm/a+", false)]
    [InlineData("farm/#/x", false)]
    [InlineData("$SYS/#", false)]
    [InlineData("farm/{sequence}", false)]
    [InlineData("", false)]
    public void A_filter_has_wildcards_as_levels_of_their_own(string text, bool legal) =>
        Assert.Equal(legal, TopicTemplate.TryParse(text, TopicUse.Subscribed, out _, out _));

    [Fact]
    public void What_an_envelope_names_is_filled_in_last_and_makes_levels()
    {
        Assert.True(TopicTemplate.TryParse("{pipe}/{topic}", TopicUse.Unwrapped, out var template, out _));
        Assert.True(template.IsOfMessage);
        Assert.Equal("p/farm/{name}/{id}", template.Fill(new TopicWords("barn", "PEER", "p", "ID", 1, "farm/{name}/{id}")));
        Assert.False(TopicTemplate.TryParse("{pipe}/{topic}", TopicUse.Published, out _, out _));
        Assert.False(TopicTemplate.TryParse("{pipe}/{topic}", TopicUse.Subscribed, out _, out _));
    }

    [Fact]
    public void Equal_texts_are_equal_templates()
    {
        Assert.True(TopicTemplate.TryParse("a/{name}", TopicUse.Published, out var one, out _));
        Assert.True(TopicTemplate.TryParse("a/{name}", TopicUse.Published, out var other, out _));
        Assert.Equal(one, other);
    }
}
