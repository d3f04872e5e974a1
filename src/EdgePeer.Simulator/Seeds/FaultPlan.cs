using EdgePeer.Simulator.Clock;
using EdgePeer.Simulator.Network;
using EdgePeer.Simulator.Peers;

namespace EdgePeer.Simulator.Seeds;

/// <summary>What goes wrong in a seed, and when: crashes, partitions, bad lines, changes of rate, transports that go away, failing flashes.</summary>
internal sealed class FaultPlan(World world, SeededRandom random) : IEventTarget
{
    private bool _ended;

    /// <summary>Spreads the faults over the time; each of them ends by itself, or when the world heals.</summary>
    public void Spread(TimeSpan time)
    {
        for (int crashes = random.Between(CrashesMin, 9); crashes > 0; crashes--)
            At(time, Crash);
        for (int partitions = random.Between(PartitionsMin, 5); partitions > 0; partitions--)
            At(time, Partition);
        for (int changes = random.Between(4, 12); changes > 0; changes--)
            At(time, Quality);
        for (int changes = random.Between(1, 3); changes > 0; changes--)
            At(time, Rate);
        for (int flaps = random.Between(0, 4); flaps > 0; flaps--)
            At(time, TransportFlap);
        for (int troubles = random.Between(0, 5); troubles > 0; troubles--)
            At(time, FlashTrouble);
        for (int closings = random.Between(0, 6); closings > 0; closings--)
            At(time, ReaderClosed);
        for (int changes = random.Between(0, 4); changes > 0; changes--)
            At(time, ReaderPace);
    }

    /// <summary>Nothing more goes wrong, and what was to be mended later is mended by <see cref="World.Heal"/>.</summary>
    public void End() => _ended = true;

    public void OnEvent(in SimEvent happening)
    {
        if (_ended)
            return;
        world.Trace.Note(happening.At, TraceFault, happening.Kind);
        switch (happening.Kind)
        {
            case Crash:
                CrashOne(random.Pick(world.Peers));
                break;
            case Partition:
                Cut(random.Between(TimeSpan.FromSeconds(3), TimeSpan.FromMinutes(2)));
                break;
            case Quality:
                SetQuality(random.Pick(world.Media));
                break;
            case Rate:
                SetRate(random.Pick(world.Media));
                break;
            case TransportFlap:
                Flap(random.Pick(random.Pick(world.Peers).Ports));
                break;
            case FlashTrouble:
                TroubleFlash(random.Pick(world.Peers).Disk.Flash.Faults);
                break;
            case ReaderClosed:
                CloseReader(random.Pick(world.Peers));
                break;
            case ReaderPace:
                SetPace(random.Pick(world.Peers));
                break;
            case Mend:
                ((Action)happening.Thing!)();
                break;
        }
    }

    private void CrashOne(SimPeer peer)
    {
        if (peer.Core is null)
        {
            // It is down already: its next life ends in its first batches, which are those of recovery.
            peer.Disk.CrashAfterSteps = random.Below(StepsOfRecovery);
            return;
        }
        if (random.Chance(0.4))
        {
            peer.Disk.CrashAfterSteps = random.Below(8);
            return;
        }
        peer.Crash(powerCut: random.Chance(0.6));
        if (random.Chance(0.35))
            peer.Disk.CrashAfterSteps = random.Below(StepsOfRecovery);
    }

    private void Cut(TimeSpan time)
    {
        world.Reached.Partitions++;
        bool oneWay = random.Chance(0.4), everyMedium = random.Chance(0.5);
        var isolated = random.Pick(world.Peers);
        var medium = random.Pick(isolated.Ports).Medium;
        foreach (var port in isolated.Ports)
        {
            if (!everyMedium && port.Medium != medium)
                continue;
            foreach (var other in port.Medium.Ports)
                if (other != port)
                {
                    Cut(port.Medium.Path(port, other), time);
                    if (!oneWay)
                        Cut(port.Medium.Path(other, port), time);
                }
            port.Medium.Disturb(world.Now + time);
        }
        if (world.Trace.Printed)
            world.Trace.Line(world.Now, "faults", $"{isolated} is cut off {(oneWay ? "one way" : "both ways")} on {(everyMedium ? "all media" : medium.Name)} for {time}");
    }

    private void Cut(SimPath path, TimeSpan time)
    {
        path.Cut = true;
        After(time, () => path.Cut = false);
    }

