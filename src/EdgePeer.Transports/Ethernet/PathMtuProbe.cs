using System.Net.Sockets;
using EdgePeer.Transports.Interop;
using EdgePeer.Wire;

namespace EdgePeer.Transports.Ethernet;

/// <summary>Asks the kernel what it has learned of the way to an address.</summary>
internal static class PathMtuProbe
{
    /// <returns>Bytes of a frame that fit; null when the address can't be reached at all.</returns>
    public static int? FrameBytesMax(in LinkAddress to)
    {
        if (!IpLinkAddress.TryGetEndPoint(to, out var endPoint))
            return null;
        bool ipv4 = endPoint.AddressFamily == AddressFamily.InterNetwork;
        using var socket = DataSocket.NewUdpSocket(endPoint.AddressFamily);
        try
        {
            DataSocket.NeverFragment(socket);
            // Sends nothing: it only binds the socket to the route, which is where the kernel keeps the size.
            socket.Connect(endPoint);
            Span<byte> mtu = stackalloc byte[sizeof(int)];
            socket.GetRawSocketOption(ipv4 ? SocketOptions.LevelIp : SocketOptions.LevelIpv6, ipv4 ? SocketOptions.IpMtu : SocketOptions.Ipv6Mtu, mtu);
            int frameBytes = BitConverter.ToInt32(mtu) - (ipv4 ? Limits.Ipv4HeaderBytes : Limits.Ipv6HeaderBytes);
            return Math.Max(Limits.FrameBytesMin, frameBytes);
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
