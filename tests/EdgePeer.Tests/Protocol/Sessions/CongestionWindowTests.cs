using EdgePeer.Protocol;
using EdgePeer.Protocol.Sessions;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol.Sessions;

public class CongestionWindowTests
{
    /// <summary>A line whose rate nobody knows: what a router before a modem looks like.</summary>
    private static readonly TransportTraits Unknown = new() { FrameBytesMax = 1_400, FramingBytes = 28, Broadcast = true };

    [Fact]
    public void A_hundredfold_rise_and_fall_of_the_rate_are_both_followed()
    {
        var lab = new Lab(1);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        var line = lab.Connect(a, b, Unknown, TimeSpan.FromMilliseconds(10));
        line.Traits = Unknown with { BitsPerSecond = Slow };
        b.Read("files");
        for (int i = 0; i < 700; i++)
            a.Send("files", DeliveryTests.Payload(i, MessageBytes), Receipt.Durable);
        lab.Run(TimeSpan.FromSeconds(30));
        AssertUsed(lab, b, Slow, TimeSpan.FromSeconds(30));

        line.Traits = Unknown with { BitsPerSecond = Slow * 100 };
        lab.Run(TimeSpan.FromSeconds(1));
        AssertUsed(lab, b, Slow * 100, TimeSpan.FromSeconds(2));

        line.Traits = Unknown with { BitsPerSecond = Slow };
        lab.Run(TimeSpan.FromSeconds(10));
        AssertUsed(lab, b, Slow, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void Two_silences_begin_again_from_little()
    {
        var window = new CongestionWindow(1_000);
        Assert.Equal(10_000, window.Bytes);
        window.OnSilence();
        Assert.Equal(2_000, window.Bytes);
    }

    [Fact]
    public void Bytes_on_the_way_balance()
    {
        var window = new CongestionWindow(1_000);
        var trip = new RoundTrip();
        trip.Add(TimeSpan.FromMilliseconds(50), TimeSpan.Zero, new Instant(0));
        var packets = new List<SentPacket>();
        for (int i = 0; i < 10; i++)
        {
            packets.Add(new SentPacket { Number = (ulong)i, SentAt = new Instant(i), Bytes = 1_000, DeliveredWhenSent = 0, DeliveredAtWhenSent = new Instant(0) });
            window.OnSent(1_000, new Instant(i));
        }
        Assert.Equal(10_000, window.InFlight);
        Assert.False(window.HasRoom);
        window.OnLost(packets[0]);
        for (int i = 1; i < 10; i++)
            window.OnHeard(packets[i], trip, TimeSpan.Zero, new Instant(TimeSpan.TicksPerSecond));
        Assert.Equal(0, window.InFlight);
        Assert.Equal(9_000, window.Delivered);
    }

    [Fact]
    public void What_may_be_held_back_on_a_fast_path_is_no_burst_of_megabytes()
    {
        var window = new CongestionWindow(1_400);
        var trip = new RoundTrip();
        trip.Add(TimeSpan.FromMilliseconds(0.3), TimeSpan.Zero, new Instant(0));
        // 100 MB a second, by turns of ten packets.
        var now = new Instant(0);
        for (int turn = 0; turn < 500; turn++)
        {
            var sent = Enumerable.Range(0, 30).Select(i => new SentPacket
            {
                Number = (ulong)((turn * 30) + i),
                SentAt = now,
                Bytes = 1_400,
                DeliveredWhenSent = window.Delivered,
                DeliveredAtWhenSent = now,
            }).ToList();
            foreach (var packet in sent)
                window.OnSent(packet.Bytes, now);
            now += TimeSpan.FromMilliseconds(0.42);
            foreach (var packet in sent)
                window.OnHeard(packet, trip, TimeSpan.FromMilliseconds(30), now);
        }
        // A socket's usual buffer holds some ninety of these.
        Assert.InRange(window.Bytes, 60_000, 200_000);
    }

    private static void AssertUsed(Lab lab, LabPeer peer, long bitsPerSecond, TimeSpan span)
    {
        int before = peer.Payloads.Count;
        lab.Run(span);
        double share = (peer.Payloads.Count - before) * MessageBytes * 8 / (bitsPerSecond * span.TotalSeconds);
        Assert.True(share > 0.7, $"{share:F2} of {bitsPerSecond} bit/s");
    }

    private const long Slow = 50_000;
    private const int MessageBytes = 4_000;
}
