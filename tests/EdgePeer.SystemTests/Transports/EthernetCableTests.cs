using System.Net;
using System.Net.Sockets;
using EdgePeer.SystemTests.Support;
using EdgePeer.Transports.Ethernet;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.SystemTests.Transports;

/// <summary>A transport at one end of a cable and plain sockets at the other.</summary>
[Collection(nameof(EthernetCableTests))] // The cables have the same addresses.
public class EthernetCableTests
{
    private const int MulticastPort = 47499;
    private readonly RecordingSink _sink = new();

    [Fact]
    public async Task Frames_are_as_long_as_a_narrow_link_allows()
    {
        await using var cable = await VethPair.Make(mtu: 600);
        await using var ipv4 = await Start(VethPair.NearIpv4);
        Assert.Equal(572, _sink.Traits!.FrameBytesMax);
        var far = IpLinkAddress.Of(new IPEndPoint(IPAddress.Parse(VethPair.FarIpv4), 9));
        ipv4.Send(far, new byte[573], more: false);
        Assert.Equal((far, 572), _sink.PathMtus.Single());
        Assert.Equal(1, ipv4.Counters.FramesDropped);
    }

    [Fact]
    public async Task A_narrow_link_behind_a_router_is_learned_from_its_refusal()
    {
        await using var cable = await VethPair.Make(mtu: 1500);
        await cable.RouteBehind("203.0.113.0/24", "203.0.113.1/24", mtu: 600);
        await cable.InNamespace("neighbour add 203.0.113.9 lladdr 02:00:00:00:00:09 dev out");
        await using var transport = await Start(VethPair.NearIpv4);
        Assert.Equal(1400, _sink.Traits!.FrameBytesMax);
        var behind = IpLinkAddress.Of(IPEndPoint.Parse("203.0.113.9:9"));
        // The first one travels to the router; once its refusal has come, the next is refused here.
        var deadline = Environment.TickCount64 + 20_000;
        while (_sink.PathMtus.IsEmpty && Environment.TickCount64 < deadline)
        {
            transport.Send(behind, new byte[1400], more: false);
            await Task.Yield();
        }
        Assert.Equal((behind, 572), _sink.PathMtus.First());
    }

    [Theory]
    [InlineData(VethPair.NearIpv4, "239.255.47.47")]
    [InlineData(VethPair.NearIpv6, "ff02::4747")]
    public async Task Frames_to_everyone_cross_the_cable_both_ways_and_again_when_it_is_back(string near, string group)
    {
        await using var cable = await VethPair.Make(mtu: 1500);
        await using var transport = await Start(near, group);
        await SayAndHear(cable, transport, near, group);

        await cable.Unplug();
        await _sink.Until(() => !_sink.IsUp);
        Assert.Empty(transport.LocalEndPoints);
        Assert.EndsWith("no interface that is up has this address; plug the cable in or mend \"listen\"", _sink.Downs.Last(), StringComparison.Ordinal);
        await cable.Plug(mtu: 1500);
        await _sink.Until(() => _sink.IsUp);
        await SayAndHear(cable, transport, near, group);
    }

    private async Task SayAndHear(VethPair cable, EthernetTransport transport, string near, string group)
    {
        var to = new IPEndPoint(IPAddress.Parse(group), MulticastPort);
        var family = to.AddressFamily;
        int index = await cable.FarIndex();
        using var far = cable.FarSocket(family);
        if (family == AddressFamily.InterNetwork)
        {
            far.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.AddMembership, new MulticastOption(to.Address, index));
            far.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastInterface, IPAddress.Parse(VethPair.FarIpv4).GetAddressBytes());
        }
        else
        {
            far.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.AddMembership, new IPv6MulticastOption(to.Address, index));
            far.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.MulticastInterface, index);
        }
        far.Bind(new IPEndPoint(family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, MulticastPort));

        transport.Send(LinkAddress.Broadcast, [1, 2], more: false);
        byte[] buffer = new byte[100];
        EndPoint from = new IPEndPoint(family == AddressFamily.InterNetwork ? IPAddress.Any : IPAddress.IPv6Any, 0);
        Assert.Equal(2, far.ReceiveFrom(buffer, ref from));
        Assert.Equal(transport.LocalEndPoints.Single().Port, ((IPEndPoint)from).Port);
        Assert.Equal(IPAddress.Parse(near), ((IPEndPoint)from).Address);

        int before = _sink.Frames.Count;
        far.SendTo([3], to);
        await _sink.Until(() => _sink.Frames.Count == before + 1);
    }

    private async Task<EthernetTransport> Start(string listen, string? group = null)
    {
        var transport = new EthernetTransport(new EthernetOptions
        {
            Name = "lan",
            Listen = [new IPEndPoint(IPAddress.Parse(listen), 0)],
            MulticastGroups = group is null ? [] : [IPAddress.Parse(group)],
            MulticastPort = MulticastPort,
        });
        transport.Start(_sink);
        await _sink.Until(() => _sink.IsUp);
        return transport;
    }
}
