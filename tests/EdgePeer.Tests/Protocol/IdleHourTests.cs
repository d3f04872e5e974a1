using EdgePeer.Wire;
using EdgePeer.Wire.Framing;
using Xunit;

namespace EdgePeer.Tests.Protocol;

/// <summary>What two peers with a session and nothing to say put on a radio: bytes on the line, framing and both delimiters included.</summary>
public class IdleHourTests(ITestOutputHelper output)
{
    [Fact]
    public void An_idle_hour_of_two_peers_costs_less_than_a_twentieth_of_a_percent_of_the_line()
    {
        var lab = new Lab(31);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        var line = lab.Connect(a, b, DeliveryTests.Radio with { HalfDuplex = true }, TimeSpan.FromMilliseconds(5));
        b.Read("readings");
        a.Send("readings", new byte[12]);
        Assert.True(lab.Run(TimeSpan.FromMinutes(1), () => b.Payloads.Count == 1));
        // Until the pauses between beacons have grown to their longest.
        lab.Run(TimeSpan.FromMinutes(10));
        var frames = new List<(FrameKind Kind, int Bytes)>();
        line.Tap = (_, frame) => frames.Add((FrameHead.Of(frame[0]).Kind, frame.Length + SerialFraming.FramingBytes + LeadingDelimiter));
        lab.Run(TimeSpan.FromHours(1));
        int bytes = frames.Sum(frame => frame.Bytes);
        output.WriteLine($"an idle hour: {bytes} bytes; {string.Join(", ", frames.GroupBy(frame => frame.Kind).Select(kind => $"{kind.Count()} {kind.Key} of {kind.Sum(frame => frame.Bytes)} bytes"))}");
        Assert.InRange(frames.Count(frame => frame.Kind == FrameKind.Beacon), 2 * 40, 2 * 120);
        Assert.InRange(bytes, 1, 57_600 / 10 * 3_600 / 2_000);
    }

    private const int LeadingDelimiter = 1;
}
