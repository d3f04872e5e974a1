using EdgePeer.Protocol.Sessions;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Discovery;

/// <summary>Who is reachable, and how: transports, beacons, seeds, and the paths that sessions take over them.</summary>
internal sealed class Neighbors
{
    private readonly NodeContext _node;
    private readonly SessionTable _sessions;
    private readonly Greeter _greeter;
    private readonly Links _links;
    private readonly BeaconSealer _beacons;
    private readonly SortedDictionary<TransportId, Port> _ports = [];
    private readonly List<(TransportId Transport, LinkAddress Address)> _seeds = [];
    private readonly PastBoots _pastBoots = new();
    private Instant _hintAgainAt;
    private Instant _oddVersionAgainAt;
    private Instant _foreignAgainAt;
    private Instant _foreignSince;
    private int _foreign;

    public Neighbors(NodeContext node, Action<Session> sessionUp, Action<Session> sessionLost)
    {
        _node = node;
        _sessions = new SessionTable(node) { SessionUp = sessionUp, SessionLost = sessionLost };
        _greeter = new Greeter(node, _sessions)
        {
            Established = OnEstablished,
            TryJoin = (opening, now) => _links!.TryJoin(opening, now),
            IsSeed = (transport, address) => _seeds.Contains((transport, address)),
        };
        _links = new Links(node, _sessions, _greeter) { Gone = OnGone };
        _beacons = new BeaconSealer(node);
    }

    public IEnumerable<Session> Sessions => _sessions.All;

    public Links Links => _links;

    public NodeSizes Sizes => new(_sessions.Count, _greeter.Openings, _greeter.Answers, _sessions.LabelCount, _greeter.SeenOpenings, _sessions.NumbersCount);

    /// <summary>Said in beacons: changes when the input endpoints here do.</summary>
    public uint Digest { get; set; }

    public Port? Find(TransportId transport) => _ports.GetValueOrDefault(transport);

