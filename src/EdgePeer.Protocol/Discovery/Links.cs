using EdgePeer.Protocol.Sessions;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Discovery;

/// <summary>The paths that sessions take over links: opened by joins, moved, given up.</summary>
internal sealed class Links(NodeContext node, SessionTable sessions, Greeter greeter)
{
    /// <summary>A path was given up because its link is.</summary>
    public required Action<Path, Instant> Gone { get; init; }

    /// <summary>The next path of the port that has something to send; whoever was served last comes last.</summary>
    public Path? Next(Port port, Func<Path, bool> hasWork)
    {
        int place = 0, first = -1;
        Path? firstPath = null;
        foreach (var session in sessions.All)
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

    /// <summary>
    /// The peer that has answered is not where it was greeted: where addresses are chosen, whoever passes on what is said to an address
    /// of nobody's makes one answer that is elsewhere.
    /// </summary>
    public bool IsElsewhere(SessionKeys keys, Opening opening) =>
        sessions.Find(keys.Peer) is { } session && session.Boot == keys.There.Boot && session.Find(opening.Port.Id, opening.Address) is null && IsUpElsewhere(session, opening.Port);

    /// <summary>The path over which a handshake was done.</summary>
    public void OnEstablished(Session session, Opening opening, int frameBytesMax, Instant now)
    {
        var path = FindPath(session, opening.Port, opening.Address, now);
        if (path is null && !TryAddPath(session, opening.Port, opening.Address, answered: true, frameBytesMax, now, out path))
            return;
        // Whoever answered uses the keys once they have opened something, and may not have this path.
        path.JoinWanted = true;
        path.Ping();
    }

    /// <summary>A session that is there needs no handshake for one more link.</summary>
    public bool TryJoin(Opening opening, Instant now)
    {
        if (opening.Expected is not { } peer || sessions.Find(peer) is not { Sealing: not null } session)
            return false;
        if (session.Find(opening.Port.Id, opening.Address) is not null)
            return true;
        // Who has chosen another address says so in a join: a beacon may be one of before, or of another line.
        if (IsUpElsewhere(session, opening.Port))
            return true;
        if (!TryAddPath(session, opening.Port, opening.Address, answered: false, HandshakeParameters.FrameBytesMin, now, out var path))
            return false;
        path.JoinWanted = true;
        path.Ping();
        return true;
    }

    /// <summary>The first packets of a path say what it is.</summary>
    /// <returns>Null when it is not to be believed now: the packet is not read.</returns>
    public Path? OnJoin(Session session, int pathId, ulong number, Port port, in LinkAddress from, in JoinItem join, Instant now)
    {
        var address = from.IsBroadcast ? join.Address : from;
        if (address.IsBroadcast)
            return null;
        var known = session.FindPath(pathId);
        if (known is not null && known.Port == port && known.Address == address)
        {
            known.OnJoin(join.FrameBytesMax);
            return known;
        }
        var numbers = session.Numbers(pathId);
        if (number < numbers.NextJoin || number < numbers.Received.Expected)
            return null;
        numbers.NextJoin = number + 1;
        if (known is { Answered: true, Suspect: false } && !from.IsBroadcast)
        {
            // Anyone may repeat a join from another address before it comes itself: a handshake tells who is there, and the path stays.
            greeter.Greet(port, address, session.Peer, now, mayJoin: false);
            return null;
        }
        if (known is not null)
            Remove(known, null, now);
        if (session.Find(port.Id, address) is { } other)
        {
            // Both have begun at once: the lower one stays.
            if (!other.Answered && other.Id < pathId)
                return null;
            Remove(other, null, now);
        }
        greeter.Forget(port, address);
        // Anyone may repeat a join from where its sender is not, or when it no longer is there: only what is heard there shows that the sender is.
        bool moves = IsUpElsewhere(session, port);
        bool answered = from.IsBroadcast && !moves;
        var path = AddPath(session, pathId, port, address, answered, join.FrameBytesMax, now);
        path.MustBeHeard = !answered;
        path.JoinWanted = true;
        path.Ping();
        return path;
    }

    /// <summary>Something shows that the other end has the path.</summary>
    public void OnAnswered(Path path)
    {
        if (path.OnAnswered())
            node.Report(ReportKind.LinkUp, $"link to {path.Session.Peer.ToShortString()} is up", new LinkPlace(path.Port.Id, path.Address));
    }

    public void Remove(Path path, string? why, Instant now)
    {
        var session = path.Session;
        path.Abandon(now);
        session.Remove(path);
        session.LostAt = now;
        if (why is null)
            return;
        if (path.Answered)
            node.Report(ReportKind.LinkDown, $"link to {session.Who} is gone: {why}", new LinkPlace(path.Port.Id, path.Address));
        if (session.Paths.Count == 0)
            node.Report(ReportKind.PeerLost, $"no link to {session.Who} is left");
        Gone(path, now);
    }

    /// <summary>Where addresses are chosen, a peer has one, and this session has a path to it that is up.</summary>
    private static bool IsUpElsewhere(Session session, Port port) =>
        port.Traits.ChosenAddresses && session.Paths.Exists(path => path.Port == port && path is { Answered: true, Suspect: false });

    /// <summary>The path over that link; one to an address that the peer has given up is removed.</summary>
    private Path? FindPath(Session session, Port port, LinkAddress address, Instant now)
    {
        if (session.Find(port.Id, address) is { } path)
            return path;
        if (port.Traits.ChosenAddresses && session.Paths.Find(p => p.Port == port) is { } moved)
            Remove(moved, null, now);
        return null;
    }

    private bool TryAddPath(Session session, Port port, LinkAddress address, bool answered, int frameBytesMax, Instant now, out Path path)
    {
        path = null!;
        if (!session.TryNewPathId(out int id))
        {
            // Repeated beacons lead to paths that nobody answers: they must not keep out those that someone does.
            if (session.FindUnanswered() is not { } spare)
                return false;
            Remove(spare, null, now);
            id = spare.Id;
        }
        path = AddPath(session, id, port, address, answered, frameBytesMax, now);
        return true;
    }

    private Path AddPath(Session session, int id, Port port, LinkAddress address, bool answered, int frameBytesMax, Instant now)
    {
        var path = new Path(session, id, port, address, frameBytesMax, now);
        session.Add(path);
        if (answered)
            OnAnswered(path);
        return path;
    }
}
