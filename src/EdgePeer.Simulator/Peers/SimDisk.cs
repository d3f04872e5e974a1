using EdgePeer.Simulator.Clock;
using EdgePeer.Store;

namespace EdgePeer.Simulator.Peers;

/// <summary>Executes a journal's batches on a flash, half a command at a time, each taking its time: a crash can come between any two.</summary>
internal sealed class SimDisk(SimPeer peer, SimFlash flash, EventQueue queue, SeededRandom random) : IEventTarget
{
    private JournalBatch? _batch;
    private long _run;

    public SimFlash Flash => flash;

    public bool Busy => _batch is not null;

    /// <summary>Steps of batches until the peer crashes in the middle of one; negative for never.</summary>
    public int CrashAfterSteps { get; set; } = -1;

    public void Start(JournalBatch batch)
    {
        _batch = batch;
        flash.Begin(batch);
        queue.Schedule(peer.World.Now + Duration(), this, 0, ++_run);
    }

    /// <summary>The process that ran the batch is gone.</summary>
    public void Abandon(bool powerCut)
    {
        _batch = null;
        _run++;
        CrashAfterSteps = -1;
        if (powerCut)
            flash.Crash();
        else
            flash.Kill();
    }

    public void OnEvent(in SimEvent happening)
    {
        if (happening.Number != _run || _batch is not { } batch)
            return;
        do
        {
            if (CrashAfterSteps >= 0 && CrashAfterSteps-- == 0)
            {
                peer.Crash(powerCut: random.Chance(0.7));
                return;
            }
            if (flash.Step() is not { } outcome)
                continue;
            _batch = null;
            peer.OnBatchEnded(batch, outcome);
            return;
        }
        while (flash.NextCommand == FlashCommandKind.Write && !random.Chance(PauseBetweenWrites));
        queue.Schedule(peer.World.Now + Duration(), this, 0, _run);
    }

    private TimeSpan Duration() => flash.NextCommand == FlashCommandKind.Write ? random.Between(WriteMin, SyncMin) : random.Between(SyncMin, SyncMax);

    private const double PauseBetweenWrites = 0.1;
    private static readonly TimeSpan WriteMin = TimeSpan.FromMicroseconds(20);
    private static readonly TimeSpan SyncMin = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan SyncMax = TimeSpan.FromMilliseconds(50);
}
