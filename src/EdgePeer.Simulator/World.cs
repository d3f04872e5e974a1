using EdgePeer.Protocol;
using EdgePeer.Protocol.Groups;
using EdgePeer.Simulator.Checkers;
using EdgePeer.Simulator.Clock;
using EdgePeer.Simulator.Model;
using EdgePeer.Simulator.Network;
using EdgePeer.Simulator.Peers;
using EdgePeer.Simulator.Security;
using EdgePeer.Store;
using EdgePeer.Wire;

namespace EdgePeer.Simulator;

/// <summary>Known bugs that are switched on, to prove that the checkers see them.</summary>
internal readonly record struct SimFaults(NodeFaults Node, JournalFaults Journal);

/// <summary>One run: a virtual clock, media, peers with their flash, pipes, and the checkers that watch. Single-threaded.</summary>
internal sealed class World
{
    private readonly List<SimPeer> _peers = [];
    private readonly List<SimMedium> _media = [];
    private readonly List<SimPipe> _pipes = [];
    private readonly Dictionary<PipeName, PipeOptions> _pipeOptions = [];
    private byte[] _payload = new byte[1 << 16];
    private ulong _callers;
    private ulong _readers;
    private long _eventsAtThisMoment;

    public World(ulong seed, SimFaults faults, TextWriter? lines)
    {
        Random = new SeededRandom(seed);
        Cryptography = new SimCryptography(real: seed % RealCryptographyEvery == 0);
        Faults = faults;
        Trace = new Trace(lines);
        Checkers =
        [
            new DurableIsNeverLost(this), new InOrderAndOnce(this), new DurableBeforeSentOrKept(this), new BooksBalance(this),
            new EverythingSettles(this), new EndsByPolicy(this), new InputIsHarmless(this), new WithinLimits(), new SlowIsNotDead(this), new OnlyMembersGetIn(this), new StatementsAreTheirs(this),
        ];
    }

    public EventQueue Queue { get; } = new();

    public Instant Now { get; private set; } = new(0);

    public SeededRandom Random { get; }

    public SimFaults Faults { get; }

    public Trace Trace { get; }

    public SimCryptography Cryptography { get; }

    public IReadOnlyList<GroupSecret> GroupSecrets { get; } = [GroupSecret.OfName(Group)];

    /// <summary>The list that every peer has; null where who holds the secret belongs to the group.</summary>
    public MemberList? Members { get; private set; }

    /// <summary>Who sits on the wire; null where nobody does.</summary>
    public Adversary? Adversary { get; private set; }

    public Ledger Ledger { get; } = new();

    public ReachedCounters Reached { get; } = new();

    public IReadOnlyList<Checker> Checkers { get; }

    public IReadOnlyList<SimPeer> Peers => _peers;

    public IReadOnlyList<SimMedium> Media => _media;

    public IReadOnlyList<SimPipe> Pipes => _pipes;

    public IReadOnlyDictionary<PipeName, PipeOptions> PipeOptions => _pipeOptions;

    /// <summary>How long a crashed device stays away; null when whoever runs the world boots it.</summary>
    public Func<SeededRandom, TimeSpan>? RestartAfterCrash { get; set; }

    /// <summary>A node has reported something to its operator.</summary>
    public event Action<SimPeer, Report>? Reported;

    public void OnReport(SimPeer peer, Report report)
    {
        Reported?.Invoke(peer, report);
        foreach (var checker in Checkers)
            checker.OnReport(peer, report);
    }

    public SimMedium AddMedium(MediumOptions options)
    {
        var medium = new SimMedium(options, Queue, Random.Fork());
        _media.Add(medium);
        return medium;
    }

    public SimPeer AddPeer(JournalOptions journal)
    {
        var peer = new SimPeer(this, _peers.Count, journal with { Faults = Faults.Journal }, NewFlash(), Random.Fork());
        _peers.Add(peer);
        return peer;
    }

    /// <summary>From the next boot on, only those who are peers now belong to the group.</summary>
    public void ListMembers()
    {
        var members = _peers.ConvertAll(peer => new Member(peer.Id, peer.Name));
        Members = new MemberListDraft(Group, 1, members).Sign(new SimPeerKey(Cryptography.Agreement.Generate(Random.Fork())));
    }

