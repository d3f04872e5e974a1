using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Wire.Frames;

public class GreetingFrameTests
{
    [Fact]
    public void The_documents_examples_are_what_the_code_writes_and_reads()
    {
        Greetings.AssertExample("open", new GreetingFrame(false, Legal.PeerA, Legal.BootA, 0, 0x5A01, 576, new LinkAddress([0x2A])));
        Greetings.AssertExample("accept", new GreetingFrame(true, Legal.PeerB, Legal.BootB, Legal.BootA, 0x77C2, 576, new LinkAddress([0x11])));
    }

    [Fact]
    public void Legal_greetings_round_trip() => Greetings.AssertRoundTrips();

    [Fact]
    public void Damaged_greetings_are_refused_or_read_as_legal_ones() => Greetings.AssertBearsDamage();

    [Fact]
    public void An_answer_is_as_long_as_its_cause_and_neither_longer_than_is_said()
    {
        var open = Random(new Random(1)) with { IsAccept = false, Address = new LinkAddress(new byte[24]) };
        Assert.Equal(GreetingFrame.BytesMax, Greetings.Encode(open).Length);
        Assert.Equal(GreetingFrame.BytesMax, Greetings.Encode(open with { IsAccept = true }).Length);
    }

    [Fact]
    public void Label_zero_and_frames_below_200_bytes_are_malformed()
    {
        var greeting = Random(new Random(2));
        Assert.Equal(FrameFault.Malformed, Read(greeting with { Label = 0 }));
        Assert.Equal(FrameFault.Malformed, Read(greeting with { FrameBytesMax = 199 }));
        Assert.Equal(FrameFault.None, Read(greeting with { FrameBytesMax = 200 }));
    }

    private static FrameFault Read(GreetingFrame greeting) => GreetingFrame.TryRead(Greetings.Encode(greeting), Legal.GroupSeed, out _);

    private static GreetingFrame Random(Random random) =>
        new(random.Next(2) == 0, Legal.Peer(random), Legal.UInt64(random), Legal.UInt64(random), (ushort)random.Next(1, 65_536), random.Next(200, 65_536), Legal.Address(random));

    private static readonly Codec<GreetingFrame> Greetings = new(
        Random,
        (value, bytes) => value.Write(bytes, Legal.GroupSeed),
        (ReadOnlySpan<byte> bytes, out GreetingFrame value) => GreetingFrame.TryRead(bytes, Legal.GroupSeed, out value) == FrameFault.None)
    {
        Mend = frame => Legal.Tagged(frame, Legal.GroupSeed),
    };
}
