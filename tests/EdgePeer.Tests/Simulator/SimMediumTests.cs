using EdgePeer.Simulator.Clock;
using EdgePeer.Simulator.Network;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Simulator;

public class SimMediumTests
{
    [Fact]
    public void A_serial_line_takes_one_frame_until_its_airtime_has_passed()
    {
        var net = new Net(KnownMedia.Serial("line", 9600, halfDuplex: false, 250), ends: 2);
        net.Send(0, 91);
        Assert.False(net.Medium.HasRoom(net.Ports[0], net.Now));
        Assert.True(net.Medium.HasRoom(net.Ports[1], net.Now));
        net.RunTo(TimeSpan.FromMilliseconds(99));
        Assert.False(net.Medium.HasRoom(net.Ports[0], net.Now));
        // 91 bytes and 5 of framing, ten bits each, at 9,600 bit/s.
        net.RunTo(TimeSpan.FromMilliseconds(100));
        Assert.True(net.Medium.HasRoom(net.Ports[0], net.Now));
        net.RunTo(TimeSpan.FromMilliseconds(106));
        Assert.Equal(1, net.Ends[1].Frames);
    }

    [Fact]
    public void On_a_half_duplex_line_only_one_sends_and_the_other_has_the_next_turn()
    {
        var net = new Net(KnownMedia.Serial("radio", 9600, halfDuplex: true, 250), ends: 2);
        net.Send(0, 88);
        Assert.False(net.Medium.HasRoom(net.Ports[1], net.Now));
        net.RunTo(TimeSpan.FromSeconds(1));
        Assert.Equal([1, 0], net.Turns);
    }

    [Fact]
    public void An_ethernet_takes_several_frames_at_once_and_no_more_than_that()
    {
        var net = new Net(KnownMedia.Ethernet("lan"), ends: 2);
        int taken = 0;
        while (net.Medium.HasRoom(net.Ports[0], net.Now))
        {
            net.Send(0, 1400);
            taken++;
        }
        Assert.Equal(16, taken);
        net.RunTo(TimeSpan.FromMilliseconds(5));
        Assert.Equal(16, net.Ends[1].Frames);
        Assert.Contains(0, net.Turns);
    }

    [Fact]
    public void A_cut_is_one_way_and_a_broadcast_reaches_the_others()
    {
        var net = new Net(KnownMedia.Ethernet("lan"), ends: 3);
        net.Medium.Path(net.Ports[0], net.Ports[1]).Cut = true;
        net.Send(0, 100);
        net.Send(1, 100);
        net.RunTo(TimeSpan.FromMilliseconds(5));
        Assert.Equal([1, 0, 2], net.Ends.Select(e => e.Frames));
    }

    [Fact]
    public void Most_garbled_frames_are_lost_and_the_rest_arrive_changed()
    {
        var net = new Net(KnownMedia.Ethernet("lan"), ends: 2);
        net.Medium.Path(net.Ports[0], net.Ports[1]).BitErrorRate = 1;
        for (int i = 0; i < 2000; i++)
        {
            net.Send(0, 50);
            net.RunTo(TimeSpan.FromMilliseconds(i + 1));
        }
        Assert.InRange(net.Ends[1].Frames, 50, 200);
        Assert.Equal(0, net.Ends[1].Unchanged);
    }

    [Fact]
    public void A_bottleneck_delays_and_then_drops()
    {
        var net = new Net(KnownMedia.Ethernet("lan"), ends: 2);
        net.Medium.Path(net.Ports[0], net.Ports[1]).BitsPerSecond = 100_000;
        for (int i = 0; i < 200; i++)
        {
            net.RunTo(TimeSpan.FromMilliseconds(i));
            net.Send(0, 1000);
        }
        net.RunTo(TimeSpan.FromSeconds(20));
        // 200 ms pass 2,500 bytes, and 64 KiB wait.
        Assert.InRange(net.Ends[1].Frames, 66, 70);
    }

    private sealed class Net
    {
        private readonly EventQueue _queue = new();

        public Net(MediumOptions options, int ends)
        {
            Medium = new SimMedium(options, _queue, new SeededRandom(5));
            for (int i = 0; i < ends; i++)
            {
                Ends.Add(new End(this));
                Ports.Add(Medium.Attach(Ends[i], new TransportId(0), new LinkAddress([(byte)i])));
            }
        }

        public SimMedium Medium { get; }

        public List<End> Ends { get; } = [];

        public List<SimPort> Ports { get; } = [];

        /// <summary>Ports that were told that they have room, in that order.</summary>
        public List<int> Turns { get; } = [];

        public Instant Now { get; private set; } = new(0);

        public void Send(int from, int bytes) => Medium.Send(Ports[from], LinkAddress.Broadcast, new byte[bytes], more: false, Now);

        public void RunTo(TimeSpan time)
        {
            while (_queue.NextAt.Ticks <= time.Ticks)
            {
                var happening = _queue.Take();
                Now = happening.At;
                happening.Target.OnEvent(happening);
            }
            Now = new Instant(time.Ticks);
        }
    }

    private sealed class End(Net net) : IPortOwner
    {
        public int Frames { get; private set; }

        public int Unchanged { get; private set; }

        public void OnFrame(SimPort port, LinkAddress from, ReadOnlySpan<byte> frame)
        {
            Frames++;
            if (frame.Length == 50 && !frame.ContainsAnyExcept((byte)0))
                Unchanged++;
        }

        public void OnInjected(SimPort port, LinkAddress from, ReadOnlySpan<byte> frame) => OnFrame(port, from, frame);

        public void OnRoom(SimPort port) => net.Turns.Add(port.Place);
    }
}
