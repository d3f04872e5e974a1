using System.Text;
using EdgePeer.Agent.Bridges;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Agent.Bridges;

public sealed class BrokerMessageTests
{
    [Theory]
    [InlineData("farm/a", false, null, null, "")]
    [InlineData("/ä/\"{id}\"/", true, "text/plain; charset=\"utf-8\"", 0u, "payload\0\n")]
    [InlineData("$SYS/x", true, "x", uint.MaxValue, "+#")]
    public void What_is_written_is_read(string topic, bool retain, string? contentType, uint? expiry, string payload)
    {
        var message = new BrokerMessage(topic, retain, contentType, expiry, Encoding.UTF8.GetBytes(payload));

        Assert.True(BrokerMessage.TryRead(message.Write(), out var read, out _));
        Assert.Equal(message with { Payload = default }, read with { Payload = default });
        Assert.Equal(message.Payload.ToArray(), read.Payload.ToArray());
    }

    [Fact]
    public void The_example_of_the_document()
    {
        string example = File.ReadLines(Path.Combine(Repository.Root, "src/EdgePeer.Agent/Bridges/BRIDGE.md")).First(line => line.StartsWith("{\"topic\"", StringComparison.Ordinal));

        Assert.True(BrokerMessage.TryRead(Encoding.UTF8.GetBytes(example), out var read, out string? fault), fault);
        Assert.Equal(example, Encoding.UTF8.GetString(read.Write()));
        Assert.Equal("21.5", Encoding.UTF8.GetString(read.Payload.Span));
    }

    [Theory]
    [InlineData("{\"topic\":\"t\",\"payload\":\"\"}")]
    [InlineData(" { \"payload\": \"QQ==\", \"later\": { \"a\": [1] }, \"topic\": \"t\" }\n")]
    public void What_an_application_has_written_need_not_have_all(string text)
    {
        Assert.True(BrokerMessage.TryRead(Encoding.UTF8.GetBytes(text), out var read, out _));
        Assert.Equal(("t", false, null, null), (read.Topic, read.Retain, read.ContentType, read.ExpirySeconds));
    }

    [Theory]
    [InlineData("", "not JSON")]
    [InlineData("21.5", "no JSON object")]
    [InlineData("[]", "no JSON object")]
    [InlineData("{\"topic\":\"t\",\"payload\":\"\"", "not JSON")]
    [InlineData("{\"topic\":\"t\",\"payload\":\"\"} x", "not JSON")]
    [InlineData("{\"topic\":\"t\"}", "no \"payload\"")]
    [InlineData("{\"payload\":\"\"}", "no \"topic\"")]
    [InlineData("{\"topic\":\"t\",\"topic\":\"u\",\"payload\":\"\"}", "\"topic\"")]
    [InlineData("{\"topic\":\"\",\"payload\":\"\"}", "\"topic\"")]
    [InlineData("{\"topic\":\"a/+\",\"payload\":\"\"}", "\"topic\"")]
    [InlineData("{\"topic\":\"a/#\",\"payload\":\"\"}", "\"topic\"")]
    [InlineData("{\"topic\":\"a\\u0000\",\"payload\":\"\"}", "\"topic\"")]
    [InlineData("{\"topic\":\"a\\nb\",\"payload\":\"\"}", "\"topic\"")]
    [InlineData("{\"topic\":\"a\\uffff\",\"payload\":\"\"}", "\"topic\"")]
    [InlineData("{\"topic\":\"a\\ud800\",\"payload\":\"\"}", "not JSON")]
    [InlineData("{\"topic\":1,\"payload\":\"\"}", "\"topic\"")]
    [InlineData("{\"topic\":\"t\",\"payload\":\"?\"}", "\"payload\"")]
    [InlineData("{\"topic\":\"t\",\"payload\":\"\",\"payload\":\"\"}", "\"payload\"")]
    [InlineData("{\"topic\":\"t\",\"payload\":\"\",\"retain\":1}", "\"retain\"")]
    [InlineData("{\"topic\":\"t\",\"payload\":\"\",\"expiry\":-1}", "\"expiry\"")]
    [InlineData("{\"topic\":\"t\",\"payload\":\"\",\"expiry\":1e99}", "\"expiry\"")]
    [InlineData("{\"topic\":\"t\",\"payload\":\"\",\"contentType\":\"\"}", "\"contentType\"")]
    [InlineData("{\"topic\":\"t\",\"payload\":\"\",\"contentType\":\"a\\u0007\"}", "\"contentType\"")]
    [InlineData("{\"topic\":\"t\",\"payload\":\"\",\"x\":[[[[[[[[[[]]]]]]]]]]}", "not JSON")]
    public void What_is_no_envelope_is_refused(string text, string fault)
    {
        Assert.False(BrokerMessage.TryRead(Encoding.UTF8.GetBytes(text), out _, out string? why));
        Assert.Contains(fault, why, StringComparison.Ordinal);
    }

    [Fact]
    public void A_topic_or_content_type_without_end_is_refused()
    {
        foreach (var message in new[]
        {
            new BrokerMessage(new string('t', 1_025), false, null, null, default),
            new BrokerMessage(new string('ä', 513), false, null, null, default),
            new BrokerMessage(new string('/', 200), false, null, null, default),
            new BrokerMessage("t", false, new string('c', 256), null, default),
        })
            Assert.False(BrokerMessage.TryRead(message.Write(), out _, out _));
    }

    [Fact]
    public void Damaged_envelopes_are_refused_or_hold_what_can_be_published()
    {
        byte[] good = new BrokerMessage("farm/ä/b", true, "text/plain", 3_600, Encoding.UTF8.GetBytes("21.5")).Write();
        var random = new Random(1);
        int read = 0;
        for (int i = 0; i < 20_000; i++)
        {
            byte[] damaged = [.. good];
            for (int changes = random.Next(1, 4); changes > 0; changes--)
                damaged[random.Next(damaged.Length)] = (byte)random.Next(256);
            if (!BrokerMessage.TryRead(damaged.AsSpan(0, random.Next(4) == 0 ? random.Next(damaged.Length) : damaged.Length), out var message, out _))
                continue;
            read++;
            Assert.True(MqttText.IsTopic(message.Topic));
            Assert.True(message.ContentType is null || MqttText.IsContentType(message.ContentType));
            Assert.True(BrokerMessage.TryRead(message.Write(), out _, out _));
        }
        Assert.InRange(read, 100, 19_900);
    }
}
