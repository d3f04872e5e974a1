using System.Net;
using System.Net.Sockets;
using EdgePeer.SystemTests.Support;
using EdgePeer.Transports.Ethernet;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.SystemTests.Transports;

/// <summary>Transports and plain sockets on the loopback interface.</summary>
public class EthernetTransportTests
{
    [Theory]
    [InlineData("127.0.0.1:0")]
    [InlineData("[::1]:0")]
    public async Task Frames_go_both_ways_by_the_address_they_came_from(string listen)
    {
        var (a, atA) = await Start(listen);
        var (b, atB) = await Start(listen);
        await using var stopA = a;
        await using var stopB = b;
        a.Send(IpLinkAddress.Of(b.LocalEndPoints.Single()), [1, 2, 3], more: false);
        await atB.Until(() => !atB.Frames.IsEmpty);
        var (from, frame) = atB.Frames.Single();
        Assert.Equal([1, 2, 3], frame);
        Assert.Equal(IpLinkAddress.Of(a.LocalEndPoints.Single()), from);
        b.Send(from, new byte[1400], more: false);
        await atA.Until(() => atA.Frames.SingleOrDefault().Frame is { Length: 1400 });
    }

    [Fact]
    public async Task Frames_to_everyone_reach_the_others_on_this_machine_and_not_the_sender()
    {
        int port = FreePort();
        var (a, atA) = await Start("127.0.0.1:0", port);
        var (b, atB) = await Start("127.0.0.1:0", port);
        await using var stopA = a;
        await using var stopB = b;
        Assert.True(atA.Traits!.Broadcast);
        a.Send(LinkAddress.Broadcast, [7], more: false);
        await atB.Until(() => !atB.Frames.IsEmpty);
        Assert.Equal(IpLinkAddress.Of(a.LocalEndPoints.Single()), atB.Frames.Single().From);
        // The answer comes after the echo would have.
        b.Send(atB.Frames.Single().From, [8], more: false);
        await atA.Until(() => !atA.Frames.IsEmpty);
        Assert.Equal([8], atA.Frames.Single().Frame);
    }

    [Fact]
    public async Task Without_a_group_there_is_no_broadcast()
    {
        var (a, atA) = await Start("127.0.0.1:0");
        await using var stop = a;
        Assert.False(atA.Traits!.Broadcast);
        a.Send(LinkAddress.Broadcast, [7], more: false);
        Assert.Equal(1, a.Counters.FramesDropped);
    }

    [Fact]
    public async Task Oversize_and_empty_datagrams_are_dropped_and_others_still_heard()
    {
        var (a, atA) = await Start("127.0.0.1:0");
        await using var stop = a;
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        var to = a.LocalEndPoints.Single();
        socket.SendTo(new byte[1473], to);
        socket.SendTo(new byte[60_000], to);
        socket.SendTo(ReadOnlySpan<byte>.Empty, SocketFlags.None, to);
        socket.SendTo(new byte[1472], to);
        await atA.Until(() => !atA.Frames.IsEmpty);
        Assert.Equal(1472, atA.Frames.Single().Frame.Length);
        Assert.Equal(3, a.Counters.FramesDropped);
    }

    [Fact]
    public async Task Random_datagrams_are_handed_over_as_they_are()
    {
        var (a, atA) = await Start("127.0.0.1:0");
        await using var stop = a;
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        var random = new Random(6);
        for (int i = 1; i <= 500; i++)
        {
            byte[] datagram = new byte[random.Next(1, 1473)];
            random.NextBytes(datagram);
            socket.SendTo(datagram, a.LocalEndPoints.Single());
            await atA.Until(() => atA.Frames.Count == i);
            Assert.Equal(datagram, atA.Frames.Last().Frame);
        }
    }

    [Fact]
    public async Task What_can_t_be_sent_is_counted_and_room_comes_back()
    {
        var (a, atA) = await Start("127.0.0.1:0");
        await using var stop = a;
        var outside = IpLinkAddress.Of(IPEndPoint.Parse("192.0.2.1:9"));
        for (int i = 0; i < 64; i++)
        {
            atA.UseRoom();
            a.Send(outside, [1], more: true);
        }
        Assert.Equal(64, a.Counters.FramesDropped);
        await atA.Until(() => atA.Room == 64);
        Assert.True(atA.IsUp);
    }

    [Fact]
    public async Task An_address_in_use_is_down_with_the_mend_and_up_when_it_is_free()
    {
        var (first, _) = await Start("127.0.0.1:0");
        string listen = first.LocalEndPoints.Single().ToString();
        var sink = new RecordingSink();
        await using var second = new EthernetTransport(new EthernetOptions { Name = "lan", Listen = [IPEndPoint.Parse(listen)] });
        second.Start(sink);
        await sink.Until(() => !sink.Downs.IsEmpty);
        Assert.Equal($"{listen}: in use by another program; stop it or choose another port", sink.Downs.Single());
        await first.DisposeAsync();
        await sink.Until(() => sink.IsUp);
    }

    [Fact]
    public async Task An_address_of_another_machine_is_down_with_the_mend()
    {
        var sink = new RecordingSink();
        await using var transport = new EthernetTransport(new EthernetOptions { Name = "lan", Listen = [IPEndPoint.Parse("203.0.113.77:0")] });
        transport.Start(sink);
        await sink.Until(() => !sink.Downs.IsEmpty);
        Assert.Equal("203.0.113.77:0: no interface that is up has this address; plug the cable in or mend \"listen\"", sink.Downs.Single());
    }

    private static async Task<(EthernetTransport Transport, RecordingSink Sink)> Start(string listen, int? multicastPort = null)
    {
        var options = new EthernetOptions { Name = "lan", Listen = [IPEndPoint.Parse(listen)] };
        if (multicastPort is { } port)
            options = options with { MulticastGroups = [IPAddress.Parse("239.255.47.47")], MulticastPort = port };
        var transport = new EthernetTransport(options);
        var sink = new RecordingSink();
        transport.Start(sink);
        await sink.Until(() => sink.IsUp && sink.Room > 0);
        return (transport, sink);
    }

    /// <summary>So that tests and agents running beside this one do not hear it.</summary>
    private static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Any, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