    public Instant NextDeadline
    {
        get
        {
            var next = _greeter.NextDeadline;
            foreach (var port in _ports.Values)
                if (port.Traits.Broadcast)
                    next = Instant.Earlier(next, port.Trickle.FireAt);
            foreach (var session in _sessions.All)
            {
                next = Instant.Earlier(next, session.Paths.Count == 0 ? session.LostAt + KeepSession : session.RekeyAt);
                next = Instant.Earlier(next, session.ForgetKeysAt);
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
        port.Trickle.Reset(_node.Random, now);
        foreach (var (transport, address) in _seeds)
            if (transport == id)
                _greeter.Greet(port, address, null, now);
    }

    public void OnTransportDown(TransportId id, Instant now)
    {
        if (!_ports.Remove(id))
            return;
        _greeter.OnPortGone(id);
        foreach (var session in _sessions.All)
            foreach (var path in session.Paths.ToArray())
                if (path.Port.Id == id)
                    _links.Remove(path, "its transport is down", now);
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
            _greeter.Greet(port, address, null, now);
    }

    public void OnPathMtu(TransportId id, LinkAddress address, int frameBytesMax)
    {
        foreach (var session in _sessions.All)
            session.Find(id, address)?.LimitFrames(frameBytesMax);
    }

    /// <summary>Takes a frame that belongs to no session.</summary>
    public FrameFault OnGroupFrame(Port port, in LinkAddress from, FrameKind kind, ReadOnlySpan<byte> frame, Instant now)
    {
        var fault = ReadGroupFrame(port, from, kind, frame, now);
        if (fault == FrameFault.NotForUs)
            OnForeign(port, from, now);
        return fault;
    }

    private FrameFault ReadGroupFrame(Port port, in LinkAddress from, FrameKind kind, ReadOnlySpan<byte> frame, Instant now)
    {
        if (kind == FrameKind.Beacon)
            return OnBeacon(port, from, frame, now);
        if (!GroupCode.TrySplit(frame, out var covered, out var code))
            return FrameFault.TooShort;
        foreach (var group in _node.Groups)
        {
            if (!group.Fits(covered, code) && !_node.Has(NodeFaults.CodeNotChecked))
                continue;
            return kind switch
            {
                FrameKind.Open => _greeter.OnOpen(port, from, covered, group, now),
                FrameKind.Accept => _greeter.OnAccept(port, from, covered, group, now),
                FrameKind.Confirm => _greeter.OnConfirm(covered, group, now),
                FrameKind.Cookie => _greeter.OnCookie(port, covered, group, now),
                _ => OnHint(port, from, covered, now),
            };
        }
        return FrameFault.NotForUs;
    }

    /// <summary>Opens a packet, and makes of it what it says of keys and paths.</summary>
    /// <param name="buffer">For the items; at least as long as the frame.</param>
    /// <param name="path">The path that it came by; null when its items are not to be read.</param>
    /// <param name="items">What was sealed.</param>
    public FrameFault Open(Port port, in LinkAddress from, ReadOnlySpan<byte> frame, Span<byte> buffer, Instant now, out Path? path, out ulong number, out ReadOnlySpan<byte> items)
    {
        path = null;
        number = 0;
        items = default;
        var fault = PacketHeader.TryRead(frame, out var header);
        if (fault != FrameFault.None)
            return fault;
        int itemBytes = frame.Length - header.Bytes - SessionKeys.TagBytes(header.ShortTag);
        if (itemBytes < 0 || frame.Length > buffer.Length)
            return FrameFault.TooShort;
        if (!_sessions.TryFind(header.Label, out var keys))
        {
            OnUnknownLabel(port, from, header.Label, now);
            return FrameFault.Stale;
        }
        if (keys is null)
            return FrameFault.Stale;
        if (header.ShortTag != port.ShortTags)
            return FrameFault.NotForUs;
        int pathId = Labels.PathOf(header.Label);
        // Anyone can write a label on a packet: until it opens it makes nothing here, neither a session nor the numbers of a path.
        var received = _sessions.Received(keys, pathId);
        number = header.Expand(received?.Expected ?? 0);
        if (received?.IsNew(number) == false && !_node.Has(NodeFaults.NoReplayWindow))
            return FrameFault.Stale;
        var opened = buffer[..itemBytes];
        if (!keys.TryOpen(pathId, header.ShortTag, number, frame, header.Bytes, opened, now))
            return FrameFault.NotForUs;
        if (!_node.IsMember(keys.Peer) || !_node.Accepts(keys.Group) || (!keys.InUse && (_pastBoots.Contains(keys.There.Boot, now) || Adopt(keys, new LinkPlace(port.Id, from), now) is null)))
            return FrameFault.Stale;
        items = opened;
        var session = _sessions.For(keys);
        path = session.FindPath(pathId);
        var reader = new ItemReader(opened);
        if (reader.TryNext(out var kind, out var body) && kind == ItemKind.Join)
            path = JoinItem.TryRead(body, out var join) ? _links.OnJoin(session, pathId, number, port, from, join, now) : null;
        if (path is null)
            return FrameFault.Stale;
        // Its seal says whose it is, wherever it came from: whoever repeats it from elsewhere, and sooner, only helps. Where answers
        // go is not moved by it.
        bool fromThere = path.Port == port && (from.IsBroadcast || from == path.Address) && !path.MustBeHeard;
        if (fromThere || _node.Has(NodeFaults.AnyAddress))
            _links.OnAnswered(path);
        return FrameFault.None;
    }

    public PeerId? Addressee(TransportId transport, LinkAddress to, ReadOnlySpan<byte> frame)
    {
        if (PacketHeader.TryRead(frame, out var header) != FrameFault.None)
            return null;
        foreach (var session in _sessions.All)
            if (session.Sealing?.RemoteLabel == Labels.OfKeys(header.Label) && session.Find(transport, to)?.Id == Labels.PathOf(header.Label))
                return session.Peer;
        return null;
    }

    public bool WouldOpen(ReadOnlySpan<byte> frame, Span<byte> buffer)
    {
        if (PacketHeader.TryRead(frame, out var header) != FrameFault.None || !_sessions.TryFind(header.Label, out var keys) || keys is null)
            return false;
        int itemBytes = frame.Length - header.Bytes - SessionKeys.TagBytes(header.ShortTag);
        int path = Labels.PathOf(header.Label);
        ulong number = header.Expand(_sessions.Received(keys, path)?.Expected ?? 0);
        return itemBytes >= 0 && keys.Fits(path, header.ShortTag, number, frame, header.Bytes, buffer[..itemBytes]);
    }

    /// <summary>The secrets or members have changed: sessions that rest on what no longer holds are over.</summary>
    public void OnGroupChanged(Instant now)
    {
        foreach (var session in new List<Session>(_sessions.All))
        {
            if (!_node.IsMember(session.Peer))
            {
                Lose(session, "it is no longer a member of the group", now);
                continue;
            }
            if (session.Sealing is not { } keys || keys.Group == _node.Groups[0])
                continue;
            if (_node.Accepts(keys.Group))
            {
                session.RekeyAt = now + _node.Random.Between(TimeSpan.Zero, RekeySpread);
                continue;
            }
            var paths = session.Paths.ToArray();
            Lose(session, "its keys rest on a secret that is no longer accepted", now);
            foreach (var path in paths)
                _greeter.Greet(path.Port, path.Address, session.Peer, now);
        }
        OnChanged(now);
    }

    public void OnHello(Session session, in HelloItem hello, Instant now)
    {
        if (session.OnHello(hello))
            return;
        var paths = session.Paths.ToArray();
        Lose(session, "it has forgotten the session", now);
        foreach (var path in paths)
            _greeter.Greet(path.Port, path.Address, session.Peer, now);
    }

    /// <summary>Someone near speaks another version of all this.</summary>
    public void OnOddVersion(Port port, in LinkAddress from, int version, Instant now)
    {
        if (now < _oddVersionAgainAt)
            return;
        _oddVersionAgainAt = now + OddVersionPause;
        _node.Report(
            ReportKind.Warning, $"someone speaks version {version} of the wire format and this agent speaks version {FrameHead.CurrentVersion}: nothing passes between them until the older one is updated",
            new LinkPlace(port.Id, from));
    }

    /// <summary>Another group, or a peer of this one that was given another secret: nothing else would tell a person.</summary>
    private void OnForeign(Port port, in LinkAddress from, Instant now)
    {
        if (now < _foreignAgainAt)
            return;
        if (_foreign == 0 || now - _foreignSince > ForeignWithin)
            (_foreign, _foreignSince) = (0, now);
        // One may be noise.
        if (++_foreign < ForeignFrames)
            return;
        (_foreign, _foreignAgainAt) = (0, now + ForeignPause);
        _node.Report(
            ReportKind.Warning, "frames come that no secret of this group opens: another group is near, or a peer with another group name or secret; compare \"group\" and its \"secretFile\" there and here",
            new LinkPlace(port.Id, from));
    }

    public void OnDeadline(Instant now)
    {
        _greeter.OnDeadline(now);
        foreach (var port in _ports.Values)
            port.Trickle.OnDeadline(now);
        _sessions.OnDeadline(now);
        foreach (var session in new List<Session>(_sessions.All))
        {
            foreach (var path in session.Paths.ToArray())
                if (path.IsGone(now))
                    _links.Remove(path, "nothing came any more", now);
                else
                    path.OnDeadline(now);
            if (session.Paths.Count == 0 && session.LostAt + KeepSession <= now)
                Lose(session, null, now);
            else if (session.RekeyAt <= now || (session.Sealing is { IsWorn: true } && session.RekeyAt > now + RekeyPause))
                Rekey(session, now);
        }
    }

    /// <summary>What this peer tells of itself has changed: say so soon.</summary>
    public void OnChanged(Instant now)
    {
        foreach (var port in _ports.Values)
            port.Trickle.Reset(_node.Random, now);
    }

    public int ComposeBeacon(Port port, Instant now, Span<byte> frame)
    {
        // The interval is stated as it will be after this beacon.
        port.Trickle.OnFired(_node.Random, now);
        return _beacons.Seal(
            new BeaconBody(
                _node.Options.Peer, (uint)Math.Ceiling(port.Trickle.NextWithin.TotalSeconds * 10), Digest, _node.Options.Members?.Version ?? 0, port.OwnAddress, _node.Options.Name),
            port.ShortTags, frame);
    }

    private FrameFault OnBeacon(Port port, in LinkAddress from, ReadOnlySpan<byte> frame, Instant now)
    {
        var fault = BeaconHeader.TryRead(frame, out var header);
        if (fault != FrameFault.None)
            return fault;
        // One's own comes back on many a medium.
        if (header.Boot == _node.Boot)
            return FrameFault.None;
        fault = _beacons.TryOpen(header, frame, out var beacon, out int secret);
        return fault == FrameFault.None ? OnBeacon(port, from, header, beacon, secret, now) : fault;
    }

    private FrameFault OnBeacon(Port port, in LinkAddress from, in BeaconHeader header, in BeaconBody beacon, int secret, Instant now)
    {
        var address = from.IsBroadcast ? beacon.Address : from;
        if (address.IsBroadcast || _pastBoots.Contains(header.Boot, now) || !_node.IsMember(beacon.Peer))
            return FrameFault.Stale;
        if (beacon.Peer == _node.Options.Peer)
        {
            // Recorded beacons of an earlier life look the same: a handshake tells.
            _greeter.Greet(port, address, null, now, secret);
            return FrameFault.None;
        }
        if (port.Traits.ChosenAddresses && address == port.OwnAddress)
            OnCollision(port, beacon.Peer, now);
        var session = _sessions.Find(beacon.Peer);
        if (session?.Boot == header.Boot && session.Find(port.Id, address) is { } path)
            return path.OnBeacon(header.Counter, TimeSpan.FromMilliseconds(beacon.NextWithinTenths * 100.0), now) ? FrameFault.None : FrameFault.Stale;
        // Whoever has the lower id greets at once; the other only when that did not come.
        bool first = _node.Options.Peer.CompareTo(beacon.Peer) < 0;
        _greeter.Greet(
            port, address, beacon.Peer, first ? now : now + SecondPause + port.Traits.Airtime(OpenHeader.FrameBytesMin) * 6,
            secret, mayJoin: session?.Boot == header.Boot);
        port.Trickle.Reset(_node.Random, now);
        return FrameFault.None;
    }

    private FrameFault OnHint(Port port, in LinkAddress from, ReadOnlySpan<byte> covered, Instant now)
    {
        var reader = new WireReader(covered);
        if (!HintFrame.TryRead(ref reader, out var hint))
            return FrameFault.Malformed;
        foreach (var session in _sessions.All)
        {
            if (session.Sealing?.RemoteLabel != Labels.OfKeys(hint.Label) || session.FindPath(Labels.PathOf(hint.Label)) is not { } path)
                continue;
            if (path.Port != port || (!from.IsBroadcast && path.Address != from))
                continue;
            _greeter.Greet(port, path.Address, session.Peer, now, mayJoin: false);
            return FrameFault.None;
        }
        return FrameFault.Stale;
    }

    /// <summary>Someone sends under a label of an earlier life: say so, seldom.</summary>
    private void OnUnknownLabel(Port port, in LinkAddress from, ushort label, Instant now)
    {
        if (now < _hintAgainAt)
            return;
        _hintAgainAt = now + HintPause;
        Span<byte> frame = stackalloc byte[HintFrame.Bytes];
        var writer = new WireWriter(frame);
        new HintFrame(label).Write(ref writer);
        _node.Groups[0].WriteCode(ref writer);
        port.Greet(from, writer.Written);
    }

    private bool OnEstablished(SessionKeys keys, Opening opening, Instant now)
    {
        if (_links.IsElsewhere(keys, opening) || Adopt(keys, new LinkPlace(opening.Port.Id, opening.Address), now) is not { } session)
            return false;
        _links.OnEstablished(session, opening, keys.There.FrameBytesMax, now);
        return true;
    }

    private void OnGone(Path path, Instant now)
    {
        if (_ports.GetValueOrDefault(path.Port.Id) == path.Port)
            _greeter.Greet(path.Port, path.Address, path.Session.Peer, now, mayJoin: path.Answered);
    }

    private Session? Adopt(SessionKeys keys, LinkPlace link, Instant now)
    {
        if (_sessions.Find(keys.Peer) is { } before && before.Boot != keys.There.Boot)
        {
            before.PacketNumbers.Replaced = true;
            Lose(before, "it has started anew", now, isPast: true);
        }
        var session = _sessions.Adopt(keys, link, now);
        if (session is { PacketNumbers.Replaced: true })
        {
            // Its keys are new: it lives, beside the one that took its place.
            session.PacketNumbers.Replaced = false;
            _node.OnTwoWithOneIdentity(keys.Peer, link, now);
        }
        // Looked at often, because keys age by packets and by guesses too, and not only by time.
        if (session is not null)
            session.RekeyAt = now + RekeyPause;
        return session;
    }

    private void Rekey(Session session, Instant now)
    {
        session.RekeyAt = now + RekeyPause;
        if (session.Sealing is not { } keys || session.Active is not { } path)
            return;
        if (keys.Group != _node.Groups[0] || keys.IsOld(now))
            _greeter.Greet(path.Port, path.Address, session.Peer, now, mayJoin: false);
    }

    /// <param name="isPast">A frame of that boot may still be on the way, and must not bring the session back.</param>
    private void Lose(Session session, string? why, Instant now, bool isPast = false)
    {
        if (isPast)
            _pastBoots.Add(session.Boot, now);
        foreach (var path in session.Paths)
            path.Abandon(now);
        _sessions.Lose(session, why);
    }

    private void OnCollision(Port port, PeerId other, Instant now)
    {
        // One of the two must go elsewhere, and both know which.
        if (_node.Options.Peer.CompareTo(other) < 0)
            return;
        ChooseAddress(port);
        foreach (var session in _sessions.All)
            foreach (var path in session.Paths)
                if (path.Port == port)
                {
                    // The other end learns the new address from the item.
                    path.JoinWanted = true;
                    path.Ping();
                }
        port.Trickle.Reset(_node.Random, now);
    }

    private void ChooseAddress(Port port)
    {
        for (int tries = 0; ; tries++)
        {
            var address = new LinkAddress([(byte)(1 + _node.Random.Below(AddressMax))]);
            bool taken = address == port.OwnAddress;
            foreach (var session in _sessions.All)
                taken |= session.Find(port.Id, address) is not null;
            if (taken && tries < AddressMax)
                continue;
            port.OwnAddress = address;
            _node.Do(new AddressChosen(port.Id, address));
            return;
        }
    }

    // 7 bits of address on the line; 127 is everyone.
    private const int AddressMax = 126;

    private static readonly TimeSpan SecondPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan HintPause = TimeSpan.FromMilliseconds(200);
    private const int ForeignFrames = 3;
    private static readonly TimeSpan ForeignWithin = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan ForeignPause = TimeSpan.FromHours(1);
    private static readonly TimeSpan OddVersionPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RekeyPause = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan RekeySpread = TimeSpan.FromSeconds(10);

    // A peer that comes back within that time goes on where it was, without binding again.
    private static readonly TimeSpan KeepSession = TimeSpan.FromMinutes(10);
}
