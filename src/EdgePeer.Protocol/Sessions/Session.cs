using EdgePeer.Protocol.Pipes;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Sessions;

/// <summary>The association with one boot of one peer, over any number of paths, under one handshake's keys after another's, and what both have bound in it.</summary>
internal sealed class Session(NodeContext node, PeerId peer, ulong boot, SessionNumbers numbers)
{
    private readonly Queue<ControlItem> _controls = new();
    private readonly List<SessionKeys> _keys = [];
    private TimeSpan _syncWindowThere = TimeSpan.FromMilliseconds(20);

    public PeerId Peer { get; } = peer;

    public ulong Boot { get; } = boot;

    public SessionNumbers PacketNumbers { get; } = numbers;

    /// <summary>Tells this session from an earlier one between the same boots, which one end may have forgotten.</summary>
    public uint Id { get; } = (uint)node.Random.NextUInt64() | 1;

    /// <summary>The other end's; zero until it is told.</summary>
    public uint IdThere { get; private set; }

    /// <summary>What goes out is sealed with these; null before the first handshake is done.</summary>
    public SessionKeys? Sealing { get; private set; }

    /// <summary>The newest member list that the other end is known to hold, or has been told.</summary>
    public ulong MembersVersionThere { get; set; }

    public AdvertisementExchange Advertisements { get; } = new();

    /// <summary>The other end has said who it is.</summary>
    public bool Greeted => IdThere != 0;

    /// <summary>When to look next whether new keys are due.</summary>
    public Instant RekeyAt { get; set; }

    public string Name { get; private set; } = "";

    public List<Path> Paths { get; } = [];

    /// <summary>Where traffic goes now; null while there is no path.</summary>
    public Path? Active { get; private set; }

    /// <summary>Streams sent in this session, most urgent lane first.</summary>
    public List<OutChannel> Out { get; } = [];

    public SortedDictionary<int, InChannel> In { get; } = [];

    public int NextChannel { get; set; }

    /// <summary>How many paths were answered.</summary>
    public int PathsAnswered { get; set; }

    public Instant LostAt { get; set; }

    /// <summary>On any path, those that are given up included; null before the first packet.</summary>
    public Instant? LastReceivedAt { get; set; }

    public TimeSpan SyncWindowThere => _syncWindowThere;

    /// <summary>How long an answer from here may wait for company: the sync, so that heard and kept go together.</summary>
    public TimeSpan HoldBackHere { get; } = RoundTrip.Min(node.Options.SyncWindow + HoldBackSpare, HoldBackMax);

    public TimeSpan HoldBackThere => RoundTrip.Min(_syncWindowThere + HoldBackSpare, HoldBackMax) + HoldBackSpare;

    public bool HasControls => _controls.Count > 0;

    /// <summary>For people.</summary>
    public string Who => Name.Length > 0 ? Name : Peer.ToShortString();

    /// <returns>False when the other end has forgotten this session and begun another.</returns>
    public bool OnHello(in HelloItem hello)
    {
        if (IdThere != 0 && IdThere != hello.Session)
            return false;
        IdThere = hello.Session;
        MembersVersionThere = Math.Max(MembersVersionThere, hello.MembersVersion);
        Name = hello.Name;
        _syncWindowThere = hello.SyncWindow;
        return true;
    }

    /// <summary>The numbers of a path's packets, which go on when the path is gone and comes again.</summary>
    public PathNumbers Numbers(int path) => PacketNumbers.Of(path);

    public Path? FindPath(int id)
    {
        foreach (var path in Paths)
            if (path.Id == id)
                return path;
        return null;
    }

    /// <summary>A number for a path that is opened from here; the two ends have each their own half.</summary>
    public bool TryNewPathId(out int id)
    {
        for (id = FirstPathId; id <= Labels.PathMax; id += 2)
            if (FindPath(id) is null)
                return true;
        return false;
    }

    /// <summary>A path that was opened from here and that nobody has answered yet.</summary>
    public Path? FindUnanswered() => Paths.Find(path => !path.Answered && (path.Id & 1) == FirstPathId);

    public void Add(Path path)
    {
        Paths.Add(path);
        ChoosePath();
    }

    public void Remove(Path path)
    {
        Paths.Remove(path);
        ChoosePath();
    }

