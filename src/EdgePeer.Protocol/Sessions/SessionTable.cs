using EdgePeer.Wire;

namespace EdgePeer.Protocol.Sessions;

/// <summary>The sessions of this peer, and whose a label on a packet is.</summary>
internal sealed class SessionTable(NodeContext node)
{
    private readonly SortedDictionary<PeerId, Session> _sessions = [];
    private readonly Dictionary<ushort, SessionKeys?> _labels = [];
    private readonly Dictionary<(PeerId Peer, ulong Boot), SessionNumbers> _numbers = [];
    private readonly Queue<(PeerId Peer, ulong Boot)> _numbersOrder = new();

    public required Action<Session> SessionUp { get; init; }

    public required Action<Session> SessionLost { get; init; }

    public IEnumerable<Session> All => _sessions.Values;

    public int Count => _sessions.Count;

    public int LabelCount => _labels.Count;

    public int NumbersCount => _numbers.Count;

    public Session? Find(PeerId peer) => _sessions.GetValueOrDefault(peer);

    /// <param name="keys">Null while the handshake of that label is not done.</param>
    /// <returns>False when nothing here has given that label out.</returns>
    public bool TryFind(ushort label, out SessionKeys? keys) => _labels.TryGetValue(Labels.OfKeys(label), out keys);

    /// <summary>A label for keys that are about to be made; given back with <see cref="GiveBack"/> or by disposing the keys.</summary>
    public ushort TakeLabel()
    {
        while (true)
        {
            ushort label = Labels.OfKeys((ushort)node.Random.NextUInt64());
            if (Labels.Legal(label) && _labels.TryAdd(label, null))
                return label;
        }
    }

    public void GiveBack(ushort label)
    {
        if (_labels.Remove(label, out var keys))
            keys?.Dispose();
    }

    /// <summary>The handshake of that label is done.</summary>
    public void Put(SessionKeys keys) => _labels[keys.LocalLabel] = keys;

    /// <summary>What has come on a path of these keys; null for nothing. A look: it makes neither session nor path.</summary>
    public ReceivedPackets? Received(SessionKeys keys, int path) =>
        ((Live(keys) ?? keys.Session)?.PacketNumbers ?? _numbers.GetValueOrDefault((keys.Peer, keys.There.Boot)))?.Find(path)?.Received;

    /// <summary>The session that these keys are for: the one that is there, or a new one that <see cref="Adopt"/> takes up.</summary>
    public Session For(SessionKeys keys) =>
        Live(keys) ?? (keys.Session ??= new Session(node, keys.Peer, keys.There.Boot, NumbersOf(keys.Peer, keys.There.Boot)));

    /// <summary>The keys have been shown to work: the session uses them. One with an earlier boot of the peer must be over.</summary>
    /// <returns>Null when there are too many sessions.</returns>
    public Session? Adopt(SessionKeys keys, LinkPlace link, Instant now)
    {
        var session = For(keys);
        bool isNew = !_sessions.ContainsKey(keys.Peer);
        if (isNew && _sessions.Count >= Limits.SessionsMax)
            return null;
        node.Learn(keys.Peer, keys.PeerKey);
        foreach (ushort label in session.Use(keys, now))
            GiveBack(label);
        if (!isNew)
            return session;
        _sessions[keys.Peer] = session;
        node.Report(ReportKind.PeerFound, $"peer {keys.Peer.ToShortString()} is found", link);
        SessionUp(session);
        return session;
    }

    /// <param name="why">For people; null to say nothing.</param>
    public void Lose(Session session, string? why)
    {
        foreach (var path in session.Paths.ToArray())
            session.Remove(path);
        foreach (ushort label in session.ForgetKeys())
            GiveBack(label);
        _sessions.Remove(session.Peer);
        if (why is not null)
            node.Report(ReportKind.PeerLost, $"session with {session.Who} ended: {why}");
        SessionLost(session);
    }

    public void OnDeadline(Instant now)
    {
        foreach (var session in _sessions.Values)
            foreach (ushort label in session.ForgetOldKeys(now))
                GiveBack(label);
    }

    private Session? Live(SessionKeys keys) => _sessions.TryGetValue(keys.Peer, out var session) && session.Boot == keys.There.Boot ? session : null;

    private SessionNumbers NumbersOf(PeerId peer, ulong boot)
    {
        if (_numbers.TryGetValue((peer, boot), out var known))
            return known;
        _numbersOrder.Enqueue((peer, boot));
        if (_numbersOrder.Count > Limits.SessionNumbersMax)
            _numbers.Remove(_numbersOrder.Dequeue());
        return _numbers[(peer, boot)] = new SessionNumbers();
    }
}
