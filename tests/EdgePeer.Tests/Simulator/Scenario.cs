using EdgePeer.Protocol;
using EdgePeer.Simulator;
using EdgePeer.Simulator.Checkers;
using EdgePeer.Simulator.Model;
using EdgePeer.Simulator.Network;
using EdgePeer.Simulator.Peers;
using EdgePeer.Store;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Simulator;

/// <summary>Two peers, a writer and a reader of one pipe, on media of the test's choice, with all checkers watching.</summary>
internal sealed class Scenario
{
    private readonly List<(SimPeer Peer, Report Report)> _reports = [];

    public Scenario(JournalOptions journal, params MediumOptions[] media)
    {
        World = new World(2026, default, null);
        Writer = World.AddPeer(journal);
        Reader = World.AddPeer(journal);
        foreach (var options in media)
        {
            var medium = World.AddMedium(options);
            World.Join(Writer, medium);
            World.Join(Reader, medium);
        }
        Pipe = World.AddPipe("readings", Reader, new PipeOptions());
        Habit = new ReadingHabit(Pipe) { Window = 256, AwayMax = TimeSpan.FromMilliseconds(100) };
        World.Reported += (peer, report) => _reports.Add((peer, report));
        World.BootAll();
    }

    public static JournalOptions SmallJournal { get; } = new() { CapacityBytes = 1 << 20 };

    public static JournalOptions LargeJournal { get; } = new() { CapacityBytes = 256L << 20 };

    public World World { get; }

    public SimPeer Writer { get; }

    public SimPeer Reader { get; }

    public SimPipe Pipe { get; }

    public ReadingHabit Habit { get; }

    public SimMedium Medium(int place = 0) => World.Media[place];

    public void Read() => Reader.Applications.Read(Habit);

    public List<SimMessage> Send(int count, int length, Receipt waitFor = Receipt.Consumed)
    {
        var sent = new List<SimMessage>();
        for (int i = 0; i < count; i++)
        {
            var message = World.NewMessage(Writer, Pipe, length);
            sent.Add(message);
            Writer.Applications.Submit(message, waitFor);
        }
        return sent;
    }

    /// <summary>Runs until all that was sent has been consumed and all books are closed.</summary>
    /// <returns>The virtual time that it took.</returns>
    public TimeSpan Settle(TimeSpan timeout)
    {
        var start = World.Now;
        World.RunUntil(() => Unsettled is null, timeout);
        foreach (var checker in World.Checkers)
            checker.OnSettled();
        return World.Now - start;
    }

    public string? Unsettled => World.Checkers.OfType<EverythingSettles>().Single().Unsettled();

    public IEnumerable<Report> ReportsOf(SimPeer peer, ReportKind kind) => _reports.Where(r => r.Peer == peer && r.Report.Kind == kind).Select(r => r.Report);

    public static NodeCounters Counters(SimPeer peer) => peer.Node!.Status(peer.LocalNow).Counters;

    public static void Restart(SimPeer peer, bool powerCut = true)
    {
        peer.Crash(powerCut);
        peer.Boot();
    }

    /// <summary>The only link between the two at the writer.</summary>
    public LinkStatus Link(TransportId transport) =>
        Assert.Single(Assert.Single(Writer.Node!.Status(Writer.LocalNow).Peers).Links, l => l.Transport == transport);
}
