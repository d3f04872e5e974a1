using EdgePeer.Protocol.Sessions;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Discovery;

/// <summary>Who is reachable, and how: transports, beacons, greetings, and the sessions and paths that come of them.</summary>
internal sealed class Neighbors(NodeContext node)
{
    private readonly SortedDictionary<TransportId, Port> _ports = [];
    private readonly SortedDictionary<PeerId, Session> _sessions = [];
    private readonly Dictionary<ushort, Path> _paths = [];
    private readonly List<Opening> _openings = [];
    private readonly List<(TransportId Transport, LinkAddress Address)> _seeds = [];
    private readonly Queue<(ulong Boot, Instant Until)> _pastBoots = new();
    private Instant _hintAgainAt;
    private Instant _duplicateAgainAt;

    public required Action<Session> SessionUp { get; init; }

    public required Action<Session> SessionLost { get; init; }

    public IEnumerable<Session> Sessions => _sessions.Values;

    /// <summary>Said in beacons: changes when the input endpoints here do.</summary>
    public uint Digest { get; set; }

    public Port? Find(TransportId transport) => _ports.GetValueOrDefault(transport);

    public Path? Find(ushort label) => _paths.GetValueOrDefault(label);

    public Instant NextDeadline
    {
        get
        {
            var next = Instant.Never;
            foreach (var port in _ports.Values)
                if (port.Traits.Broadcast)
                    next = Instant.Earlier(next, port.Trickle.FireAt);
            foreach (var opening in _openings)
                next = Instant.Earlier(next, opening.NextAt);
            foreach (var session in _sessions.Values)
            {
                if (session.Paths.Count == 0)
                    next = Instant.Earlier(next, session.LostAt + KeepSession);
                foreach (var path in session.Paths)
                    next = Instant.Earlier(next, path.NextDeadline);
            }
            return next;
        }
    }

    public void OnTransportUp(TransportId id, TransportTraits traits, Instant now)
    {
        if (_ports.ContainsKey(id))
            OnTransportDown(id, now);
        var port = new Port(id, traits);
        _ports[id] = port;
        if (traits.ChosenAddresses)
            ChooseAddress(port);
        port.Trickle.Reset(node.Random, now);
        foreach (var (transport, address) in _seeds)
            if (transport == id)
                Greet(port, address, true, now);
    }

    public void OnTransportDown(TransportId id, Instant now)
    {
        if (!_ports.Remove(id))
            return;
        _openings.RemoveAll(opening => opening.Port.Id == id);
        foreach (var session in new List<Session>(_sessions.Values))
            foreach (var path in session.Paths.ToArray())
                if (path.Port.Id == id)
                    Remove(path, "its transport is down", now);
    }

    public void ForgetTransport(TransportId id, Instant now)
    {
        OnTransportDown(id, now);
        _seeds.RemoveAll(seed => seed.Transport == id);
    }

    public void AddSeed(TransportId id, LinkAddress address, Instant now)
    {
        if (_seeds.Contains((id, address)))
            return;
        _seeds.Add((id, address));
        if (_ports.TryGetValue(id, out var port))
            Greet(port, address, true, now);
    }

    public void OnPathMtu(TransportId id, LinkAddress address, int frameBytesMax)
    {
        foreach (var session in _sessions.Values)
            session.Find(id, address)?.LimitFrames(frameBytesMax);
    }

    public void OnBeacon(Port port, in LinkAddress from, in BeaconFrame beacon, Instant now)
    {
        var address = from.IsBroadcast ? beacon.Address : from;
        if (beacon.Peer == node.Options.Peer)
        {
            OnOwnIdentity(beacon.Boot, now);
            return;
        }
        if (address.IsBroadcast || IsPast(beacon.Boot, now))
            return;
        if (port.Traits.ChosenAddresses && address == port.OwnAddress)
            OnCollision(port, beacon.Peer, now);
        var path = _sessions.TryGetValue(beacon.Peer, out var session) && session.Boot == beacon.Boot ? session.Find(port.Id, address) : null;
        if (path is not null)
        {
            path.HeardUntil = now + TimeSpan.FromMilliseconds(beacon.NextWithinTenths * 100.0) + port.Traits.Airtime(port.Traits.FrameBytesMax) * 2;
            return;
        }
        // Whoever has the lower id greets at once; the other only when that did not come.
        bool first = node.Options.Peer.CompareTo(beacon.Peer) < 0;
        Greet(port, address, false, first ? now : now + SecondPause + port.Traits.Airtime(GreetingFrame.BytesMax) * 4);
        port.Trickle.Reset(node.Random, now);
    }

