using EdgePeer.Protocol.Pipes;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Sessions;

/// <summary>The association with one start of one peer, over any number of paths, and what both have bound in it.</summary>
internal sealed class Session(NodeContext node, PeerId peer, ulong boot)
{
    private readonly Queue<ControlItem> _controls = new();
    private TimeSpan _syncWindowThere = TimeSpan.FromMilliseconds(20);

    public PeerId Peer { get; } = peer;

    public ulong Boot { get; } = boot;

    /// <summary>Tags what is sent, and what is received.</summary>
    public uint SealSeed { get; } = Tag.SeedOfSession(node.Boot, boot);

    public uint OpenSeed { get; } = Tag.SeedOfSession(boot, node.Boot);

    public string Name { get; private set; } = "";

    public List<Path> Paths { get; } = [];

    /// <summary>Where traffic goes now; null while there is no path.</summary>
    public Path? Active { get; private set; }

    /// <summary>Streams sent in this session, most urgent lane first.</summary>
    public List<OutChannel> Out { get; } = [];

    public SortedDictionary<int, InChannel> In { get; } = [];

    public int NextChannel { get; set; }

    public Instant LostAt { get; set; }

    public TimeSpan SyncWindowThere => _syncWindowThere;

    /// <summary>How long an answer from here may wait for company: the sync, so that heard and kept go together.</summary>
    public TimeSpan HoldBackHere { get; } = RoundTrip.Min(node.Options.SyncWindow + HoldBackSpare, HoldBackMax);

    public TimeSpan HoldBackThere => RoundTrip.Min(_syncWindowThere + HoldBackSpare, HoldBackMax) + HoldBackSpare;

    public bool HasControls => _controls.Count > 0;

    public void OnHello(in HelloItem hello)
    {
        Name = hello.Name;
        _syncWindowThere = hello.SyncWindow;
    }

    public bool HasOtherPath(Path path)
    {
        foreach (var other in Paths)
            if (other != path && !other.Suspect)
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
            if (best is null || IsBetter(path, best))
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

    private static bool IsBetter(Path a, Path b) =>
        a.Suspect != b.Suspect ? b.Suspect
        : a.Suspect && a.Silence != b.Silence ? a.Silence < b.Silence
        : a.Port.Traits.Cost != b.Port.Traits.Cost ? a.Port.Traits.Cost < b.Port.Traits.Cost
        : a.LocalLabel < b.LocalLabel && a.Port.Id == b.Port.Id;

    private static readonly TimeSpan HoldBackSpare = TimeSpan.FromMilliseconds(5);

    // However long a journal gathers, packets are told of by then: losses must show.
    private static readonly TimeSpan HoldBackMax = TimeSpan.FromMilliseconds(50);
}