    /// <summary>Puts an adversary on all media that there are.</summary>
    public Adversary AddAdversary()
    {
        Adversary = new Adversary(this, Random.Fork());
        foreach (var medium in _media)
            medium.Adversary = Adversary;
        return Adversary;
    }

    public SimFlash NewFlash() => new(Random.Fork());

    public static SimPort Join(SimPeer peer, SimMedium medium)
    {
        var port = medium.Attach(peer, new TransportId(peer.Ports.Count), AddressAt(medium, medium.Ports.Count));
        peer.AddPort(port);
        return port;
    }

    /// <summary>Where the medium's port at that place will be found; nowhere on media where nodes choose their addresses.</summary>
    public static LinkAddress AddressAt(SimMedium medium, int place) =>
        medium.Traits.ChosenAddresses ? LinkAddress.Broadcast : new LinkAddress([10, 0, 0, (byte)(place + 1), 0xB9, 0x72]);

    public SimPipe AddPipe(string name, SimPeer reader, PipeOptions options, bool own = false)
    {
        var pipe = new SimPipe(PipeName.Parse(name), EndpointName.Parse($"reader-of-{name}"), reader, options, own);
        _pipes.Add(pipe);
        _pipeOptions.Add(pipe.Name, options);
        return pipe;
    }

    public SimMessage NewMessage(SimPeer sender, SimPipe pipe, int length, byte? lane = null, UInt128 tag = default, TimeSpan? ttl = null)
    {
        var message = new SimMessage(Ledger.Messages.Count, sender, pipe) { Length = length, Lane = lane, Tag = tag, Ttl = ttl };
        Ledger.Add(message);
        return message;
    }

    public ulong NextCaller() => ++_callers;

    public ulong NextReader() => ++_readers;

    /// <summary>Room for one payload; valid until the next call.</summary>
    public Span<byte> PayloadBuffer(int length)
    {
        if (_payload.Length < length)
            _payload = new byte[length];
        return _payload.AsSpan(0, length);
    }

    public void BootAll()
    {
        foreach (var peer in _peers)
            peer.Boot();
    }

    public void Run(TimeSpan time) => RunUntil(() => false, time);

    /// <returns>False when the time passed before the condition held; it is looked at each tenth of a second.</returns>
    public bool RunUntil(Func<bool> holds, TimeSpan timeout)
    {
        var end = Now + timeout;
        for (var look = Now; ;)
        {
            if (holds())
                return true;
            if (look >= end)
                return false;
            look = Instant.Earlier(look + BetweenLooks, end);
            Advance(look);
        }
    }

    /// <summary>The network carries all again, transports are up, flashes work: what a seed does when its faults stop.</summary>
    public void Heal()
    {
        foreach (var medium in _media)
            medium.Heal();
        foreach (var peer in _peers)
        {
            Calm(peer.Disk.Flash.Faults);
            peer.Disk.CrashAfterSteps = -1;
            foreach (var port in peer.Ports)
                peer.SetPort(port, up: true);
            if (peer.Core is null)
                peer.Boot();
        }
    }

    /// <summary>Adds what the running lives have counted.</summary>
    public void CountReached()
    {
        foreach (var peer in _peers)
            if (peer.Core is { } core)
                Reached.Count(peer, core);
    }

    private static void Calm(SimFlashFaults faults)
    {
        faults.SyncFails = faults.WriteFails = faults.NoSpace = 0;
        faults.ReadOnly = false;
    }

    private void Advance(Instant until)
    {
        while (Queue.NextAt <= until)
        {
            var happening = Queue.Take();
            _eventsAtThisMoment = happening.At == Now ? _eventsAtThisMoment + 1 : 0;
            if (_eventsAtThisMoment > EventsAtOneMomentMax)
                throw new LawBrokenException(Law.WithinLimits, $"time stands still at {Now}: more than {EventsAtOneMomentMax} events");
            Now = happening.At;
            happening.Target.OnEvent(happening);
        }
        Now = until;
    }

    /// <summary>All peers of a run are of one group; the tap reads greetings with its tag.</summary>
    public const string Group = "simulated";

    // .NET's own ciphers take a few times as long: a share of the seeds runs them.
    private const ulong RealCryptographyEvery = 8;

    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);
    private const long EventsAtOneMomentMax = 100_000;
}