    public void OnGreeting(Port port, in LinkAddress from, in GreetingFrame greeting, Instant now)
    {
        var address = from.IsBroadcast ? greeting.Address : from;
        if (greeting.Peer == node.Options.Peer)
        {
            OnOwnIdentity(greeting.Boot, now);
            return;
        }
        if (address.IsBroadcast || IsPast(greeting.Boot, now) || (greeting.IsAccept && greeting.ToBoot != node.Boot))
            return;
        var opening = _openings.Find(o => o.Port == port && o.Address == address);
        var known = _sessions.TryGetValue(greeting.Peer, out var session) && session.Boot == greeting.Boot ? session.Find(port.Id, address) : null;
        if (known is not null && known.RemoteLabel == greeting.Label)
        {
            _openings.Remove(opening!);
            if (!greeting.IsAccept)
                Accept(known, greeting.Boot);
            return;
        }
        if (greeting.IsAccept && opening is null && known is null)
            return;
        var path = Open(port, address, opening, known, greeting, now);
        if (path is not null && !greeting.IsAccept)
            Accept(path, greeting.Boot);
    }

    public void OnHint(Port port, in LinkAddress from, HintFrame hint, Instant now)
    {
        foreach (var session in _sessions.Values)
            foreach (var path in session.Paths)
                if (path.Port == port && path.RemoteLabel == hint.Label && (from.IsBroadcast || path.Address == from))
                {
                    Greet(port, path.Address, false, now);
                    return;
                }
    }

    /// <summary>Someone sends under a label of an earlier life: say so, seldom.</summary>
    public void OnUnknownLabel(Port port, in LinkAddress from, ushort label, Instant now)
    {
        foreach (var opening in _openings)
            if (opening.Label == label)
                return;
        if (now < _hintAgainAt)
            return;
        _hintAgainAt = now + HintPause;
        Span<byte> frame = stackalloc byte[HintFrame.Bytes];
        port.Greet(from, frame[..new HintFrame(label).Write(frame, node.GroupSeed)]);
    }

    public void OnDeadline(Instant now)
    {
        for (int i = _openings.Count - 1; i >= 0; i--)
        {
            var opening = _openings[i];
            if (opening.NextAt > now)
                continue;
            if (opening.IsSpent)
            {
                _openings.RemoveAt(i);
                continue;
            }
            SendGreeting(opening.Port, opening.Address, opening.Label, false, 0);
            opening.OnGreeted(node.Random, now);
        }
        foreach (var port in _ports.Values)
            port.Trickle.OnDeadline(now);
        foreach (var session in new List<Session>(_sessions.Values))
        {
            foreach (var path in session.Paths.ToArray())
                if (path.IsGone(now))
                    Remove(path, "nothing came any more", now);
                else
                    path.OnDeadline(now);
            if (session.Paths.Count == 0 && session.LostAt + KeepSession <= now)
                Lose(session, null, now);
        }
    }

    /// <summary>The input endpoints here have changed: say so soon.</summary>
    public void OnChanged(Instant now)
    {
        foreach (var port in _ports.Values)
            port.Trickle.Reset(node.Random, now);
    }

    public int ComposeBeacon(Port port, Instant now, Span<byte> frame)
    {
        // The interval is stated as it will be after this beacon.
        port.Trickle.OnFired(node.Random, now);
        return new BeaconFrame(
            node.Options.Peer, node.Boot, (uint)Math.Ceiling(port.Trickle.NextWithin.TotalSeconds * 10), Digest, port.OwnAddress, node.Options.Name).Write(frame, node.GroupSeed);
    }

    /// <summary>The next path of the port that has something to send; whoever was served last comes last.</summary>
    public Path? NextPath(Port port, Func<Path, bool> hasWork)
    {
        int place = 0, first = -1;
        Path? firstPath = null;
        foreach (var session in _sessions.Values)
            foreach (var path in session.Paths)
            {
                if (path.Port != port)
                    continue;
                place++;
                if (!hasWork(path))
                {
                    path.Window.OnIdle();
                    continue;
                }
                if (place > port.Turn)
                {
                    port.Turn = place;
                    return path;
                }
                if (first < 0)
                {
                    first = place;
                    firstPath = path;
                }
            }
        port.Turn = Math.Max(first, 0);
        return firstPath;
    }

    private Path? Open(Port port, LinkAddress address, Opening? opening, Path? known, in GreetingFrame greeting, Instant now)
    {
        if (_sessions.TryGetValue(greeting.Peer, out var session) && session.Boot != greeting.Boot)
        {
            Lose(session, "it has started anew", now);
            session = null;
        }
        bool isNew = session is null;
        if (isNew && _sessions.Count >= Limits.SessionsMax)
            return null;
        session ??= new Session(node, greeting.Peer, greeting.Boot);
        // The other end has chosen another address on this medium, or has forgotten the path.
        known ??= port.Traits.ChosenAddresses ? session.Paths.Find(path => path.Port == port) : null;
        if (known is not null)
            Remove(known, null, now);
        if (session.Paths.Count >= Limits.PathsPerSessionMax)
            return null;
        if (opening is not null)
            _openings.Remove(opening);
        var path = new Path(session, port, address, opening?.Label ?? NewLabel(), greeting, now);
        _paths[path.LocalLabel] = path;
        session.Paths.Add(path);
        session.ChoosePath();
        path.Ping();
        if (isNew)
        {
            _sessions[greeting.Peer] = session;
            node.Report(ReportKind.PeerFound, $"peer {greeting.Peer.ToShortString()} is found", new LinkPlace(port.Id, address));
            SessionUp(session);
        }
        node.Report(ReportKind.LinkUp, $"link to {greeting.Peer.ToShortString()} is up", new LinkPlace(port.Id, address));
        return path;
    }

