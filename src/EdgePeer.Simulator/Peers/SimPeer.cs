using EdgePeer.Core;
using EdgePeer.Protocol;
using EdgePeer.Protocol.Groups;
using EdgePeer.Simulator.Checkers;
using EdgePeer.Simulator.Clock;
using EdgePeer.Simulator.Network;
using EdgePeer.Simulator.Security;
using EdgePeer.Store;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Peers;

/// <summary>A device: a flash and ports that outlive it, and the agent's own <see cref="PeerCore"/>, one for each life.</summary>
internal sealed class SimPeer : IEventTarget, IPortOwner
{
    private readonly SeededRandom _random;
    private readonly List<SimPort> _ports = [];
    private readonly List<(TransportId Transport, LinkAddress Address)> _seeds = [];
    private readonly byte[] _frame = new byte[FrameBytesMax];
    private TappedCryptography? _tap;
    private Instant _wakeAt = Instant.Never;
    private TimeSpan _bootOffset;
    private bool _pumping;
    private int _idleRounds;
    private bool _poweredOff = true;
    private ulong _machineStarts;
    private Instant _machineStartedAt;

    public SimPeer(World world, int index, JournalOptions journal, SimFlash flash, SeededRandom random)
    {
        World = world;
        Index = index;
        Name = $"peer-{(char)('a' + index)}";
        Key = new SimPeerKey(world.Cryptography.Agreement.Generate(random));
        Id = PeerIdentity.Of(Key.PublicKey);
        JournalOptions = journal;
        _random = random;
        Disk = new SimDisk(this, flash, world.Queue, random.Fork());
        Durable = new DurableImage(this);
        Applications = new SimApplications(this, random.Fork());
    }

    public World World { get; }

    public int Index { get; }

    public string Name { get; }

    public PeerId Id { get; }

    public SimPeerKey Key { get; }

    /// <summary>What was sealed last, in the clear.</summary>
    public ReadOnlySpan<byte> Sealed => _tap is { } tap ? tap.Last : default;

    public JournalOptions JournalOptions { get; }

    public SimDisk Disk { get; private set; }

    public SimApplications Applications { get; }

    public IReadOnlyList<SimPort> Ports => _ports;

    /// <summary>Null while the device is off.</summary>
    public PeerCore? Core { get; private set; }

    public Node? Node => Core?.Node;

    /// <summary>The journal of this life as the node sees it, for the checkers; null until it has recovered.</summary>
    public IRetransmitBuffer? Buffer { get; private set; }

    /// <summary>What a power cut at this moment would leave.</summary>
    public DurableImage Durable { get; }

    public int Life { get; private set; }

    /// <summary>The device's own monotonic clock, which starts anew with each life: no moment of one life means anything in another.</summary>
    public Instant LocalNow => World.Now + _bootOffset;

    public void AddPort(SimPort port) => _ports.Add(port);

    public void AddSeed(SimPort port, LinkAddress address) => _seeds.Add((port.Id, address));

    public void Boot()
    {
        Life++;
        if (_poweredOff)
        {
            _machineStarts++;
            _machineStartedAt = World.Now;
        }
        _poweredOff = false;
        DisturbMedia();
        _bootOffset = new TimeSpan(_random.Below(int.MaxValue)) - new TimeSpan(World.Now.Ticks);
        _wakeAt = Instant.Never;
        var options = new NodeOptions
        {
            Peer = Id,
            Key = Key,
            Cryptography = _tap = new TappedCryptography(World.Cryptography),
            Name = Name,
            Group = World.Group,
            GroupSecrets = World.GroupSecrets,
            Members = World.Members,
            SyncWindow = JournalOptions.SyncWindow,
            Pipes = World.PipeOptions,
            Machine = new MachineTime((UInt128)_machineStarts, _machineStartedAt + _bootOffset),
            Faults = World.Faults.Node,
        };
        if (World.Trace.Printed)
            World.Trace.Line(World.Now, Name, $"boots for life {Life}");
        Core = new PeerCore(options, JournalOptions, Disk.Flash, _random.Fork());
        Pump();
    }

    /// <param name="powerCut">Else only the process dies, and the page cache lives on.</param>
    public void Crash(bool powerCut)
    {
        if (Core is not { } core)
            return;
        if (World.Trace.Printed)
            World.Trace.Line(World.Now, Name, $"{(powerCut ? "loses power" : "is killed")} in life {Life}{(core.Ready ? "" : ", in recovery")}{(Disk.Busy ? ", in a batch" : "")}");
        World.Trace.Note(World.Now, TraceCrash, Index);
        World.Reached.EndOfLife(this, core);
        World.Reached.PowerCuts += powerCut ? 1 : 0;
        foreach (var checker in World.Checkers)
            checker.OnCrash(this);
        Core = null;
        Buffer = null;
        _poweredOff = powerCut;
        DisturbMedia();
        Disk.Abandon(powerCut);
        Applications.OnCrash();
        if (World.RestartAfterCrash is { } restart)
            World.Queue.Schedule(World.Now + restart(_random), this, Restart, Life);
    }

