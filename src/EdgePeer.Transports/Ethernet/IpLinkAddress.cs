using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using EdgePeer.Transports.Interop;
using EdgePeer.Wire;

namespace EdgePeer.Transports.Ethernet;

/// <summary>IP addresses and ports as link addresses: ETHERNET.md, "Link addresses".</summary>
public static class IpLinkAddress
{
    /// <param name="endPoint">IPv4, or IPv6 with the scope where it has one.</param>
    public static LinkAddress Of(IPEndPoint endPoint)
    {
        Span<byte> bytes = stackalloc byte[ScopedBytes];
        endPoint.Address.TryWriteBytes(bytes, out int length);
        BinaryPrimitives.WriteUInt16BigEndian(bytes[length..], (ushort)endPoint.Port);
        length += PortBytes;
        if (endPoint.AddressFamily == AddressFamily.InterNetworkV6 && endPoint.Address.ScopeId != 0)
        {
            BinaryPrimitives.WriteUInt32BigEndian(bytes[length..], (uint)endPoint.Address.ScopeId);
            length += ScopeBytes;
        }
        return new LinkAddress(bytes[..length]);
    }

    /// <returns>False for an address that is not IP's.</returns>
    public static bool TryGetEndPoint(in LinkAddress address, out IPEndPoint endPoint)
    {
        Span<byte> bytes = stackalloc byte[LinkAddress.LengthMax];
        int length = address.CopyTo(bytes);
        endPoint = length switch
        {
            Ipv4Bytes => new IPEndPoint(new IPAddress(bytes[..4]), BinaryPrimitives.ReadUInt16BigEndian(bytes[4..])),
            Ipv6Bytes => new IPEndPoint(new IPAddress(bytes[..16]), BinaryPrimitives.ReadUInt16BigEndian(bytes[16..])),
            ScopedBytes => new IPEndPoint(new IPAddress(bytes[..16], BinaryPrimitives.ReadUInt32BigEndian(bytes[18..])), BinaryPrimitives.ReadUInt16BigEndian(bytes[16..])),
            _ => new IPEndPoint(IPAddress.None, 0),
        };
        return length is Ipv4Bytes or Ipv6Bytes or ScopedBytes;
    }

    internal static AddressFamily FamilyOf(in LinkAddress address) => address.Length switch
    {
        Ipv4Bytes => AddressFamily.InterNetwork,
        Ipv6Bytes or ScopedBytes => AddressFamily.InterNetworkV6,
        _ => AddressFamily.Unspecified,
    };

    internal static bool IsLoopback(in LinkAddress address)
    {
        Span<byte> bytes = stackalloc byte[LinkAddress.LengthMax];
        int length = address.CopyTo(bytes);
        return length == Ipv4Bytes ? bytes[0] == 127 : length >= Ipv6Bytes && bytes[..16].SequenceEqual(IPAddress.IPv6Loopback.GetAddressBytes());
    }

    /// <summary>Reads what the kernel wrote; allocates nothing.</summary>
    internal static LinkAddress Of(SocketAddress address)
    {
        var raw = address.Buffer.Span;
        Span<byte> bytes = stackalloc byte[ScopedBytes];
        var port = raw.Slice(SocketAddressLayout.PortOffset, PortBytes);
        if (address.Family == AddressFamily.InterNetwork)
        {
            raw.Slice(SocketAddressLayout.Ipv4AddressOffset, 4).CopyTo(bytes);
            port.CopyTo(bytes[4..]);
            return new LinkAddress(bytes[..Ipv4Bytes]);
        }
        raw.Slice(SocketAddressLayout.Ipv6AddressOffset, 16).CopyTo(bytes);
        port.CopyTo(bytes[16..]);
        uint scope = BitConverter.ToUInt32(raw[SocketAddressLayout.Ipv6ScopeOffset..]);
        BinaryPrimitives.WriteUInt32BigEndian(bytes[18..], scope);
        return new LinkAddress(bytes[..(scope == 0 ? Ipv6Bytes : ScopedBytes)]);
    }

    /// <param name="into">Of the address's family; its family is set already. Allocates nothing.</param>
    internal static void Write(in LinkAddress address, SocketAddress into)
    {
        Span<byte> bytes = stackalloc byte[LinkAddress.LengthMax];
        int length = address.CopyTo(bytes);
        var raw = into.Buffer.Span;
        raw[SocketAddressLayout.PortOffset..into.Size].Clear();
        if (length == Ipv4Bytes)
        {
            bytes[..4].CopyTo(raw[SocketAddressLayout.Ipv4AddressOffset..]);
            bytes.Slice(4, PortBytes).CopyTo(raw[SocketAddressLayout.PortOffset..]);
            return;
        }
        bytes[..16].CopyTo(raw[SocketAddressLayout.Ipv6AddressOffset..]);
        bytes.Slice(16, PortBytes).CopyTo(raw[SocketAddressLayout.PortOffset..]);
        if (length == ScopedBytes)
            BitConverter.TryWriteBytes(raw[SocketAddressLayout.Ipv6ScopeOffset..], BinaryPrimitives.ReadUInt32BigEndian(bytes[18..]));
    }

    private const int PortBytes = 2;
    private const int ScopeBytes = 4;
    private const int Ipv4Bytes = 4 + PortBytes;
    private const int Ipv6Bytes = 16 + PortBytes;
    private const int ScopedBytes = Ipv6Bytes + ScopeBytes;
}
