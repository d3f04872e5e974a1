using EdgePeer.Protocol;
using EdgePeer.Simulator.Network;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Simulator;

/// <summary>Links that change under way: rate, silence, half duplex.</summary>
public class LinkScenarios
{
    [Fact]
    public void A_path_that_becomes_a_hundred_times_slower_and_quick_again_is_used_as_it_is()
    {
        var scenario = new Scenario(Scenario.LargeJournal, KnownMedia.Ethernet("lan"));
        scenario.Habit.PaceMax = TimeSpan.FromMilliseconds(1);
        scenario.Read();
        SetBottleneck(scenario.Medium(), 10_000_000);
        scenario.Send(2000, 1000);
        var quick = scenario.Settle(TimeSpan.FromMinutes(1));
        SetBottleneck(scenario.Medium(), 100_000);
        scenario.Send(500, 1000);
        var slow = scenario.Settle(TimeSpan.FromMinutes(5));
        SetBottleneck(scenario.Medium(), 10_000_000);
        scenario.Send(2000, 1000);
        var quickAgain = scenario.Settle(TimeSpan.FromMinutes(1));
        // 2 MB at 10 Mbit/s take 1.7 s with headers; 0.5 MB at 100 kbit/s take 43 s.
        Assert.InRange(quick, TimeSpan.Zero, TimeSpan.FromSeconds(5));
        Assert.InRange(slow, TimeSpan.FromSeconds(40), TimeSpan.FromSeconds(70));
        Assert.InRange(quickAgain, TimeSpan.Zero, TimeSpan.FromSeconds(8));
    }

    [Fact]
    public void A_busy_line_of_1200_bit_per_second_is_never_taken_for_dead()
    {
        var scenario = new Scenario(Scenario.SmallJournal, KnownMedia.Serial("line", 1200, halfDuplex: false, 200));
        scenario.Read();
        scenario.World.Run(TimeSpan.FromSeconds(60));
        scenario.Send(100, 300);
        // 34 kB with headers at 120 bytes a second.
        var taken = scenario.Settle(TimeSpan.FromMinutes(10));
        Assert.InRange(taken, TimeSpan.FromSeconds(250), TimeSpan.FromSeconds(420));
        Assert.Empty(scenario.ReportsOf(scenario.Writer, ReportKind.LinkDown));
        Assert.Empty(scenario.ReportsOf(scenario.Reader, ReportKind.LinkDown));
        Assert.Empty(scenario.ReportsOf(scenario.Writer, ReportKind.PeerLost));
        Assert.Empty(scenario.ReportsOf(scenario.Reader, ReportKind.PeerLost));
    }

    [Fact]
    public void When_the_cheaper_link_falls_silent_the_other_takes_over_within_three_round_trips()
    {
        var scenario = new Scenario(Scenario.SmallJournal, KnownMedia.Ethernet("lan"), KnownMedia.Serial("line", 57_600, halfDuplex: false, 512));
        scenario.Read();
        var lan = scenario.Medium();
        foreach (var from in lan.Ports)
            foreach (var to in lan.Ports)
                if (from != to)
                    lan.Path(from, to).Delay = TimeSpan.FromMilliseconds(100);
        scenario.World.Run(TimeSpan.FromSeconds(30));
        scenario.Send(100, 200);
        Assert.True(scenario.World.RunUntil(() => Active(scenario) == new TransportId(0) && scenario.Unsettled is null, TimeSpan.FromSeconds(30)), "the cable is not used");
        foreach (var from in lan.Ports)
            foreach (var to in lan.Ports)
                if (from != to)
                    lan.Path(from, to).Cut = true;
        scenario.Send(100, 200);
        var cutAt = scenario.World.Now;
        Assert.True(scenario.World.RunUntil(() => Active(scenario) == new TransportId(1), TimeSpan.FromSeconds(30)), "the line is not used");
        // Three round trips of 200 ms, each with what the other end may hold an answer back.
        Assert.InRange(scenario.World.Now - cutAt, TimeSpan.Zero, TimeSpan.FromMilliseconds(3 * 280));
        scenario.Settle(TimeSpan.FromMinutes(2));
        Assert.True(Scenario.Counters(scenario.Writer).Moves > 0);
    }

    [Fact]
    public void A_half_duplex_line_carries_both_ways()
    {
        var scenario = new Scenario(Scenario.SmallJournal, KnownMedia.Serial("radio", 57_600, halfDuplex: true, 255));
        scenario.Read();
        scenario.World.Run(TimeSpan.FromSeconds(10));
        scenario.Send(200, 500);
        // 100 kB at 5.7 kB/s are 18 s; turns and acknowledgements take their part.
        Assert.InRange(scenario.Settle(TimeSpan.FromMinutes(3)), TimeSpan.Zero, TimeSpan.FromSeconds(40));
    }

    private static TransportId? Active(Scenario scenario)
    {
        foreach (var peer in scenario.Writer.Node!.Status(scenario.Writer.LocalNow).Peers)
            foreach (var link in peer.Links)
                if (link.Active)
                    return link.Transport;
        return null;
    }

    private static void SetBottleneck(SimMedium medium, long bitsPerSecond)
    {
        foreach (var from in medium.Ports)
            foreach (var to in medium.Ports)
                if (from != to)
                    medium.Path(from, to).BitsPerSecond = bitsPerSecond;
    }
}