    private void SetQuality(SimMedium medium)
    {
        bool serial = medium.Traits.BitErrors;
        double loss = random.Chance(0.3) ? 0 : random.Magnitude(0.001, 0.4);
        double bitErrors = random.Chance(0.5) ? 0 : random.Magnitude(1e-6, serial ? 3e-4 : 1e-5);
        double duplicated = random.Chance(0.5) ? 0 : random.Magnitude(0.001, 0.2), reordered = random.Chance(0.5) ? 0 : random.Magnitude(0.001, 0.3);
        var jitter = TimeSpan.FromMilliseconds(random.Chance(0.5) ? 0 : random.Magnitude(0.1, 100));
        foreach (var from in medium.Ports)
            foreach (var to in medium.Ports)
                if (from != to)
                {
                    var path = medium.Path(from, to);
                    bool thisWay = random.Chance(0.8);
                    path.Loss = thisWay ? (serial ? loss / 4 : loss) : 0;
                    path.BitErrorRate = thisWay ? bitErrors : 0;
                    path.Duplicated = duplicated;
                    path.Reordered = reordered;
                    path.Jitter = jitter;
                }
        medium.Disturb(world.Now + TimeSpan.FromHours(1));
        if (world.Trace.Printed)
            world.Trace.Line(world.Now, "faults", $"{medium.Name}: loss {loss:P1}, bit errors {bitErrors:E1}, duplicated {duplicated:P1}, reordered {reordered:P1}, jitter {jitter}");
    }

    /// <summary>A hundredfold change of rate, down and some time later up again: of the line itself, or of a bottleneck beyond the Ethernet.</summary>
    private void SetRate(SimMedium medium)
    {
        medium.Disturb(world.Now + TimeSpan.FromHours(1));
        if (medium.Traits.BitsPerSecond != 0)
        {
            medium.Speed = Math.Max(1.0 / HundredFold, SlowestLine / medium.Options.BitsPerSecond);
            After(random.Between(TimeSpan.FromSeconds(20), TimeSpan.FromMinutes(2)), () => medium.Speed = 1);
        }
        else
        {
            long rate = (long)random.Magnitude(1e6, 2e7);
            SetBottleneck(medium, rate);
            After(random.Between(TimeSpan.FromSeconds(5), TimeSpan.FromMinutes(1)), () => SetBottleneck(medium, rate / HundredFold));
            After(random.Between(TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(4)), () => SetBottleneck(medium, rate));
        }
    }

    private void SetBottleneck(SimMedium medium, long bitsPerSecond)
    {
        foreach (var from in medium.Ports)
            foreach (var to in medium.Ports)
                if (from != to)
                    medium.Path(from, to).BitsPerSecond = bitsPerSecond;
        if (world.Trace.Printed)
            world.Trace.Line(world.Now, "faults", $"{medium.Name}: a bottleneck of {bitsPerSecond} bit/s");
    }

    private void Flap(SimPort port)
    {
        if (port.Owner is not SimPeer peer)
            return;
        peer.SetPort(port, up: false);
        After(random.Between(TimeSpan.FromMilliseconds(100), TimeSpan.FromSeconds(40)), () => peer.SetPort(port, up: true));
    }

    private void TroubleFlash(SimFlashFaults faults)
    {
        double often = random.Magnitude(0.05, 1);
        var time = TimeSpan.FromSeconds(random.Magnitude(0.5, 40));
        switch (random.Below(7))
        {
            case < 3:
                faults.SyncFails = often;
                After(time, () => faults.SyncFails = 0);
                break;
            case < 5:
                faults.WriteFails = often;
                After(time, () => faults.WriteFails = 0);
                break;
            case 5:
                faults.NoSpace = 1;
                After(time, () => faults.NoSpace = 0);
                break;
            default:
                faults.ReadOnly = true;
                After(time, () => faults.ReadOnly = false);
                break;
        }
    }

    private void CloseReader(SimPeer peer)
    {
        if (peer.Applications.Readers.Count > 0)
            peer.Applications.CloseReader(random.Pick(peer.Applications.Readers), random.Between(TimeSpan.Zero, TimeSpan.FromSeconds(60)));
    }

    private void SetPace(SimPeer peer)
    {
        foreach (var habit in peer.Applications.Habits)
            habit.PaceMax = TimeSpan.FromMilliseconds(random.Magnitude(1, 60_000));
    }

    private void At(TimeSpan within, int kind) => world.Queue.Schedule(world.Now + random.Between(TimeSpan.Zero, within), this, kind);

    private void After(TimeSpan time, Action mend) => world.Queue.Schedule(world.Now + time, this, Mend, 0, mend);

    private const int Crash = 0;
    private const int Partition = 1;
    private const int Quality = 2;
    private const int Rate = 3;
    private const int TransportFlap = 4;
    private const int FlashTrouble = 5;
    private const int ReaderClosed = 6;
    private const int ReaderPace = 7;
    private const int Mend = 8;

    private const int TraceFault = 3;

    private const int CrashesMin = 5;
    private const int PartitionsMin = 2;
    private const int HundredFold = 100;

    // Below this a greeting takes so long that a seed would be about nothing else.
    private const double SlowestLine = 1200;

    // A recovery syncs a handful of segments and the directory.
    private const int StepsOfRecovery = 4;
}
