using EdgePeer.Transports.Mqtt;
using EdgePeer.Transports.Mqtt.Mosquitto;
using Xunit;

namespace EdgePeer.SystemTests.Transports.Mqtt;

public sealed class PublishBytesTests
{
    [Fact]
    public void A_packet_is_as_long_as_the_standard_has_it()
    {
        // 30 03 0001 61, and 00 for no properties.
        Assert.Equal(6, MosquittoProperties.PublishBytes("a", 0, MqttQos.AtMostOnce, null));
        // Header, topic, packet identifier, length of the properties, expiry, content type and user property, payload.
        var properties = new MqttProperties([KeyValuePair.Create("k", "v")], "t", TimeSpan.FromSeconds(1));
        Assert.Equal(2 + 4 + 2 + 1 + (5 + 4 + 7) + 1, MosquittoProperties.PublishBytes("é", 1, MqttQos.AtLeastOnce, properties));
        // Lengths of one byte, and of two.
        Assert.Equal(2 + 127, MosquittoProperties.PublishBytes("a", 123, MqttQos.AtMostOnce, null));
        Assert.Equal(3 + 128, MosquittoProperties.PublishBytes("a", 124, MqttQos.AtMostOnce, null));
    }
}
