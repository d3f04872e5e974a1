using EdgePeer.Protocol;
using EdgePeer.Simulator.Network;
using EdgePeer.Simulator.Peers;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Checkers;

/// <summary>
/// Law 8: while a line that nothing disturbs carries frames both ways, neither end takes it for broken, however slow it is.
/// </summary>
internal sealed class SlowIsNotDead(World world) : Checker(Law.SlowIsNotDead)
{
    private readonly Dictionary<SimPort, Instant> _lastReceived = [];
    private readonly HashSet<SimPort> _aliveOnce = [];

    public override void OnReceived(SimPort port, LinkAddress from, ReadOnlySpan<byte> frame)
    {
        if (port.Medium.Ports.Count == 2)
            _lastReceived[port] = world.Now;
    }

    public override void OnReady(SimPeer peer)
    {
        foreach (var port in peer.Ports)
            _aliveOnce.Remove(port);
    }

    public override void OnReport(SimPeer peer, Report report)
    {
        if (report.Kind is not (ReportKind.LinkUp or ReportKind.LinkDown or ReportKind.PeerLost))
            return;
        var peers = peer.Node!.Status(peer.LocalNow).Peers;
        foreach (var port in peer.Ports)
            if (port.Medium.Ports.Count == 2)
                Check(peer, port, peers, report);
    }

    private void Check(SimPeer peer, SimPort port, IReadOnlyList<PeerStatus> peers, Report report)
    {
        if (peers.Any(p => p.Links.Any(l => l.Transport == port.Id && l.Alive)))
            _aliveOnce.Add(port);
        else
            Require(!_aliveOnce.Contains(port) || !Delivers(port), $"{peer} takes {port.Medium.Name} for dead, which delivers: {report.Text}; its links there: {string.Join(", ", peers.SelectMany(p => p.Links).Where(l => l.Transport == port.Id))}");
    }

    private bool Delivers(SimPort port)
    {
        if (world.Now - port.Medium.DisturbedAt < Undisturbed)
            return false;
        foreach (var end in port.Medium.Ports)
            if (!_lastReceived.TryGetValue(end, out var last) || world.Now - last > Lately)
                return false;
        return true;
    }

    private static readonly TimeSpan Undisturbed = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan Lately = TimeSpan.FromSeconds(10);
}
