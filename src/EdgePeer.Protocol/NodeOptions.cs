using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Groups;
using EdgePeer.Wire;

namespace EdgePeer.Protocol;

/// <summary>Who this node is and how it behaves.</summary>
public sealed record NodeOptions
{
    public required PeerId Peer { get; init; }

    /// <summary>The key pair whose public half <see cref="Peer"/> is made of; owned by the caller.</summary>
    public required IPeerKey Key { get; init; }

    public required ICryptography Cryptography { get; init; }

    /// <summary>A label for people; 1 to 64 of the alphabet of names.</summary>
    public required string Name { get; init; }

    /// <summary>For people; and two groups with one secret by mistake do not meet.</summary>
    public string Group { get; init; } = "default";

    /// <summary>One to <see cref="Limits.GroupSecretsMax"/>: the first seals, all are accepted.</summary>
    public required IReadOnlyList<GroupSecret> GroupSecrets { get; init; }

    /// <summary>Who belongs to the group; null where who holds the secret does.</summary>
    public MemberList? Members { get; init; }

    /// <summary>The journal's sync window, which receivers state so that senders know when to ask.</summary>
    public TimeSpan SyncWindow { get; init; } = TimeSpan.FromMilliseconds(20);

    /// <summary>Pipes that are configured; others take the defaults when first used.</summary>
    public IReadOnlyDictionary<PipeName, PipeOptions> Pipes { get; init; } = new Dictionary<PipeName, PipeOptions>();

    /// <summary>What the machine says of its own start.</summary>
    public MachineTime Machine { get; init; }

    /// <summary>Bugs that the simulator switches on to prove its checkers; all off outside it.</summary>
    public NodeFaults Faults { get; init; }
}

public enum WhenFull : byte
{
    /// <summary>The caller waits until there is room.</summary>
    Block,

    /// <summary>The caller is told at once.</summary>
    Reject,

    /// <summary>The oldest that was never sent gives way, of the least urgent lane first, and of none more urgent than the message.</summary>
    DropOldest,
}

public enum BacklogOrder : byte
{
    OldestFirst,

    /// <summary>What was accepted last is sent first, and a quarter of what is sent is the oldest: never twice, and in no order that a reader can count on.</summary>
    NewestFirst,
}

public sealed record PipeOptions
{
    /// <summary>Lane of messages that state none; 0 to 7.</summary>
    public byte Priority { get; init; } = PriorityDefault;

    public WhenFull WhenFull { get; init; } = WhenFull.Block;

    /// <summary>Which messages of a lane leave first. Another order holds from when the lane is next empty.</summary>
    public BacklogOrder Order { get; init; } = BacklogOrder.OldestFirst;

    /// <summary>How long a message that states nothing else may take to be kept by its endpoint; null for ever.</summary>
    public TimeSpan? Ttl { get; init; }

    /// <summary>What its messages may take of the journal's outgoing share, records' overhead included; null for all of it.</summary>
    public long? CapacityBytes { get; init; }

    /// <summary>What of the outgoing share is kept free for it when others fill the rest.</summary>
    public long ShareBytes { get; init; }

    /// <summary>Messages of the pipe may end before they are kept, each of them.</summary>
    public bool EndsMessages => Ttl is not null || WhenFull == WhenFull.DropOldest;

    /// <summary>An alarm never waits: neither here nor where it is kept does it wait for others to share its sync.</summary>
    public static bool IsUrgent(byte lane) => lane > PriorityDefault;

    // In the middle of 0 to 7, so that there is something on either side.
    private const byte PriorityDefault = 3;
}

/// <summary>Known bugs, for the simulator alone: each must be caught by a checker.</summary>
[Flags]
public enum NodeFaults
{
    None = 0,

    /// <summary>Messages leave before the journal says durable.</summary>
    SentBeforeDurable = 1,

    /// <summary>Messages are acknowledged as kept before the journal says durable.</summary>
    KeptBeforeSynced = 2,

    /// <summary>Messages already kept are handed over again.</summary>
    NoDuplicateCheck = 4,

    /// <summary>A closed window is never probed and its update not repeated.</summary>
    WindowUpdateLost = 8,

    /// <summary>A message heard but not kept is never asked about.</summary>
    HeardNotKeptNeverAsked = 16,

    /// <summary>The kept cursor of a receiver starts anew at a restart.</summary>
    CursorNotPersisted = 32,

    /// <summary>A packet that came before is taken again.</summary>
    NoReplayWindow = 64,

    /// <summary>The member list is not asked.</summary>
    MembersNotAsked = 128,

    /// <summary>A link is up by what came, wherever it came from.</summary>
    AnyAddress = 256,

    /// <summary>The code of the group is not looked at.</summary>
    CodeNotChecked = 512,

    /// <summary>Neither the signature nor the version of an advertisement is looked at.</summary>
    AnyAdvertisement = 1024,

    /// <summary>Messages that may have been sent expire without a word of their receiver.</summary>
    ExpiredWithoutSettling = 2048,

    /// <summary>After a restart nothing counts as sent.</summary>
    SentMarkNotKept = 4096,

    /// <summary>What ended early is not counted on flash.</summary>
    EndsNotCounted = 8192,

    /// <summary>After a restart of the process alone the time since the machine's start counts as time off.</summary>
    ExpiresEarly = 16384,

    /// <summary>A gap that a receiver has told as settled is not kept on flash.</summary>
    GapNotPersisted = 32768,

    /// <summary>Turns are used that are not on flash.</summary>
    TurnsNotKept = 65536,

    /// <summary>Who waits for a message that is read where it was written hears that it was taken before that is on flash.</summary>
    OwnTakenBeforeDurable = 131072,

    /// <summary>Each reader that is opened where a lane is written is handed all of it.</summary>
    OwnLaneTwice = 262144,

    /// <summary>Of an advertisement the age counts that was heard first.</summary>
    FirstAgeCounts = 524288,
}
