using EdgePeer.Protocol.Groups;
using EdgePeer.Wire;

namespace EdgePeer.Protocol;

/// <summary>What the parts of one node share: who it is, where it keeps, what it says.</summary>
internal sealed class NodeContext(NodeOptions options, IRetransmitBuffer buffer, IRandom random)
{
    private readonly Queue<NodeAction> _actions = new();

    public NodeOptions Options { get; private set; } = options;

    public IRetransmitBuffer Buffer { get; } = buffer;

    public IRandom Random { get; } = random;

    public uint GroupSeed { get; } = Tag.SeedOfGroup(options.Group);

    /// <summary>Names this start of the peer; never zero.</summary>
    public ulong Boot { get; } = random.NextUInt64() | 1;

    public Counts Counts { get; } = new();

    /// <summary>All asked of the buffer up to this ticket is on flash.</summary>
    public ulong DurableThrough { get; set; }

    public void UsePipes(IReadOnlyDictionary<PipeName, PipeOptions> pipes) => Options = Options with { Pipes = pipes };

    public void UseGroup(IReadOnlyList<GroupSecret> secrets, MemberList? members) => Options = Options with { GroupSecrets = secrets, Members = members };

    public bool Has(NodeFaults fault) => (Options.Faults & fault) != 0;

    public void Do(NodeAction action) => _actions.Enqueue(action);

    public void Report(ReportKind kind, string text, LinkPlace? link = null) => _actions.Enqueue(new Report(kind, text, link));

    public bool TryTakeAction(out NodeAction action) => _actions.TryDequeue(out action!);
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
