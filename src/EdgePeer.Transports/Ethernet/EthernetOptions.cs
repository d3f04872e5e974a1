using System.Net;
using System.Net.Sockets;

namespace EdgePeer.Transports.Ethernet;

/// <summary>One Ethernet transport, as configured. Seeds are the node's business.</summary>
public sealed record EthernetOptions
{
    public required string Name { get; init; }

    /// <summary>
    /// Addresses of this machine to send from and receive at; 0.0.0.0 and [::] take all, port 0 lets the system choose. A
    /// loopback address keeps everything, multicast included, on this machine.
    /// </summary>
    public required IReadOnlyList<IPEndPoint> Listen { get; init; }

    /// <summary>Where frames to everyone go, one group at most for IPv4 and one for IPv6; none: this transport has no broadcast.</summary>
    public IReadOnlyList<IPAddress> MulticastGroups { get; init; } = [];

    /// <summary>A port of its own, shared by all agents of a machine, so that the listen addresses need not be shareable.</summary>
    public int MulticastPort { get; init; } = 47475;

    /// <summary>Below a serial line's 50: a cable is used while there is one.</summary>
    public int Cost { get; init; } = 10;

    /// <exception cref="ArgumentException">The options can't be used; says what to mend.</exception>
    internal void Check()
    {
        if (Listen.Count is 0 or > Limits.ListenAddressesMax)
            throw new ArgumentException($"\"listen\" needs 1 to {Limits.ListenAddressesMax} addresses");
        foreach (var group in MulticastGroups)
            if (!IsMulticast(group))
                throw new ArgumentException($"{group} is not a multicast address; 239.255.47.47 and ff02::4747 are");
        if (MulticastGroups.GroupBy(group => group.AddressFamily).Any(family => family.Count() > 1))
            throw new ArgumentException("one multicast group for IPv4 and one for IPv6 at most");
    }

    internal IPAddress? GroupOf(AddressFamily family) => MulticastGroups.FirstOrDefault(group => group.AddressFamily == family);

    private static bool IsMulticast(IPAddress address) =>
        address.IsIPv6Multicast || (address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes()[0] is >= 224 and < 240);
}