    /// <summary>It has not been ready with the flash that it has.</summary>
    public bool FlashReplaced { get; private set; }

    /// <summary>The flash is taken out and another put in; only while the device is off.</summary>
    public void ReplaceFlash(SimFlash flash)
    {
        Disk = new SimDisk(this, flash, World.Queue, _random.Fork());
        FlashReplaced = true;
    }

    public void SetPort(SimPort port, bool up)
    {
        if (port.Up == up)
            return;
        port.Up = up;
        DisturbMedia();
        if (Node is not { } node)
            return;
        if (up)
            node.OnTransportUp(port.Id, port.Medium.Traits, LocalNow);
        else
            node.OnTransportDown(port.Id, LocalNow);
        Pump();
    }

    public void OnEvent(in SimEvent happening)
    {
        switch (happening.Kind)
        {
            case Wake when happening.Number == Life && Core is not null:
                if (_wakeAt <= World.Now)
                    _wakeAt = Instant.Never;
                Pump();
                break;
            case Restart when happening.Number == Life && Core is null:
                Boot();
                break;
        }
    }

    public void OnFrame(SimPort port, LinkAddress from, ReadOnlySpan<byte> frame)
    {
        if (Node is not { } node)
            return;
        foreach (var checker in World.Checkers)
            checker.OnReceived(port, from, frame);
        Read(node, port, from, frame);
        Pump();
    }

    public void OnInjected(SimPort port, LinkAddress from, ReadOnlySpan<byte> frame)
    {
        if (Node is not { } node)
            return;
        foreach (var checker in World.Checkers)
            checker.OnInjecting(port, from, frame);
        Read(node, port, from, frame);
        foreach (var checker in World.Checkers)
            checker.OnInjected(port, from, frame);
        Pump();
    }

    public void OnRoom(SimPort port) => Pump();

    public void OnBatchEnded(JournalBatch batch, FlashOutcome outcome)
    {
        var core = Core!;
        World.Trace.Note(World.Now, TraceBatch + Index, (long)outcome);
        if (World.Trace.Printed)
            World.Trace.Line(World.Now, Name, $"batch of {batch.Commands.Count} through {batch.Through.Value}: {outcome}");
        core.OnBatchDone(batch, outcome, LocalNow);
        // As an agent that stops does, though this one goes on.
        if (batch.Through.Value % StopsEvery == 0)
            core.Journal.NoteEnd();
        if (outcome == FlashOutcome.Done)
            foreach (var checker in World.Checkers)
                checker.OnSynced(this);
        Pump();
    }

    /// <summary>Lets the core do all that it can do at this moment: the loop of the agent's runtime, without its threads.</summary>
    public void Pump()
    {
        if (_pumping || Core is not { } core)
            return;
        _pumping = true;
        for (int round = 0; Step(core); round++)
            if (round > RoundsMax)
                throw new LawBrokenException(Law.WithinLimits, $"{Name} finds more to do {RoundsMax} times at one moment");
        _pumping = false;
        foreach (var checker in World.Checkers)
            checker.OnIdle(this);
        ScheduleWake(core);
    }

    public override string ToString() => Name;

    private void Read(Node node, SimPort port, LinkAddress from, ReadOnlySpan<byte> frame)
    {
        World.Trace.Note(World.Now, TraceFrame + Index, port.Id.Value);
        World.Trace.Note(frame);
        long before = node.PacketsTaken;
        node.OnFrame(port.Id, from, frame, LocalNow);
        if (node.PacketsTaken != before)
            foreach (var checker in World.Checkers)
                checker.OnTaken(port, from, frame);
    }

    private void DisturbMedia()
    {
        foreach (var port in _ports)
            port.Medium.Disturb(World.Now);
    }

    private bool Step(PeerCore core)
    {
        bool worked = false;
        // What was recovered is looked at before anything is done with it.
        if (core.Node is { } made && Buffer is null)
            OnReady(made);
        if (core.NextDeadline <= LocalNow)
            core.OnDeadline(LocalNow);
        if (!Disk.Busy && core.TakeBatch(LocalNow) is { } batch)
        {
            Disk.Start(batch);
            worked = true;
        }
        if (core.Node is not { } node)
            return worked;
        if (Buffer is null)
            OnReady(node);
        while (node.TryTakeAction(out var action))
        {
            worked = true;
            OnAction(action);
        }
        worked |= Applications.SubmitWaiting(node);
        foreach (var port in _ports)
            worked |= Compose(node, port);
        return worked;
    }

