using EdgePeer.Protocol.Discovery;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol.Discovery;

public class TrickleTests
{
    private static readonly TransportTraits SlowLine = new() { FrameBytesMax = 200, FramingBytes = 4, BitsPerSecond = 1_200, BitsPerByte = 10, Broadcast = true };

    private static readonly TransportTraits Lan = new() { FrameBytesMax = 1_400, FramingBytes = 28, Broadcast = true };

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public void An_hour_of_beacons_takes_two_of_a_hundred_parts_of_a_slow_line_changes_included(int changes)
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var fired = Run(SlowLine, seed, TimeSpan.FromHours(1), changes);
            var airtime = SlowLine.Airtime(LongBeaconBytes) * fired.Count;
            Assert.True(airtime < TimeSpan.FromHours(1) * 0.02, $"seed {seed}: {fired.Count} beacons took {airtime}");
        }
    }

    [Fact]
    public void After_a_change_the_first_beacon_comes_soon_and_the_pauses_grow_to_a_steady_one()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var fired = Run(Lan, seed, TimeSpan.FromMinutes(10), 0);
            Assert.True(fired[0] - Start <= TimeSpan.FromMilliseconds(400));
            Assert.True(fired[4] - fired[3] > fired[1] - fired[0]);
            for (int i = 20; i < fired.Count; i++)
                Assert.InRange(fired[i] - fired[i - 1], TimeSpan.FromSeconds(8), TimeSpan.FromSeconds(24));
        }
    }

    [Fact]
    public void The_next_beacon_comes_by_when_the_last_one_said()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new SeededRandom(seed);
            var trickle = new Trickle(SlowLine);
            trickle.Reset(random, Start);
            var (last, within) = (Start, TimeSpan.MaxValue);
            for (int i = 0; i < 50; i++)
            {
                var now = trickle.FireAt;
                Assert.True(now - last <= within);
                trickle.OnDeadline(now);
                Assert.True(trickle.Due);
                trickle.OnFired(random, now);
                (last, within) = (now, trickle.NextWithin);
            }
        }
    }

    [Fact]
    public void Changes_in_a_row_do_not_put_the_beacon_off()
    {
        var random = new SeededRandom(1);
        var trickle = new Trickle(Lan);
        trickle.Reset(random, Start);
        var first = trickle.FireAt;
        for (int i = 1; i < 100; i++)
            trickle.Reset(random, Start + TimeSpan.FromMilliseconds(i));
        Assert.Equal(first, trickle.FireAt);
    }

    private static List<Instant> Run(TransportTraits traits, int seed, TimeSpan span, int changes)
    {
        var random = new SeededRandom(seed);
        var trickle = new Trickle(traits);
        trickle.Reset(random, Start);
        var fired = new List<Instant>();
        for (int change = 1; trickle.FireAt - Start < span;)
        {
            if (change <= changes && trickle.FireAt - Start > span * change / (changes + 1))
                trickle.Reset(random, Start + (span * change++ / (changes + 1)));
            var now = trickle.FireAt;
            fired.Add(now);
            trickle.OnDeadline(now);
            trickle.OnFired(random, now);
        }
        return fired;
    }

    // With a name of 64 bytes, and no address longer than a radio's.
    private const int LongBeaconBytes = 103;

    private static readonly Instant Start = new(TimeSpan.TicksPerHour);
}