    private void Accept(Path path, ulong toBoot) => SendGreeting(path.Port, path.Address, path.LocalLabel, true, toBoot);

    private void SendGreeting(Port port, in LinkAddress to, ushort label, bool isAccept, ulong toBoot)
    {
        Span<byte> frame = stackalloc byte[GreetingFrame.BytesMax];
        var greeting = new GreetingFrame(isAccept, node.Options.Peer, node.Boot, toBoot, label, port.Traits.FrameBytesMax, port.OwnAddress);
        port.Greet(to, frame[..greeting.Write(frame, node.GroupSeed)]);
    }

    private void Greet(Port port, LinkAddress address, bool isSeed, Instant at)
    {
        if (_openings.Exists(opening => opening.Port == port && opening.Address == address))
            return;
        if (_openings.Count >= Limits.OpeningsMax)
        {
            int spare = _openings.FindIndex(opening => !opening.IsSeed);
            if (spare < 0)
                return;
            _openings.RemoveAt(spare);
        }
        _openings.Add(new Opening(port, address, NewLabel(), isSeed, at));
    }

    private void Remove(Path path, string? why, Instant now)
    {
        var session = path.Session;
        session.Paths.Remove(path);
        _paths.Remove(path.LocalLabel);
        path.Abandon(now);
        session.ChoosePath();
        session.LostAt = now;
        if (why is null)
            return;
        node.Report(ReportKind.LinkDown, $"link to {Who(session)} is gone: {why}", new LinkPlace(path.Port.Id, path.Address));
        if (session.Paths.Count == 0)
            node.Report(ReportKind.PeerLost, $"no link to {Who(session)} is left");
        if (_ports.GetValueOrDefault(path.Port.Id) == path.Port)
            Greet(path.Port, path.Address, _seeds.Contains((path.Port.Id, path.Address)), now);
    }

    private void Lose(Session session, string? why, Instant now)
    {
        foreach (var path in session.Paths)
            _paths.Remove(path.LocalLabel);
        session.Paths.Clear();
        _sessions.Remove(session.Peer);
        // A frame of that life may still be on the way: it must not bring the session back.
        _pastBoots.Enqueue((session.Boot, now + PastBootFor));
        if (_pastBoots.Count > PastBootsMax)
            _pastBoots.Dequeue();
        if (why is not null)
            node.Report(ReportKind.PeerLost, $"session with {Who(session)} ended: {why}");
        SessionLost(session);
    }

    private bool IsPast(ulong boot, Instant now)
    {
        while (_pastBoots.TryPeek(out var oldest) && oldest.Until <= now)
            _pastBoots.Dequeue();
        foreach (var past in _pastBoots)
            if (past.Boot == boot)
                return true;
        return false;
    }

    private void OnOwnIdentity(ulong boot, Instant now)
    {
        if (boot == node.Boot || now < _duplicateAgainAt)
            return;
        _duplicateAgainAt = now + DuplicatePause;
        node.Report(ReportKind.DuplicateIdentity, "another peer uses this peer's identity: give one of them its own with `edgepeer init`");
    }

    private void OnCollision(Port port, PeerId other, Instant now)
    {
        // One of the two must go elsewhere, and both know which.
        if (node.Options.Peer.CompareTo(other) < 0)
            return;
        ChooseAddress(port);
        foreach (var session in _sessions.Values)
            foreach (var path in session.Paths)
                if (path.Port == port)
                    Greet(port, path.Address, false, now);
        port.Trickle.Reset(node.Random, now);
    }

    private void ChooseAddress(Port port)
    {
        for (int tries = 0; ; tries++)
        {
            var address = new LinkAddress([(byte)(1 + node.Random.Below(AddressMax))]);
            bool taken = address == port.OwnAddress;
            foreach (var session in _sessions.Values)
                taken |= session.Find(port.Id, address) is not null;
            if (taken && tries < AddressMax)
                continue;
            port.OwnAddress = address;
            node.Do(new AddressChosen(port.Id, address));
            return;
        }
    }

    private ushort NewLabel()
    {
        while (true)
        {
            ushort label = (ushort)node.Random.NextUInt64();
            if (label != 0 && !_paths.ContainsKey(label) && !_openings.Exists(opening => opening.Label == label))
                return label;
        }
    }

    private static string Who(Session session) => session.Name.Length > 0 ? session.Name : session.Peer.ToShortString();

    // 7 bits of address on the line; 127 is everyone.
    private const int AddressMax = 126;

    // Restarts remembered at once: one a second is more than any peer manages.
    private const int PastBootsMax = 64;

    // No link holds a frame back longer. After that a boot taken for past by mistake, or by a forged greeting, may return.
    private static readonly TimeSpan PastBootFor = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan SecondPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HintPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan DuplicatePause = TimeSpan.FromMinutes(1);

    // A peer that comes back within that time goes on where it was, without binding again.
    private static readonly TimeSpan KeepSession = TimeSpan.FromMinutes(10);
}
