using System.Net;
using System.Net.Sockets;
using EdgePeer.Transports.Interop;

namespace EdgePeer.Transports.Ethernet;

/// <summary>Hears a group on the interfaces that it was told of; shares the port with every other agent of the machine.</summary>
internal sealed class MulticastReceiver : IDisposable
{
    private readonly IPAddress _group;
    private readonly HashSet<int> _joined = [];

    /// <exception cref="SocketException">Another program holds the port for itself.</exception>
    public MulticastReceiver(IPAddress group, int port)
    {
        _group = group;
        Socket = DataSocket.NewUdpSocket(group.AddressFamily);
        try
        {
            Socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            // Without this the socket would also hear what others joined elsewhere: a loopback listener must not hear the cable.
            ReadOnlySpan<byte> off = BitConverter.GetBytes(0);
            if (IsIpv4)
                Socket.SetRawSocketOption(SocketOptions.LevelIp, SocketOptions.IpMulticastAll, off);
            else
                Socket.SetRawSocketOption(SocketOptions.LevelIpv6, SocketOptions.Ipv6MulticastAll, off);
            // A socket bound to a link-local group would be bound to one interface with it.
            Socket.Bind(new IPEndPoint(IsIpv4 ? group : IPAddress.IPv6Any, port));
        }
        catch (SocketException)
        {
            Socket.Dispose();
            throw;
        }
    }

    public Socket Socket { get; }

    private bool IsIpv4 => _group.AddressFamily == AddressFamily.InterNetwork;

    /// <summary>Joins the group on the interfaces that are new. One that was deleted took its membership with it.</summary>
    public void Follow(IReadOnlySet<int> interfaces)
    {
        _joined.IntersectWith(interfaces);
        foreach (int index in interfaces)
            if (!_joined.Contains(index) && TryJoin(index))
                _joined.Add(index);
    }

    public void Dispose() => Socket.Dispose();

    private bool TryJoin(int index)
    {
        try
        {
            if (IsIpv4)
                Socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.AddMembership, new MulticastOption(_group, index));
            else
                Socket.SetSocketOption(SocketOptionLevel.IPv6, SocketOptionName.AddMembership, new IPv6MulticastOption(_group, index));
            return true;
        }
        catch (SocketException e)
        {
            // An interface that was down and up again has kept its membership. Else it went meanwhile: the next look tries again.
            return e.SocketErrorCode == SocketError.AddressAlreadyInUse;
        }
    }
}
