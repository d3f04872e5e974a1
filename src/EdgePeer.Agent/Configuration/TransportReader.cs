using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using EdgePeer.Transports.Mqtt;

namespace EdgePeer.Agent.Configuration;

/// <summary>Reads one member of <c>transports</c>.</summary>
/// <param name="readFiles">False where the files that it names may not be there yet.</param>
internal sealed class TransportReader(string file, string directory, bool readFiles, ICollection<ConfigurationFault> faults)
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
                return Open(member, ConfigurationKeys.Mqtt) is { } mqtt ? ReadMqtt(member.Key, mqtt) : null;
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

    private MqttConfiguration? ReadMqtt(string name, ObjectReader mqtt)
    {
        string broker = mqtt.Text("broker") ?? mqtt.Missing("broker", "add \"broker\": \"mqtts://broker.example:8883\"");
        string root = mqtt.Text("topicRoot") ?? mqtt.Missing("topicRoot", "add \"topicRoot\": \"edgepeer/farm\", the same on all peers of the group");
        if (root.Length > 0 && !MqttOptions.IsTopicRoot(root))
            mqtt.Refuse("topicRoot", $"\"{root}\" can't begin topics", "write 1 to 128 bytes without + and #, and no slash at either end");
        string? password = ReadPassword(mqtt);
        var tls = new MqttTls(PathAt(mqtt, "caFile"), PathAt(mqtt, "certificateFile"), PathAt(mqtt, "keyFile"));
        if ((tls.CertificateFile is null) != (tls.KeyFile is null))
            mqtt.Refuse(tls.KeyFile is null ? "certificateFile" : "keyFile", "a client certificate takes \"certificateFile\" and \"keyFile\"", "add the other, or remove this one");
        if (broker.Length == 0)
            return null;
        if (!Uri.TryCreate(broker, UriKind.Absolute, out var uri) || uri.Scheme is not ("mqtt" or "mqtts") || uri.Host.Length == 0 || uri.PathAndQuery is not ("" or "/") || uri.UserInfo.Length > 0)
        {
            mqtt.Refuse("broker", $"\"{broker}\" names no broker", "write one such as \"mqtts://broker.example:8883\", or \"mqtt://10.0.0.9:1883\" without TLS; \"user\" and \"passwordFile\" stand beside it");
            return null;
        }
        bool secure = uri.Scheme == "mqtts";
        if (!secure && tls != new MqttTls(null, null, null))
            mqtt.Refuse("broker", $"\"{broker}\" is reached without TLS, and certificates are named", "write mqtts://, or remove \"caFile\", \"certificateFile\" and \"keyFile\"");
        else if (secure && readFiles && tls != new MqttTls(null, null, null) && tls.FindFault() is { } fault)
            mqtt.Refuse(fault.Key, fault.What, fault.Mend);
        return new MqttConfiguration(
            name,
            new MqttBroker
            {
                Host = uri.IdnHost.Trim('[', ']'),
                Port = uri.Port > 0 ? uri.Port : secure ? SecurePort : PlainPort,
                Tls = secure ? tls : null,
                User = mqtt.Text("user"),
                Password = password,
            },
            root,
            ReadCost(mqtt, MqttCost));
    }

    private string? ReadPassword(ObjectReader mqtt)
    {
        if (PathAt(mqtt, "passwordFile") is not { } path)
            return null;
        if (mqtt.Value("user") is null)
            mqtt.Refuse("passwordFile", "a password without a \"user\"", "add \"user\"");
        if (!readFiles)
            return null;
        if (OwnersFile.TryReadText(path, out string? text, out var fault))
            return text.TrimEnd('\r', '\n');
        mqtt.Refuse("passwordFile", $"\"passwordFile\" {path} {fault.What}", fault.Mend);
        return null;
    }

    private string? PathAt(ObjectReader from, string key) => from.Text(key) is { Length: > 0 } path ? Path.GetFullPath(path, directory) : null;

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

    private const string TypeMend = "write \"type\": \"ethernet\", \"serial\" or \"mqtt\"";

    // One for IPv4 and one for IPv6.
    private const int MulticastGroupsMax = 2;

    // A cable is used while there is one: a radio is slow, and others wait for it.
    private const int EthernetCost = 10;
    private const int MqttCost = 30;
    private const int SerialCost = 50;
    private const int CostMax = 10_000;

    // IANA's.
    private const int PlainPort = 1883;
    private const int SecurePort = 8883;

    // A byte takes 33 ms at the one; the other is the fastest that USB adapters offer.
    private const int BaudMin = 300;
    private const int BaudMax = 12_000_000;
}
