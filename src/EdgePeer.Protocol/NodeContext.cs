using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Groups;
using EdgePeer.Wire;

namespace EdgePeer.Protocol;

/// <summary>What the parts of one node share: who it is, whom it trusts, where it keeps, what it says.</summary>
internal sealed class NodeContext
{
    private readonly Queue<NodeAction> _actions = new();
    private readonly Dictionary<PeerId, byte[]> _knownKeys = [];
    private readonly Queue<PeerId> _knownOrder = new();
    private Instant _duplicateAgainAt;
    private Instant _noMemberAgainAt;
    private Instant _twoAgainAt;

    public NodeContext(NodeOptions options, IRetransmitBuffer buffer, IRandom random, Instant now)
    {
        Options = options;
        Buffer = buffer;
        Random = random;
        Boot = random.NextUInt64() | 1;
        Groups = KeysOf(options);
        Clock = new RunningTime(buffer, options.Machine, now, Has(NodeFaults.ExpiresEarly));
    }

    public NodeOptions Options { get; private set; }

    public IRetransmitBuffer Buffer { get; }

    public IRandom Random { get; }

    public ICryptography Cryptography => Options.Cryptography;

    /// <summary>One for each secret; the first one seals.</summary>
    public IReadOnlyList<GroupKeys> Groups { get; private set; }

    /// <summary>Names this start of the peer; never zero.</summary>
    public ulong Boot { get; }

    public Counts Counts { get; } = new();

    /// <summary>What times to live are counted by.</summary>
    public RunningTime Clock { get; }

    /// <summary>All asked of the buffer up to this ticket is on flash.</summary>
    public ulong DurableThrough { get; set; }

    public PipeOptions OptionsOf(PipeName pipe) => Options.Pipes.TryGetValue(pipe, out var options) ? options : new PipeOptions();

    public void UsePipes(IReadOnlyDictionary<PipeName, PipeOptions> pipes) => Options = Options with { Pipes = pipes };

    public void UseGroup(IReadOnlyList<GroupSecret> secrets, MemberList? members)
    {
        var (before, secretsBefore) = (Groups, Options.GroupSecrets);
        Options = Options with { GroupSecrets = secrets, Members = members };
        var keys = KeysOf(Options);
        // Sessions know by these which secret they rest on.
        for (int i = 0; i < keys.Count; i++)
            for (int j = 0; j < before.Count; j++)
                if (secrets[i].Equals(secretsBefore[j]))
                    keys[i] = before[j];
        Groups = keys;
    }

    /// <summary>What rests on that secret still holds: it is one of the group's.</summary>
    public bool Accepts(GroupKeys group)
    {
        foreach (var accepted in Groups)
            if (accepted == group)
                return true;
        return false;
    }

    public bool IsMember(PeerId peer) => Options.Members is not { } members || members.Contains(peer) || Has(NodeFaults.MembersNotAsked);

    /// <summary>The public key of a peer that was met in this life; null for others.</summary>
    public byte[]? KnownKey(PeerId peer) => _knownKeys.GetValueOrDefault(peer);

    public void Learn(PeerId peer, byte[] key)
    {
        if (!_knownKeys.TryAdd(peer, key))
            return;
        _knownOrder.Enqueue(peer);
        if (_knownOrder.Count > Limits.KnownKeysMax)
            _knownKeys.Remove(_knownOrder.Dequeue());
    }

    /// <summary>A handshake has shown that someone else holds this peer's key.</summary>
    public void OnOwnIdentity(Instant now)
    {
        if (now < _duplicateAgainAt)
            return;
        _duplicateAgainAt = now + SayAgainAfter;
        Report(ReportKind.DuplicateIdentity, "another peer uses this peer's identity: give one of them its own with `edgepeer init`");
    }

    /// <summary>Two live peers have shown the same key, by turns.</summary>
    public void OnTwoWithOneIdentity(PeerId peer, LinkPlace link, Instant now)
    {
        if (now < _twoAgainAt)
            return;
        _twoAgainAt = now + SayAgainAfter;
        Report(ReportKind.DuplicateIdentity, $"two devices use the identity {peer}, one of them here: what one sends can be taken for the other's; stop the copy, and give it its own with `edgepeer init`", link);
    }

    /// <summary>A handshake has shown a peer that holds the secret and is not in the member list.</summary>
    public void OnNoMember(PeerId peer, Instant now)
    {
        Counts.FramesDropped++;
        if (now < _noMemberAgainAt)
            return;
        _noMemberAgainAt = now + SayAgainAfter;
        Report(ReportKind.Warning, $"peer {peer} holds the group's secret and is not in the member list: it is refused; `edgepeer group members add` if it belongs here");
    }

    public bool Has(NodeFaults fault) => (Options.Faults & fault) != 0;

    public void Do(NodeAction action) => _actions.Enqueue(action);

    public void Report(ReportKind kind, string text, LinkPlace? link = null) => _actions.Enqueue(new Report(kind, text, link));

    public bool TryTakeAction(out NodeAction action) => _actions.TryDequeue(out action!);

    private static List<GroupKeys> KeysOf(NodeOptions options)
    {
        var keys = new List<GroupKeys>();
        foreach (var secret in options.GroupSecrets)
            keys.Add(new GroupKeys(options.Group, secret.Bytes));
        return keys;
    }

    private static readonly TimeSpan SayAgainAfter = TimeSpan.FromMinutes(1);
}

/// <summary>Counted since the start; read out as <see cref="NodeCounters"/>.</summary>
internal sealed class Counts
{
    public long FramesDropped, FramesMalformed, HeardNotKept, WindowsClosed, Retransmissions, Duplicates, Moves;

    public NodeCounters Read() => new()
    {
        FramesDropped = FramesDropped,
        FramesMalformed = FramesMalformed,
        HeardNotKept = HeardNotKept,
        WindowsClosed = WindowsClosed,
        Retransmissions = Retransmissions,
        Duplicates = Duplicates,
        Moves = Moves,
    };
}
