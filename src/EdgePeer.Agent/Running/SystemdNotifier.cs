using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace EdgePeer.Agent.Running;

/// <summary>Tells systemd how the agent is (sd_notify(3)): datagrams to the socket that NOTIFY_SOCKET names, if it names one.</summary>
internal sealed class SystemdNotifier : IDisposable
{
    private readonly Socket? _socket;

    /// <param name="address">The value of NOTIFY_SOCKET: a path, or '@' and an abstract name; null under no systemd.</param>
    public SystemdNotifier(string? address)
    {
        if (string.IsNullOrEmpty(address))
            return;
        _socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        _socket.Connect(new UnixDomainSocketEndPoint(address[0] == '@' ? $"\0{address[1..]}" : address));
    }

    /// <summary>Half of the time within which systemd wants to be told that the agent lives, or null when it does not.</summary>
    /// <param name="microseconds">The value of WATCHDOG_USEC.</param>
    public static TimeSpan? WatchdogInterval(string? microseconds) =>
        ulong.TryParse(microseconds, NumberStyles.None, CultureInfo.InvariantCulture, out ulong limit) && limit > 0
            ? TimeSpan.FromMicroseconds(limit / 2)
            : null;

    public void Ready() => Send("READY=1");

    /// <param name="monotonic">CLOCK_MONOTONIC, by which systemd tells this reload from an earlier one.</param>
    public void Reloading(TimeSpan monotonic) => Send(string.Create(CultureInfo.InvariantCulture, $"RELOADING=1\nMONOTONIC_USEC={(long)monotonic.TotalMicroseconds}"));

    public void Stopping() => Send("STOPPING=1");

    public void Alive() => Send("WATCHDOG=1");

    public void Dispose() => _socket?.Dispose();

    private void Send(string state) => _socket?.Send(Encoding.ASCII.GetBytes(state));
}
