using EdgePeer.Transports.Mqtt;
using EdgePeer.Transports.Mqtt.Checking;
using Xunit;

namespace EdgePeer.Tests.Transports.Mqtt;

public sealed class PacketCheckTests
{
    [Theory]
    [MemberData(nameof(BrokerPackets.Good), MemberType = typeof(BrokerPackets))]
    public void What_a_broker_may_send_passes_whole_however_it_comes(MqttVersion version, string hex)
    {
        byte[] packet = Convert.FromHexString(BrokerPackets.Accepted(version) + hex);
        var whole = new PacketCheck(version);
        Assert.Equal(packet.Length, whole.Pass(packet, out var fault));
        Assert.Null(fault);
        Assert.Equal(packet, PassInParts(new PacketCheck(version), packet, _ => 1, out fault));
        Assert.Null(fault);
    }

    [Theory]
    [MemberData(nameof(BrokerPackets.Bad), MemberType = typeof(BrokerPackets))]
    public void What_it_may_not_is_named_and_nothing_of_it_passes(MqttVersion version, string hex, string what)
    {
        byte[] accepted = Convert.FromHexString(BrokerPackets.Accepted(version)), bad = Convert.FromHexString(hex);
        var check = new PacketCheck(version);
        Assert.Equal(accepted.Length, check.Pass([.. accepted, .. bad], out var fault));
        Assert.Null(fault);
        Assert.Equal(0, check.Pass(bad, out fault));
        Assert.Equal(PacketFaultKind.Broken, fault!.Value.Kind);
        Assert.Contains(what, fault.Value.What, StringComparison.Ordinal);
        Assert.Equal(accepted, PassInParts(new PacketCheck(version), [.. accepted, .. bad], _ => 1, out fault));
        Assert.NotNull(fault);
    }

    [Theory]
    [MemberData(nameof(BrokerPackets.BadAnswers), MemberType = typeof(BrokerPackets))]
    public void An_answer_that_is_none_is_named(MqttVersion version, string hex, string what)
    {
        byte[] bad = Convert.FromHexString(hex);
        Assert.Equal(0, new PacketCheck(version).Pass(bad, out var fault));
        Assert.Contains(what, fault!.Value.What, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("485454502F312E31", "it speaks HTTP")]
    [InlineData("5353482D322E30", "it speaks SSH")]
    [InlineData("15030300020228", "it speaks TLS")]
    [InlineData("30030001 61", "it begins with 0x30")]
    [InlineData("2100", "it begins with 0x21")]
    public void Who_does_not_begin_with_an_answer_is_a_stranger(string hex, string what)
    {
        Assert.Equal(0, new PacketCheck(MqttVersion.Five).Pass(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), out var fault));
        Assert.Equal(PacketFaultKind.Stranger, fault!.Value.Kind);
        Assert.Equal(what, fault.Value.What[..what.Length]);
    }

    [Theory]
    [InlineData("E000", 0)]
    [InlineData("E0018B", 0x8b)]
    [InlineData("E0028B00", 0x8b)]
    [InlineData("E0098B071F0004676F6E65", 0x8b)]
    public void A_farewell_is_told_and_does_not_pass(string hex, byte reason)
    {
        var check = Answered(MqttVersion.Five);
        Assert.Equal(0, check.Pass(Convert.FromHexString(hex), out var fault));
        Assert.Equal(PacketFaultKind.Farewell, fault!.Value.Kind);
        Assert.Equal(reason, fault.Value.Reason);
    }

    [Fact]
    public void Nothing_passes_behind_a_refusal()
    {
        var check = new PacketCheck(MqttVersion.Five);
        Assert.Equal(5, check.Pass(Convert.FromHexString("2003008700D000"), out var fault));
        Assert.Null(fault);
        Assert.Equal(0, check.Pass([0xd0, 0], out fault));
        Assert.Equal("its PINGRESP comes when it has refused the connection", fault!.Value.What);
    }

    [Fact]
    public void A_broker_of_3_1_1_may_say_in_its_own_way_that_it_has_no_5()
    {
        Assert.Equal(4, new PacketCheck(MqttVersion.Five).Pass([0x20, 2, 0, 1], out var fault));
        Assert.Null(fault);
    }

    [Fact]
    public void A_payload_passes_as_it_comes()
    {
        var check = Answered(MqttVersion.Five);
        // 1 MiB, of which the head is six bytes.
        Assert.Equal(10 + 100, check.Pass([0x30, 0x86, 0x80, 0x40, 0, 1, (byte)'a', 2, 1, 1, .. new byte[100]], out var fault));
        Assert.Null(fault);
        int left = (1 << 20) + 6 - 6 - 100;
        Assert.Equal(left + 2, check.Pass([.. new byte[left], 0xd0, 0], out fault));
        Assert.Null(fault);
        Assert.Equal(0, check.Pass([0], out fault));
        Assert.NotNull(fault);
    }