    /// <summary>Takes up the keys of a handshake.</summary>
    /// <returns>Labels of keys that are over.</returns>
    public List<ushort> Use(SessionKeys keys, Instant now)
    {
        keys.InUse = true;
        keys.Session = this;
        _keys.Add(keys);
        // Of two handshakes made at once the two ends must choose the same one.
        bool atOnce = Sealing is { } before && before.Initiated != keys.Initiated && now - before.MadeAt < AtOnce;
        if (!atOnce || keys.Order < Sealing!.Order)
            Sealing = keys;
        List<ushort> over = [];
        if (_keys.Count > Limits.KeysPerSessionMax)
        {
            int oldest = _keys.FindIndex(k => k != Sealing);
            over.Add(_keys[oldest].LocalLabel);
            _keys.RemoveAt(oldest);
        }
        return over;
    }

    /// <returns>The labels of keys that neither end uses any more.</returns>
    public List<ushort> ForgetOldKeys(Instant now)
    {
        List<ushort> over = [];
        for (int i = _keys.Count - 1; i >= 0; i--)
            if (_keys[i] != Sealing && now >= ForgetAt(_keys[i]))
            {
                over.Add(_keys[i].LocalLabel);
                _keys.RemoveAt(i);
            }
        return over;
    }

    public List<ushort> ForgetKeys()
    {
        List<ushort> over = _keys.ConvertAll(keys => keys.LocalLabel);
        _keys.Clear();
        Sealing = null;
        return over;
    }

    /// <summary>When <see cref="ForgetOldKeys"/> has something to do.</summary>
    public Instant ForgetKeysAt
    {
        get
        {
            var next = Instant.Never;
            foreach (var keys in _keys)
                if (keys != Sealing)
                    next = Instant.Earlier(next, ForgetAt(keys));
            return next;
        }
    }

    public bool HasOtherPath(Path path)
    {
        foreach (var other in Paths)
            if (other != path && other.Answered && !other.Suspect)
                return true;
        return false;
    }

    public Path? Find(TransportId transport, in LinkAddress address)
    {
        foreach (var path in Paths)
            if (path.Port.Id == transport && path.Address == address)
                return path;
        return null;
    }

    public void ChoosePath()
    {
        Path? best = null;
        foreach (var path in Paths)
            if (path.Answered && (best is null || IsBetter(path, best)))
                best = path;
        if (best == Active)
            return;
        if (Active is not null && best is not null)
            node.Counts.Moves++;
        Active = best;
    }

    public void Say(ItemKind kind, ReadOnlySpan<byte> body) => Say(new ControlItem(kind, body.ToArray()));

    public void Say(ControlItem control)
    {
        if (_controls.Count >= Limits.ControlsMax)
        {
            node.Counts.FramesDropped++;
            return;
        }
        _controls.Enqueue(control);
    }

    public void SayAgain(ControlItem control) => _controls.Enqueue(control);

    /// <summary>The next control to say, left in the queue until <see cref="TakeControl"/>.</summary>
    public bool TryPeekControl(out ControlItem control)
    {
        while (_controls.TryPeek(out control!))
        {
            if (!control.Withdrawn)
                return true;
            _controls.Dequeue();
        }
        return false;
    }

    public void TakeControl() => _controls.Dequeue();

    public bool HasPieces(Instant now)
    {
        foreach (var channel in Out)
            if (channel.CanSend(now))
                return true;
        return false;
    }

    public bool HasKeptToTell
    {
        get
        {
            foreach (var channel in In.Values)
                if (channel.HasKeptToTell)
                    return true;
            return false;
        }
    }

    private int FirstPathId => node.Options.Peer.CompareTo(Peer) < 0 ? 0 : 1;

    private static bool IsBetter(Path a, Path b) =>
        a.Suspect != b.Suspect ? b.Suspect
        : a.Suspect && a.Silence != b.Silence ? a.Silence < b.Silence
        : a.Port.Traits.Cost != b.Port.Traits.Cost ? a.Port.Traits.Cost < b.Port.Traits.Cost
        // Who has chosen another address is there. The path to the one before goes when nothing comes from there any more: what looked like a move may be none.
        : a.Port == b.Port && a.Port.Traits.ChosenAddresses ? a.AnsweredAs > b.AnsweredAs
        : a.Id < b.Id;

    private static Instant ForgetAt(SessionKeys keys) => keys.LastOpenedAt + KeepOldKeys;

    private static readonly TimeSpan AtOnce = TimeSpan.FromSeconds(10);

    // What was sealed before the other end had the new keys is here by then, on any link.
    private static readonly TimeSpan KeepOldKeys = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan HoldBackSpare = TimeSpan.FromMilliseconds(5);

    // However long a journal gathers, packets are told of by then: losses must show.
    private static readonly TimeSpan HoldBackMax = TimeSpan.FromMilliseconds(50);
}
