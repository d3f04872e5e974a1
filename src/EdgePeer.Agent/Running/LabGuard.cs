using System.Net;
using EdgePeer.Agent.Configuration;

namespace EdgePeer.Agent.Running;

/// <summary>
/// Without a secret of its own a group is sealed under its name, which is no secret: anyone could join it. Such an agent keeps to
/// the machine it runs on, loopback addresses and pseudo terminals, unless it is told that it is in a lab.
/// </summary>
internal static class LabGuard
{
    /// <returns>What anyone who runs the configuration should know.</returns>
    public static IReadOnlyList<string> Remarks(AgentConfiguration configuration) => configuration.Group.SecretFile is not null
        ? []
        : [$"group \"{configuration.Group.Name}\" has no \"secretFile\": anyone who knows its name can join it, read and write; `edgepeer group new` prints a secret"];

    /// <returns>One line for each transport that leaves the machine without a secret; empty when none does.</returns>
    public static IReadOnlyList<string> Objections(AgentConfiguration configuration)
    {
        var objections = new List<string>();
        if (configuration.Group.SecretFile is not null)
            return objections;
        foreach (var transport in configuration.Transports)
            if (Outside(transport) is { } outside)
                objections.Add($"transport \"{transport.Name}\" uses {outside}, and group \"{configuration.Group.Name}\" has no \"secretFile\": anyone there who knows its name can join it; `edgepeer group new` prints a secret; without one, keep to 127.0.0.0/8, ::1 and ptys, or add --insecure-lab");
        return objections;
    }

    private static string? Outside(TransportConfiguration transport) => transport switch
    {
        EthernetConfiguration ethernet => ethernet.Listen.Concat(ethernet.Seeds).FirstOrDefault(address => !IPAddress.IsLoopback(address.Address))?.ToString(),
        SerialConfiguration serial => IsPseudoTerminal(serial.Port) ? null : serial.Port,
        MqttConfiguration mqtt => IsLoopback(mqtt.Broker.Host) ? null : mqtt.Broker.ToString(),
        _ => transport.Name,
    };

    private static bool IsLoopback(string host) => host == "localhost" || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    // A link is judged by where it leads. A port that is not there yet cannot be judged, and counts as a real one.
    private static bool IsPseudoTerminal(string port)
    {
        string path = Path.GetFullPath(port);
        try
        {
            path = File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName ?? path;
        }
        catch (IOException)
        {
            return false;
        }
        return Path.GetFullPath(path).StartsWith("/dev/pts/", StringComparison.Ordinal);
    }
}