    [Fact]
    public void A_packet_longer_than_the_limit_is_refused_by_its_length()
    {
        // 18 MiB and a byte, its header included.
        Assert.Equal(0, Answered(MqttVersion.Five).Pass([0x30, 0xfc, 0xff, 0xff, 0x08], out var fault));
        Assert.Equal(PacketFaultKind.TooLong, fault!.Value.Kind);
        Assert.Equal(0, Answered(MqttVersion.Five).Pass([0x30, 0xfb, 0xff, 0xff, 0x08], out fault));
        Assert.Null(fault);
    }

    [Fact]
    public void Many_properties_are_too_many()
    {
        var check = Answered(MqttVersion.Five);
        byte[] properties = [.. Enumerable.Repeat<byte[]>([0x26, 0, 0, 0, 0], 1_001).SelectMany(one => one)];
        byte[] packet = [0x30, .. Variable(3 + 2 + properties.Length), 0, 1, (byte)'a', .. Variable(properties.Length), .. properties];
        Assert.Equal(0, check.Pass(packet, out var fault));
        Assert.Contains("more than 1000 properties", fault!.Value.What, StringComparison.Ordinal);
    }

    [Fact]
    public void What_stands_before_a_payload_is_not_held_without_bound()
    {
        // A topic, and two million bytes of properties to come.
        Assert.Equal(0, Answered(MqttVersion.Five).Pass([0x30, 0x8a, 0x89, 0x7a, 0, 1, (byte)'a', 0x80, 0x89, 0x7a], out var fault));
        Assert.Contains("beside a payload", fault!.Value.What, StringComparison.Ordinal);
        Assert.Equal(0, Answered(MqttVersion.Five).Pass([0x40, 0x8a, 0x89, 0x7a], out fault));
        Assert.Contains("beside a payload", fault!.Value.What, StringComparison.Ordinal);
    }

    [Fact]
    public void What_the_broker_takes_at_once_is_known_from_its_answer()
    {
        var check = new PacketCheck(MqttVersion.Five);
        Assert.Equal(uint.MaxValue, check.PacketBytesMax);
        check.Pass(Convert.FromHexString("2008000005270000C350"), out _);
        Assert.Equal(50_000u, check.PacketBytesMax);
    }

    [Fact]
    public void Good_and_broken_streams_pass_as_far_as_they_are_good_and_never_throw()
    {
        var random = new Random(20);
        int passedAll = 0, refused = 0;
        for (int round = 0; round < 30_000; round++)
        {
            var version = round % 2 == 0 ? MqttVersion.Five : MqttVersion.Three;
            byte[] stream = BrokerPackets.Mutated(version, random);
            byte[] passed = PassInParts(new PacketCheck(version), stream, left => random.Next(3) == 0 ? 1 : random.Next(1, left + 1), out var fault);
            Assert.Equal(stream.AsSpan(0, passed.Length), passed.AsSpan());
            Assert.True(PassedPackets.AreGood(version, passed), $"round {round}: {Convert.ToHexString(passed)}");
            (passedAll, refused) = (passedAll + (passed.Length == stream.Length ? 1 : 0), refused + (fault is null ? 0 : 1));
        }
        // Both happen often.
        Assert.InRange(passedAll, 3_000, 27_000);
        Assert.InRange(refused, 3_000, 27_000);
    }

    private static PacketCheck Answered(MqttVersion version)
    {
        var check = new PacketCheck(version);
        byte[] accepted = Convert.FromHexString(BrokerPackets.Accepted(version));
        Assert.Equal(accepted.Length, check.Pass(accepted, out _));
        return check;
    }

    /// <summary>As a connection does: what did not pass is shown again, with more behind it.</summary>
    private static byte[] PassInParts(PacketCheck check, byte[] stream, Func<int, int> part, out PacketFault? fault)
    {
        var passed = new List<byte>();
        fault = null;
        for (int from = 0, to = 0; to < stream.Length && fault is null;)
        {
            to += part(stream.Length - to);
            for (int taken = -1; taken != 0 && fault is null && from < to; from += taken)
            {
                taken = check.Pass(stream.AsSpan(from, to - from), out fault);
                passed.AddRange(stream.AsSpan(from, taken));
            }
        }
        return [.. passed];
    }

    private static byte[] Variable(int value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
            bytes.Add((byte)(value | 0x80));
        return [.. bytes, (byte)value];
    }
}
