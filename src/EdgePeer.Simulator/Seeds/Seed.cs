using EdgePeer.Protocol;
using EdgePeer.Simulator.Checkers;
using EdgePeer.Simulator.Clock;
using EdgePeer.Simulator.Model;
using EdgePeer.Simulator.Network;
using EdgePeer.Simulator.Peers;
using EdgePeer.Store;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Seeds;

/// <summary>One seed: a site of some peers, ten minutes of work and faults, then quiet until all has settled.</summary>
internal sealed class Seed
{
    private readonly World _world;
    private readonly SeededRandom _random;
    private readonly Workload _workload;
    private readonly FaultPlan _faults;
    private readonly bool _ownReaders;

    public Seed(ulong seed, SimFaults faults, TextWriter? lines)
    {
        _world = new World(seed, faults, lines) { RestartAfterCrash = random => TimeSpan.FromMilliseconds(random.Magnitude(50, 40_000)) };
        _random = _world.Random.Fork();
        _workload = new Workload(_world, _random.Fork());
        _faults = new FaultPlan(_world, _random.Fork());
        _ownReaders = seed % OwnReadersEvery == OwnReadersAt;
        BuildPeers();
        BuildMedia();
        BuildPipes();
        AddAdversary();
    }

    public World World => _world;

    /// <exception cref="LawBrokenException">A checker caught a peer.</exception>
    public void Run()
    {
        _world.BootAll();
        foreach (var pipe in _world.Pipes)
            pipe.Reader.Applications.Read(Habit(pipe));
        _workload.Spread(FaultyTime);
        _faults.Spread(FaultyTime);
        _world.Run(FaultyTime);
        _workload.End();
        _faults.End();
        _world.Heal();
        Hasten();
        _world.RunUntil(() => _world.Checkers.All(checker => checker.Unsettled() is null), SettlingTimeMax);
        foreach (var checker in _world.Checkers)
            checker.OnSettled();
        _world.CountReached();
    }

    private void BuildPeers()
    {
        for (int peers = _random.Between(3, 5); peers > 0; peers--)
            _world.AddPeer(new JournalOptions
            {
                CapacityBytes = 1L << 20,
                SyncWindow = TimeSpan.FromMilliseconds(_random.Pick(SyncWindowsMs)),
            });
    }

    /// <summary>Most sites have an Ethernet, and serial lines between neighbours; each peer can reach the next one at least.</summary>
    private void BuildMedia()
    {
        var peers = _world.Peers;
        bool ethernet = _random.Chance(0.9);
        if (ethernet)
        {
            var lan = _world.AddMedium(KnownMedia.Ethernet("lan"));
            foreach (var peer in peers)
                World.Join(peer, lan);
        }
        if (_random.Chance(0.25))
        {
            var radio = _world.AddMedium(Serial("radio", halfDuplex: true));
            foreach (var peer in peers)
                World.Join(peer, radio);
            return;
        }
        for (int i = 0; i + 1 < peers.Count; i++)
            if (!ethernet || _random.Chance(0.6))
            {
                var line = _world.AddMedium(Serial($"line-{i}", halfDuplex: _random.Chance(0.3)));
                World.Join(peers[i], line);
                World.Join(peers[i + 1], line);
            }
    }

    private MediumOptions Serial(string name, bool halfDuplex) =>
        KnownMedia.Serial(name, _random.Pick(Bauds), halfDuplex, _random.Between(200, 1024));

    private void BuildPipes()
    {
        for (int i = _random.Between(2, 4); i > 0; i--)
        {
            var reader = _random.Pick(_world.Peers);
            var options = new PipeOptions
            {
                Priority = (byte)_random.Below(8),
                WhenFull = _random.Pick(WhenFullPolicies),
                CapacityBytes = _random.Chance(0.7) ? null : (long)_random.Magnitude(64 << 10, 400 << 10),
                ShareBytes = _random.Chance(0.8) ? 0 : (long)_random.Magnitude(1 << 10, 40 << 10),
                Ttl = _random.Chance(0.6) ? null : TimeSpan.FromSeconds(_random.Magnitude(2, 600)),
                Order = _random.Chance(0.7) ? BacklogOrder.OldestFirst : BacklogOrder.NewestFirst,
            };
            var pipe = _world.AddPipe($"pipe-{i}", reader, options, own: _ownReaders && _random.Chance(0.7));
            if (pipe.Own)
                _workload.AddOutput(reader, pipe, roomy: true);
            foreach (var sender in _world.Peers)
                if (sender != reader && Neighbours(sender, reader) && _random.Chance(0.7))
                    _workload.AddOutput(sender, pipe, Neighbours(sender, reader, quick: true));
        }
        var (first, second) = (_world.Peers[0], _world.Peers[1]);
        _workload.AddOutput(second, _world.AddPipe("pipe-0", first, new PipeOptions()), Neighbours(first, second, quick: true));
    }

    /// <summary>Two seeds of three have one; he stops with the faults, or goes on while all has to settle.</summary>
    private void AddAdversary()
    {
        bool listed = _random.Chance(0.3);
        if (listed)
            _world.ListMembers();
        if (!_random.Chance(0.67))
            return;
        var adversary = _world.AddAdversary();
        adversary.Until = _random.Chance(0.5) ? new Instant(0) + FaultyTime : Instant.Never;
        if (_random.Chance(0.2))
            adversary.FloodAt = new Instant(0) + _random.Between(TimeSpan.Zero, FaultyTime);
        if (_random.Chance(0.3))
            adversary.BringIn(_random.Pick(_world.Media), listed ? _random.Pick(InsidersKinds) : IntruderKind.OtherSecret);
        adversary.Start();
    }

    private static bool Neighbours(SimPeer one, SimPeer other, bool quick = false) =>
        one.Ports.Any(p => (!quick || p.Medium.Traits.BitsPerSecond == 0) && p.Medium.Ports.Any(q => q.Owner == other));

    private ReadingHabit Habit(SimPipe pipe) => new(pipe)
    {
        Competing = _random.Chance(0.15) ? 2 : 1,
        Window = _random.Pick(ReaderWindows),
        PaceMax = TimeSpan.FromMilliseconds(_random.Magnitude(1, 20_000)),
        AwayMax = TimeSpan.FromSeconds(_random.Magnitude(0.1, 100)),
    };

    /// <summary>Applications are prompt from now on, so that the time to settle is the peers' own.</summary>
    private void Hasten()
    {
        foreach (var peer in _world.Peers)
            foreach (var habit in peer.Applications.Habits)
                habit.PaceMax = TimeSpan.FromMilliseconds(20);
    }

    private static readonly TimeSpan FaultyTime = TimeSpan.FromMinutes(10);

    // The longest backoff, a journal's worth over the slowest line that carries it alone, and some.
    private static readonly TimeSpan SettlingTimeMax = TimeSpan.FromMinutes(30);

    // By the number and not by chance: all other seeds stay what they were.
    private const ulong OwnReadersEvery = 5;
    private const ulong OwnReadersAt = 2;

    private static readonly IntruderKind[] InsidersKinds = [IntruderKind.NoMember, IntruderKind.CopiedId];
    private static readonly WhenFull[] WhenFullPolicies = [WhenFull.Block, WhenFull.Block, WhenFull.DropOldest, WhenFull.DropOldest, WhenFull.Reject];
    private static readonly int[] Bauds = [9600, 19_200, 57_600, 57_600, 115_200];
    private static readonly int[] SyncWindowsMs = [0, 5, 20, 20, 100];
    private static readonly int[] ReaderWindows = [1, 4, 16, 64];
}
