using System.Net;
using EdgePeer.Agent.Configuration;

namespace EdgePeer.Agent.Running;

/// <summary>
/// Frames are not sealed in this version: whoever hears them can read and forge them. So an agent keeps to the machine it runs
/// on, loopback addresses and pseudo terminals, unless it is told that it is in a lab.
/// </summary>
internal static class LabGuard
{
    /// <returns>One line for each transport that leaves the machine; empty when none does.</returns>
    public static IReadOnlyList<string> Objections(AgentConfiguration configuration)
    {
        var objections = new List<string>();
        foreach (var transport in configuration.Transports)
            if (Outside(transport) is { } outside)
                objections.Add($"transport \"{transport.Name}\" uses {outside}, and this version does not seal frames: anyone there can read and forge them; keep to 127.0.0.0/8, ::1 and ptys, or add --insecure-lab");
        return objections;
    }

    private static string? Outside(TransportConfiguration transport) => transport switch
    {
        EthernetConfiguration ethernet => ethernet.Listen.Concat(ethernet.Seeds).FirstOrDefault(address => !IPAddress.IsLoopback(address.Address))?.ToString(),
        SerialConfiguration serial => IsPseudoTerminal(serial.Port) ? null : serial.Port,
        _ => transport.Name,
    };

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
