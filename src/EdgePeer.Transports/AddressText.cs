using EdgePeer.Transports.Ethernet;
using EdgePeer.Wire;

namespace EdgePeer.Transports;

/// <summary>Link addresses as people write them.</summary>
public static class AddressText
{
    /// <param name="transportType">Decides what the bytes mean: <see cref="ITransport.Type"/>.</param>
    /// <returns>Address and port of IP, "0x2a" for a radio's, and at a broker as it stands in topics.</returns>
    public static string Of(string transportType, in LinkAddress address) =>
        transportType == "ethernet" && IpLinkAddress.TryGetEndPoint(address, out var endPoint) ? endPoint.ToString()
        : address.IsBroadcast || transportType == "mqtt" ? address.ToString()
        : $"0x{address}";
}
