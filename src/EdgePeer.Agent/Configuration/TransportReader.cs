using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;

namespace EdgePeer.Agent.Configuration;

/// <summary>Reads one member of <c>transports</c>.</summary>
internal sealed class TransportReader(string file, string directory, ICollection<ConfigurationFault> faults)
{
    public TransportConfiguration? Read(ConfigurationMember member)
    {
        // The type decides which keys are known, so it is looked at before the keys are.
        var type = member.Value.Members.IsDefaultOrEmpty ? null : member.Value.Members.FirstOrDefault(inner => inner.Key == "type")?.Value;
        switch (type)
        {
            case { Kind: NodeKind.Text, Text: "ethernet" }:
                return Open(member, ConfigurationKeys.Ethernet) is { } ethernet ? ReadEthernet(member.Key, ethernet) : null;
            case { Kind: NodeKind.Text, Text: "serial" }:
                return Open(member, ConfigurationKeys.Serial) is { } serial ? ReadSerial(member.Key, serial) : null;
            case { Kind: NodeKind.Text, Text: "mqtt" }:
                Fault(type, $"transport \"{member.Key}\": type \"mqtt\" is not in this version", TypeMend);
                return null;
            case { }:
                Fault(type, $"transport \"{member.Key}\" has an unknown type", TypeMend);
                return null;
            default:
                Fault(member.Value, $"transport \"{member.Key}\" has no \"type\"", TypeMend);
                return null;
        }
    }

    private EthernetConfiguration ReadEthernet(string name, ObjectReader ethernet)
    {
        if (ethernet.Value("listen") is null)
            ethernet.Missing("listen", "add \"listen\": \"0.0.0.0:47474\"");
        else if (ethernet.Value("listen") is { Kind: NodeKind.Array, Items.Length: 0 } none)
            Fault(none, "\"listen\" is empty", "name an address, such as \"0.0.0.0:47474\"");
        return new EthernetConfiguration(
            name,
            // Port 0 lets the system choose: enough where peers find each other by multicast.
            Endpoints(ethernet, "listen", Limits.ListenMax, static text => text.EndsWith(":0", StringComparison.Ordinal)),
            ReadMulticast(ethernet),
            Endpoints(ethernet, "seeds", Limits.SeedsMax, static _ => false),
            ReadCost(ethernet, EthernetCost));
    }

    private ImmutableArray<IPAddress> ReadMulticast(ObjectReader ethernet)
    {
        if (ethernet.Value("multicast") is { Kind: NodeKind.Null or NodeKind.False })
            return [];
        var groups = ImmutableArray.CreateBuilder<IPAddress>();
        foreach (var text in ethernet.Texts("multicast", MulticastGroupsMax))
            if (!IPAddress.TryParse(text.Text, out var group) || !IsMulticast(group))
                Fault(text, $"\"{text.Text}\" is not a multicast group", "write one such as \"239.255.47.47\" or \"ff02::4747\", without a port, or null to look for nobody");
            else if (groups.Any(other => other.AddressFamily == group.AddressFamily))
                Fault(text, $"\"{text.Text}\" is a second group of its kind", "keep one for IPv4 and one for IPv6");
            else
                groups.Add(group);
        return groups.ToImmutable();
    }

    private SerialConfiguration ReadSerial(string name, ObjectReader serial)
    {
        string port = serial.Text("port") is { Length: > 0 } path
            ? Path.GetFullPath(path, directory)
            : serial.Missing("port", "add \"port\": \"/dev/serial/by-id/…\"");
        int? baud = serial.Number("baud", BaudMin, BaudMax);
        if (serial.Value("baud") is null)
            serial.Missing("baud", "add \"baud\": 57600 or what the modem is set to");
        return new SerialConfiguration(name, port, baud ?? 0, serial.Flag("halfDuplex") ?? false, ReadCost(serial, SerialCost));
    }

    private ImmutableArray<IPEndPoint> Endpoints(ObjectReader from, string key, int most, Func<string, bool> mayLackPort)
    {
        var endpoints = ImmutableArray.CreateBuilder<IPEndPoint>();
        foreach (var text in from.Texts(key, most))
            if (IPEndPoint.TryParse(text.Text, out var endpoint) && (endpoint.Port != 0 || mayLackPort(text.Text)))
                endpoints.Add(endpoint);
            else
                Fault(text, $"\"{text.Text}\" is not an address and port", "write one such as \"10.0.0.2:47474\" or \"[fe80::2%eth0]:47474\"");
        return endpoints.ToImmutable();
    }

    private static int ReadCost(ObjectReader from, int preset) => from.Number("cost", 1, CostMax) ?? preset;

    private ObjectReader? Open(ConfigurationMember member, ConfigurationKeys keys) =>
        ObjectReader.TryOpen(file, faults, member.Value, keys, $"transport \"{member.Key}\"");

    private static bool IsMulticast(IPAddress address) => address.AddressFamily == AddressFamily.InterNetworkV6
        ? address.IsIPv6Multicast
        : address.GetAddressBytes()[0] is >= 224 and <= 239;

    private void Fault(ConfigurationNode at, string what, string mend) => faults.Add(new ConfigurationFault(file, at.Line, at.Column, what, mend));

    private const string TypeMend = "write \"type\": \"ethernet\" or \"serial\"";

    // One for IPv4 and one for IPv6.
    private const int MulticastGroupsMax = 2;

    // A cable is used while there is one: a radio is slow, and others wait for it.
    private const int EthernetCost = 10;
    private const int SerialCost = 50;
    private const int CostMax = 10_000;

    // A byte takes 33 ms at the one; the other is the fastest that USB adapters offer.
    private const int BaudMin = 300;
    private const int BaudMax = 12_000_000;
}
