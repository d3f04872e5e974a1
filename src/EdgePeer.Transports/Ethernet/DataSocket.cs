using System.Net;
using System.Net.Sockets;
using EdgePeer.Transports.Interop;
using EdgePeer.Wire;

namespace EdgePeer.Transports.Ethernet;

/// <summary>
/// A listen address's socket: receives unicast and sends everything, multicast too, so that whoever hears it learns where to
/// answer. Not thread-safe.
/// </summary>
internal sealed class DataSocket : IDisposable
{
    private readonly byte[] _multicastRequest = new byte[SocketOptions.MulticastRequestBytes];
    private readonly SocketAddress _destination;

    private DataSocket(Socket socket, IPEndPoint listen)
    {
        Socket = socket;
        Listen = listen;
        Local = (IPEndPoint)socket.LocalEndPoint!;
        _destination = new SocketAddress(listen.AddressFamily);
    }

    public Socket Socket { get; }

    /// <summary>As configured.</summary>
    public IPEndPoint Listen { get; }

    /// <summary>With the port that the system chose.</summary>
    public IPEndPoint Local { get; }

    public AddressFamily Family => Listen.AddressFamily;

    public bool IsLoopback => IPAddress.IsLoopback(Listen.Address);

    public int HeaderBytes => Family == AddressFamily.InterNetwork ? Limits.Ipv4HeaderBytes : Limits.Ipv6HeaderBytes;

    /// <summary>Over which frames to everyone go.</summary>
    public IReadOnlyList<LocalInterface> Interfaces { get; set; } = [];

    /// <exception cref="SocketException">The address is not there, or another program has it.</exception>
    public static DataSocket Open(IPEndPoint listen)
    {
        var socket = NewUdpSocket(listen.AddressFamily);
        try
        {
            NeverFragment(socket);
            socket.ReceiveBufferSize = Limits.ReceiveBufferBytes;
            var level = listen.AddressFamily == AddressFamily.InterNetwork ? SocketOptionLevel.IP : SocketOptionLevel.IPv6;
            socket.SetSocketOption(level, SocketOptionName.MulticastTimeToLive, 1);
            // Other agents on this machine are neighbours too.
            socket.SetSocketOption(level, SocketOptionName.MulticastLoopback, true);
            socket.Bind(listen);
            return new DataSocket(socket, listen);
        }
        catch (SocketException)
        {
            socket.Dispose();
            throw;
        }
    }

    /// <exception cref="SocketException">The datagram was not sent.</exception>
    public void Send(in LinkAddress to, ReadOnlySpan<byte> frame)
    {
        IpLinkAddress.Write(to, _destination);
        Socket.SendTo(frame, SocketFlags.None, _destination);
    }

    /// <exception cref="SocketException">The datagram was not sent.</exception>
    public void SendToGroup(IPEndPoint group, LocalInterface over, ReadOnlySpan<byte> frame)
    {
        if (Family == AddressFamily.InterNetwork)
        {
            BitConverter.TryWriteBytes(_multicastRequest.AsSpan(SocketOptions.MulticastRequestIndexOffset), over.Index);
            Socket.SetRawSocketOption(SocketOptions.LevelIp, SocketOptions.IpMulticastInterface, _multicastRequest);
        }
        else
        {
            Socket.SetRawSocketOption(SocketOptions.LevelIpv6, SocketOptions.Ipv6MulticastInterface, BitConverter.GetBytes(over.Index));
        }
        Socket.SendTo(frame, SocketFlags.None, group);
    }

    public void Dispose() => Socket.Dispose();

    internal static Socket NewUdpSocket(AddressFamily family)
    {
        var socket = new Socket(family, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
        if (family == AddressFamily.InterNetworkV6)
            socket.DualMode = false;
        return socket;
    }

    /// <summary>Datagrams that a path can't carry are refused with the size that it can, instead of cut.</summary>
    internal static void NeverFragment(Socket socket)
    {
        ReadOnlySpan<byte> discover = BitConverter.GetBytes(SocketOptions.MtuDiscoverDo);
        if (socket.AddressFamily == AddressFamily.InterNetwork)
            socket.SetRawSocketOption(SocketOptions.LevelIp, SocketOptions.IpMtuDiscover, discover);
        else
            socket.SetRawSocketOption(SocketOptions.LevelIpv6, SocketOptions.Ipv6MtuDiscover, discover);
    }
}