    private bool Compose(Node node, SimPort port)
    {
        bool worked = false;
        while (port.Medium.HasRoom(port, World.Now) && node.TryCompose(port.Id, LocalNow, _frame, out var sent))
        {
            worked = true;
            var frame = _frame.AsSpan(0, sent.Length);
            World.Trace.Note(World.Now, TraceSent + Index, port.Id.Value);
            World.Trace.Note(frame);
            foreach (var checker in World.Checkers)
                checker.OnComposed(port, sent, frame);
            port.Medium.Send(port, sent.To, frame, sent.More, World.Now);
        }
        return worked;
    }

    private void OnAction(NodeAction action)
    {
        if (World.Trace.Printed)
            World.Trace.Line(World.Now, Name, action.ToString());
        switch (action)
        {
            case ReceiptReached receipt:
                World.Trace.Note(World.Now, TraceReceipt + Index, (long)receipt.Caller.Value << 4 | (long)receipt.Receipt);
                Applications.OnReceipt(receipt);
                break;
            case Delivery delivery:
                World.Trace.Note(World.Now, TraceDelivery + Index, (long)delivery.Sequence);
                foreach (var checker in World.Checkers)
                    checker.OnDelivering(this);
                Applications.OnDelivery(delivery);
                break;
            case MessagesEnded ended:
                World.Trace.Note(World.Now, TraceEnded + Index, (long)ended.Last);
                foreach (var checker in World.Checkers)
                    checker.OnEnded(this, ended);
                break;
            case AddressChosen chosen:
                _ports[chosen.Transport.Value].Address = chosen.Address;
                break;
            case ReaderEnded ended:
                Applications.OnReaderEnded(ended);
                break;
            case Report report:
                World.Trace.Note(World.Now, TraceReport + Index, (long)report.Kind);
                if (report.Kind == ReportKind.NewIncarnation)
                    LearnIncarnations();
                World.OnReport(this, report);
                break;
        }
    }

    private void LearnIncarnations()
    {
        foreach (var pipe in Node!.Status(LocalNow).Pipes)
            foreach (var lane in pipe.Lanes)
                World.Ledger.Renew(this, Buffer!, pipe.Name, lane.Lane, lane.Incarnation, lane.Base);
    }

    private void OnReady(Node node)
    {
        World.Trace.Note(World.Now, TraceReady, Index);
        if (World.Trace.Printed)
            World.Trace.Line(World.Now, Name, "is ready");
        Buffer = new JournalBuffer(Core!.Journal);
        World.Ledger.SettleDoubts(this, Buffer);
        if (FlashReplaced)
            World.Ledger.CloseBooks(this, Buffer);
        foreach (var checker in World.Checkers)
            checker.OnReady(this);
        FlashReplaced = false;
        foreach (var port in _ports)
            if (port.Up)
                node.OnTransportUp(port.Id, port.Medium.Traits, LocalNow);
        foreach (var (transport, address) in _seeds)
            node.AddSeed(transport, address, LocalNow);
        Applications.OnReady();
    }

    private void ScheduleWake(PeerCore core)
    {
        var next = core.NextDeadline;
        if (next == Instant.Never)
            return;
        var at = Instant.Later(World.Now, new Instant(next.Ticks - _bootOffset.Ticks));
        if (at > World.Now)
            _idleRounds = 0;
        else if (++_idleRounds > RoundsMax)
            throw new LawBrokenException(Law.WithinLimits, $"{Name} asks to be woken at a moment that has passed, {RoundsMax} times");
        if (at >= _wakeAt)
            return;
        _wakeAt = at;
        World.Queue.Schedule(at, this, Wake, Life);
    }

    private const int Wake = 0;
    private const int Restart = 1;

    // Far above the largest window of the smallest frames; a loop that never ends must end a seed.
    private const int RoundsMax = 20_000;
    private const int FrameBytesMax = 2048;

    private const ulong StopsEvery = 8;

    // First bytes of what is noted; a peer's index is added.
    private const int TraceCrash = 1;
    private const int TraceReady = 2;
    private const int TraceFrame = 16;
    private const int TraceSent = 32;
    private const int TraceBatch = 48;
    private const int TraceReceipt = 64;
    private const int TraceDelivery = 80;
    private const int TraceReport = 96;
    private const int TraceEnded = 112;
}
