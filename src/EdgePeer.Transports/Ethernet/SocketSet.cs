using System.Net;
using System.Net.Sockets;
using EdgePeer.Wire;

namespace EdgePeer.Transports.Ethernet;

/// <summary>The sockets of one transport, as many as the machine's addresses allow at the moment. Not thread-safe.</summary>
internal sealed class SocketSet(EthernetOptions options) : IDisposable
{
    private readonly List<DataSocket> _data = [];
    private readonly Dictionary<AddressFamily, MulticastReceiver> _receivers = [];
    private HashSet<LinkAddress> _own = [];

    public IReadOnlyList<DataSocket> Data => _data;

    public IEnumerable<Socket> All => _data.Select(data => data.Socket).Concat(_receivers.Values.Select(receiver => receiver.Socket));

    /// <summary>Opens what can be opened now and closes what has lost its address.</summary>
    /// <param name="trouble">What is missing, in a line for a person, or empty.</param>
    /// <returns>What the transport can do now; null when no listen address is there.</returns>
    public TransportTraits? Follow(LocalNetwork network, out string trouble)
    {
        var troubles = new List<string>();
        foreach (var listen in options.Listen)
            Follow(listen, network.Under(listen), troubles);
        foreach (var group in options.MulticastGroups)
            Follow(group, troubles);
        _own = [.. _data.SelectMany(data => OwnAddresses(data, network))];
        trouble = string.Join("; ", troubles);
        return _data.Count == 0 ? null : Traits();
    }

    /// <summary>The socket to send from: loopback to loopback, and otherwise the first of the family that leads out.</summary>
    public DataSocket? For(in LinkAddress to)
    {
        var family = IpLinkAddress.FamilyOf(to);
        bool loopback = IpLinkAddress.IsLoopback(to);
        DataSocket? other = null;
        foreach (var data in _data)
        {
            if (data.Family != family)
                continue;
            if (data.IsLoopback == loopback)
                return data;
            other ??= data;
        }
        return other;
    }

    /// <summary>The address is one of ours: multicast brings own frames back.</summary>
    public bool IsOwn(in LinkAddress from) => _own.Contains(from);

    /// <returns>False when nothing was sent anywhere.</returns>
    public bool TrySendToGroups(ReadOnlySpan<byte> frame, TransportCounters counters)
    {
        bool sent = false;
        foreach (var data in _data)
        {
            if (options.GroupOf(data.Family) is not { } group)
                continue;
            var destination = new IPEndPoint(group, options.MulticastPort);
            foreach (var over in data.Interfaces)
            {
                if (!over.CanMulticast)
                    continue;
                try
                {
                    data.SendToGroup(destination, over, frame);
                    counters.CountSent(frame.Length + data.HeaderBytes);
                    sent = true;
                }
                catch (SocketException)
                {
                    counters.CountDropped(); // One interface can't; the others still may.
                }
            }
        }
        return sent;
    }

    public void Dispose()
    {
        foreach (var data in _data)
            data.Dispose();
        foreach (var receiver in _receivers.Values)
            receiver.Dispose();
        _data.Clear();
        _receivers.Clear();
    }

    private void Follow(IPEndPoint listen, IReadOnlyList<LocalInterface> under, List<string> troubles)
    {
        var open = _data.Find(data => data.Listen.Equals(listen));
        if (under.Count == 0)
        {
            troubles.Add(WhyAbsent(listen));
            open?.Dispose();
            if (open is not null)
                _data.Remove(open);
            return;
        }
        try
        {
            if (open is null)
                _data.Add(open = DataSocket.Open(listen));
            open.Interfaces = under;
        }
        catch (SocketException e)
        {
            troubles.Add(e.SocketErrorCode == SocketError.AddressAlreadyInUse
                ? $"{listen}: in use by another program; stop it or choose another port"
                : $"{listen}: {e.Message}");
        }
    }

    private void Follow(IPAddress group, List<string> troubles)
    {
        var family = group.AddressFamily;
        var interfaces = _data.Where(data => data.Family == family).SelectMany(data => data.Interfaces).Where(i => i.CanMulticast).Select(i => i.Index).ToHashSet();
        if (interfaces.Count == 0)
        {
            if (_receivers.Remove(family, out var idle))
                idle.Dispose();
            return;
        }
        try
        {
            if (!_receivers.TryGetValue(family, out var receiver))
                _receivers[family] = receiver = new MulticastReceiver(group, options.MulticastPort);
            receiver.Follow(interfaces);
        }
        catch (SocketException e)
        {
            troubles.Add($"{group} port {options.MulticastPort}: {e.Message}; neighbours are not discovered");
        }
    }

    private TransportTraits Traits()
    {
        int fits = _data.Min(data => data.Interfaces.Min(i => i.Mtu) - data.HeaderBytes);
        return new TransportTraits
        {
            FrameBytesMax = Math.Clamp(fits, Limits.FrameBytesMin, Limits.FrameBytesMax),
            FramingBytes = _data.Max(data => data.HeaderBytes),
            Broadcast = _data.Any(data => options.GroupOf(data.Family) is not null),
            Cost = options.Cost,
        };
    }

    private static IEnumerable<LinkAddress> OwnAddresses(DataSocket data, LocalNetwork network)
    {
        int port = data.Local.Port;
        return network.Addresses.Where(address => address.AddressFamily == data.Family).Append(data.Local.Address).Select(address => IpLinkAddress.Of(new IPEndPoint(address, port)));
    }

    private static string WhyAbsent(IPEndPoint listen) => listen.Address.Equals(IPAddress.Any) || listen.Address.Equals(IPAddress.IPv6Any)
        ? $"{listen}: no network interface but loopback is up; plug the cable in, or listen on 127.0.0.1 to stay on this machine"
        : $"{listen}: no interface that is up has this address; plug the cable in or mend \"listen\"";
}
