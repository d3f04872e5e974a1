using EdgePeer.Transports.Mqtt;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Transports.Mqtt;

public class MqttTopicsTests
{
    private static readonly LinkAddress Own = new([0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef]);
    private static readonly LinkAddress Other = new([0xf0, 0, 0, 0, 0, 0, 0, 0x0f]);
    private readonly MqttTopics _topics = new("edgepeer/farm", Own);

    [Fact]
    public void Topics_are_those_of_the_document()
    {
        Assert.Equal("edgepeer/farm/beacon/0123456789abcdef", _topics.OwnBeacon);
        Assert.Equal("edgepeer/farm/beacon/+", _topics.Beacons);
        Assert.Equal("edgepeer/farm/to/0123456789abcdef/+", _topics.Inbox);
        Assert.Equal("edgepeer/farm/to/0123456789abcdef/0123456789abcdef", _topics.Echo);
        Assert.Equal("edgepeer/farm/to/f00000000000000f/0123456789abcdef", _topics.To(Other));
    }

    [Fact]
    public void What_one_peer_sends_the_other_takes_as_from_it()
    {
        var there = new MqttTopics("edgepeer/farm", Other);
        Assert.True(_topics.TryReadSender(there.To(Own), out var from));
        Assert.Equal(Other, from);
        Assert.True(_topics.TryReadSender(there.OwnBeacon, out from));
        Assert.Equal(Other, from);
    }

    [Theory]
    [InlineData("#", true)]
    [InlineData("edgepeer/#", true)]
    [InlineData("edgepeer/farm/#", true)]
    [InlineData("edgepeer/farm/to/#", true)]
    [InlineData("+/+/beacon/+", true)]
    [InlineData("edgepeer/farm/to/0123456789abcdef/+", true)]
    [InlineData("edgepeer/farm/to/+/+/#", true)]
    [InlineData("$share/group/#", true)]
    [InlineData("edgepeer/farm/to/+/+/+/#", false)]
    [InlineData("edgepeer/farm", false)]
    [InlineData("edgepeer/farm/to", false)]
    [InlineData("edgepeer/farm/+", false)]
    [InlineData("edgepeer/farm/readings/#", false)]
    [InlineData("edgepeer/barn/#", false)]
    [InlineData("farm/+/#", false)]
    [InlineData("$share/group/farm/#", false)]
    public void Filters_that_cover_frames_are_known(string filter, bool covers) => Assert.Equal(covers, MqttTopics.Overlaps("edgepeer/farm", filter));

    [Theory]
    [InlineData("")]
    [InlineData("/")]
    [InlineData("edgepeer/farm/beacon/")]
    [InlineData("edgepeer/farm/beacon/f0000000000000")]
    [InlineData("edgepeer/farm/beacon/f00000000000000f0f")]
    [InlineData("edgepeer/farm/beacon/f00000000000000g")]
    [InlineData("edgepeer/farm/beacon/x/f00000000000000f")]
    [InlineData("edgepeer/farm/beacon/f00000000000000é")]
    [InlineData("edgepeer/farm/to/f00000000000000f")]
    [InlineData("edgepeer/farm/to/f00000000000000f/f00000000000000f")]
    [InlineData("edgepeer/farm/to/0123456789abcdef/x/f00000000000000f")]
    [InlineData("edgepeer/other/beacon/f00000000000000f")]
    [InlineData("f00000000000000f")]
    // Of its own it hears nothing.
    [InlineData("edgepeer/farm/beacon/0123456789abcdef")]
    [InlineData("edgepeer/farm/to/0123456789abcdef/0123456789abcdef")]
    public void A_topic_of_another_form_is_nobodys(string topic)
    {
        Assert.False(_topics.TryReadSender(topic, out _));
    }

    [Theory]
    [InlineData("a", true)]
    [InlineData("edgepeer/farm", true)]
    [InlineData("höfe/süd", true)]
    [InlineData(null, false)]
    [InlineData("", false)]
    [InlineData("/farm", false)]
    [InlineData("farm/", false)]
    [InlineData("farm/+", false)]
    [InlineData("farm#", false)]
    [InlineData("fa\0rm", false)]
    public void Some_texts_can_begin_topics(string? root, bool can)
    {
        Assert.Equal(can, MqttOptions.IsTopicRoot(root));
    }

    [Fact]
    public void A_root_has_at_most_128_bytes()
    {
        Assert.True(MqttOptions.IsTopicRoot(new string('a', 128)));
        Assert.False(MqttOptions.IsTopicRoot(new string('a', 129)));
        Assert.False(MqttOptions.IsTopicRoot(new string('é', 65)));
    }
}
