using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Wire.Frames;

public class BeaconFrameTests
{
    [Fact]
    public void Legal_headers_round_trip() => Headers.AssertRoundTrips();

    [Fact]
    public void Damaged_headers_are_refused_or_read_as_legal_ones() => Headers.AssertBearsDamage();

    [Fact]
    public void Legal_bodies_round_trip() => Bodies.AssertRoundTrips();

    [Fact]
    public void Damaged_bodies_are_refused_or_read_as_legal_ones() => Bodies.AssertBearsDamage();

    [Fact]
    public void No_body_is_longer_than_is_said()
    {
        var longest = new BeaconBody(Legal.PeerB, 864_000, uint.MaxValue, long.MaxValue, new LinkAddress(new byte[24]), new string('x', 64));
        Assert.True(Bodies.Encode(longest).Length <= BeaconBody.BytesMax);
    }

    [Fact]
    public void Next_beacon_in_more_than_a_day_and_names_outside_the_alphabet_are_refused()
    {
        var beacon = Random(new Random(2)) with { Address = default, Name = "barn" };
        Bodies.AssertRefused(Bodies.Encode(beacon with { NextWithinTenths = 864_001 }));
        Bodies.AssertRefused(Bodies.Encode(beacon with { Name = "barn 3" }));
        Bodies.AssertRefused(Bodies.Encode(beacon with { Name = "" }));
        Bodies.AssertRefused(Bodies.Encode(beacon with { Name = new string('x', 65) }));
        Assert.True(Bodies.TryDecode(Bodies.Encode(beacon), out _));
    }

    private static BeaconBody Random(Random random) =>
        new(Legal.Peer(random), (uint)random.Next(864_001) >> random.Next(20), (uint)random.NextInt64(), Legal.Varint(random), Legal.Address(random), Legal.Name(random));

    private static readonly Codec<BeaconHeader> Headers = new(
        random => new BeaconHeader(random.Next(2) == 0, Legal.UInt64(random), (uint)random.NextInt64()),
        (value, bytes) =>
        {
            var writer = new WireWriter(bytes);
            value.Write(ref writer);
            return writer.Length;
        },
        (ReadOnlySpan<byte> bytes, out BeaconHeader value) => BeaconHeader.TryRead(bytes, out value) == FrameFault.None);

    private static readonly Codec<BeaconBody> Bodies = new(
        Random,
        (value, bytes) =>
        {
            var writer = new WireWriter(bytes);
            value.Write(ref writer);
            return writer.Length;
        },
        BeaconBody.TryRead);
}
