using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Wire.Frames;

public class HintFrameTests
{
    [Fact]
    public void The_documents_example_is_what_the_code_writes_and_reads()
    {
        Hints.AssertExample("hint", new HintFrame(0x77C2));
        Assert.Equal(HintFrame.Bytes, Hints.Encode(new HintFrame(0x77C2)).Length);
    }

    [Fact]
    public void Legal_hints_round_trip() => Hints.AssertRoundTrips();

    [Fact]
    public void Damaged_hints_are_refused_or_read_as_legal_ones() => Hints.AssertBearsDamage();

    private static readonly Codec<HintFrame> Hints = new(
        random => new HintFrame((ushort)random.Next(65_536)),
        (value, bytes) => value.Write(bytes, Legal.GroupSeed),
        (ReadOnlySpan<byte> bytes, out HintFrame value) => HintFrame.TryRead(bytes, Legal.GroupSeed, out value) == FrameFault.None)
    {
        Mend = frame => Legal.Tagged(frame, Legal.GroupSeed),
    };
}
