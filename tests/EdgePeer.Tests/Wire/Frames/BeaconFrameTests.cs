using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Wire.Frames;

public class BeaconFrameTests
{
    [Fact]
    public void The_documents_example_is_what_the_code_writes_and_reads() =>
        Beacons.AssertExample("beacon", new BeaconFrame(Legal.PeerA, Legal.BootA, 400, 0xCAFEF00D, new LinkAddress([0x2A]), "barn-3"));

    [Fact]
    public void Legal_beacons_round_trip() => Beacons.AssertRoundTrips();

    [Fact]
    public void Damaged_beacons_are_refused_or_read_as_legal_ones() => Beacons.AssertBearsDamage();

    [Fact]
    public void No_beacon_is_longer_than_is_said()
    {
        var longest = new BeaconFrame(Legal.PeerB, ulong.MaxValue, 864_000, uint.MaxValue, new LinkAddress(new byte[24]), new string('x', 64));
        Assert.True(Beacons.Encode(longest).Length <= BeaconFrame.BytesMax);
    }

    [Fact]
    public void Of_another_group_nothing_is_read()
    {
        byte[] frame = Beacons.Encode(Random(new Random(1)));
        Assert.Equal(FrameFault.WrongTag, BeaconFrame.TryRead(frame, Legal.GroupSeed + 1, out _));
    }

    [Fact]
    public void Next_beacon_in_more_than_a_day_and_names_outside_the_alphabet_are_malformed()
    {
        var beacon = Random(new Random(2)) with { Address = default, Name = "barn" };
        Assert.Equal(FrameFault.Malformed, Read(beacon with { NextWithinTenths = 864_001 }));
        Assert.Equal(FrameFault.Malformed, Read(beacon with { Name = "barn 3" }));
        Assert.Equal(FrameFault.Malformed, Read(beacon with { Name = "" }));
        Assert.Equal(FrameFault.Malformed, Read(beacon with { Name = new string('x', 65) }));
        Assert.Equal(FrameFault.None, Read(beacon));
    }

    private static FrameFault Read(BeaconFrame beacon) => BeaconFrame.TryRead(Beacons.Encode(beacon), Legal.GroupSeed, out _);

    private static BeaconFrame Random(Random random) =>
        new(Legal.Peer(random), Legal.UInt64(random), (uint)random.Next(864_001) >> random.Next(20), (uint)random.NextInt64(), Legal.Address(random), Legal.Name(random));

    private static readonly Codec<BeaconFrame> Beacons = new(
        Random,
        (value, bytes) => value.Write(bytes, Legal.GroupSeed),
        (ReadOnlySpan<byte> bytes, out BeaconFrame value) => BeaconFrame.TryRead(bytes, Legal.GroupSeed, out value) == FrameFault.None)
    {
        Mend = frame => Legal.Tagged(frame, Legal.GroupSeed),
    };
}
