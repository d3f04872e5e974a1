using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;

namespace EdgePeer.Transports.Ethernet;

/// <summary>This machine's interfaces that were up at one look.</summary>
internal sealed class LocalNetwork
{
    private readonly IReadOnlyList<LocalInterface> _interfaces;

    private LocalNetwork(IReadOnlyList<LocalInterface> interfaces) => _interfaces = interfaces;

    public IEnumerable<IPAddress> Addresses => _interfaces.SelectMany(i => i.Addresses);

    public static LocalNetwork Look()
    {
        var interfaces = new List<LocalInterface>();
        foreach (var found in NetworkInterface.GetAllNetworkInterfaces())
        {
            // Tunnels and the like never say "up", only that they don't know.
            if (found.OperationalStatus is not (OperationalStatus.Up or OperationalStatus.Unknown))
                continue;
            try
            {
                var properties = found.GetIPProperties();
                var ipv4 = properties.GetIPv4Properties();
                bool loopback = found.NetworkInterfaceType == NetworkInterfaceType.Loopback;
                interfaces.Add(new LocalInterface(ipv4.Index, ipv4.Mtu, loopback, found.SupportsMulticast, [.. properties.UnicastAddresses.Select(unicast => unicast.Address)]));
            }
            catch (NetworkInformationException)
            {
                // It went while we looked.
            }
        }
        return new LocalNetwork(interfaces);
    }

    /// <summary>The interfaces over which a socket that listens there sends and receives; none: the address is not there now.</summary>
    public IReadOnlyList<LocalInterface> Under(IPEndPoint listen)
    {
        var address = listen.Address;
        if (IPAddress.IsLoopback(address))
            return [.. _interfaces.Where(i => i.Loopback)];
        // All addresses means all that lead out of the machine.
        if (address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any))
            return [.. _interfaces.Where(i => !i.Loopback && i.Has(address.AddressFamily))];
        return [.. _interfaces.Where(i => i.Addresses.Contains(address))];
    }
}

/// <param name="Index">The kernel's number of it.</param>
internal sealed record LocalInterface(int Index, int Mtu, bool Loopback, bool Multicast, IReadOnlyList<IPAddress> Addresses)
{
    public bool Has(AddressFamily family) => Addresses.Any(address => address.AddressFamily == family);

    /// <summary>Loopback does not say that it can, and does for IPv4.</summary>
    public bool CanMulticast => Multicast || Loopback;
}
