using System.Buffers;
using EdgePeer.Core;
using EdgePeer.Protocol;
using EdgePeer.Protocol.Groups;
using EdgePeer.Store;
using EdgePeer.Transports;
using EdgePeer.Wire;

namespace EdgePeer.Runtime.Loop;

/// <summary>
/// The one thread that runs the core. A turn takes what other threads left in the inbox, tells the core, lets it send what the
/// transports have room for, hands what must be written to the flash's thread, and passes on what the core says. Nothing
/// on it waits but for the next input or deadline.
/// </summary>
internal sealed class PeerLoop
{
    private readonly PeerCore _core;
    private readonly MonotonicClock _clock;
    private readonly Action<string> _log;
    private readonly Action<JournalBatch> _execute;
    private readonly LoopInbox _inbox;
    private readonly LoopInput _input;
    private readonly TransportSlots _slots = new();
    private readonly SendQueue _sends;
    private readonly MemberKeeper _members;
    private readonly EndedMessages _endedMessages;
    private readonly Dictionary<ReaderId, PipeReader> _readers = [];
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<string> _failed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private byte[] _frame = [];
    private bool _transportsStarted, _batchOut, _sentToTheLimit;
    private Instant? _stopBy;
    private string? _flashTrouble;
    private long _turns;

    /// <param name="execute">Gives a batch to the flash's thread, which answers with <see cref="OnBatchDone"/>.</param>
    public PeerLoop(
        PeerCore core, IReadOnlyList<ConfiguredTransport> transports, SendQueue sends, Action<MemberList>? keepMembers, MonotonicClock clock, Action<JournalBatch> execute, Action<string> log)
    {
        _core = core;
        _sends = sends;
        _clock = clock;
        _execute = execute;
        _log = log;
        _inbox = new LoopInbox(Limits.TransportsMax);
        _endedMessages = new EndedMessages(log);
        _members = new MemberKeeper(keepMembers, Post, clock, log);
        _input = new LoopInput(Limits.TransportsMax);
        foreach (var transport in transports)
            _slots.Put(transport);
    }

    public Instant Now => _clock.Now;

    public long Turns => Interlocked.Read(ref _turns);

    /// <summary>On the loop's thread.</summary>
    public FailedReads FailedReads { get; } = new();

    /// <summary>Completes when the node is there and the transports are started.</summary>
    public Task Ready => _ready.Task;

    /// <summary>Completes when the thread has ended, for whatever reason.</summary>
    public Task Ended => _ended.Task;

    public Task<string> Failed => _failed.Task;

    /// <summary>On the loop's thread: no new messages are taken.</summary>
    public bool Stopping => _stopBy is not null;

    public void Start() => new Thread(Run) { Name = "edgepeer loop", IsBackground = true }.Start();

    /// <summary>Any thread. Every call that was posted is made, with a null node when there is none any more.</summary>
    /// <returns>False when the loop has ended.</returns>
    public bool Post(LoopCall call) => _inbox.Post(call);

    public void Log(string line) => _log(line);

    /// <summary>Any thread: drain to the journal, then end.</summary>
    public void Stop() => Post(node =>
    {
        if (!Stopping)
            node?.NoteCounts();
        _stopBy ??= Now + Limits.StopDrainMax;
        _sends.RejectWaiting(StoppingReason);
    });

    /// <summary>Any thread: the flash's answer.</summary>
    /// <param name="reason">What failed, in words; null when nothing did.</param>
    public void OnBatchDone(JournalBatch batch, FlashOutcome outcome, string? reason) => Post(_ =>
    {
        _batchOut = false;
        _core.OnBatchDone(batch, outcome, Now);
        // Said once, and again when the reason changes: a full card fails every few seconds for days.
        if (reason is not null && reason != _flashTrouble)
            _log($"journal: {outcome}: {reason}; what memory holds is written again when the flash takes it");
        _flashTrouble = reason;
        while (_core.Journal.TryTakeUnreadable(out var unreadable))
            _log($"journal: {DamageText.Of(unreadable)} cannot be read back: check the medium; `edgepeer journal verify` reads all of it");
    });

    public void OnUp(Node? node, TransportSlot slot, TransportTraits traits)
    {
        if (!_slots.Contains(slot))
            return;
        slot.Up = true;
        slot.Traits = traits;
        if (_frame.Length < traits.FrameBytesMax)
            _frame = new byte[traits.FrameBytesMax];
        node?.OnTransportUp(slot.Id, traits, Now);
        if (!slot.Seeded)
            foreach (var seed in slot.Seeds)
                node?.AddSeed(slot.Id, seed, Now);
        slot.Seeded = true;
        _log($"{slot.Transport.Name}: up");
    }

    public void OnDown(Node? node, TransportSlot slot, string reason)
    {
        if (!_slots.Contains(slot))
            return;
        if (slot.Up)
            node?.OnTransportDown(slot.Id, Now);
        if (slot.Up || slot.DownReason != reason)
            _log($"{slot.Transport.Name}: down: {reason}");
        slot.Up = false;
        slot.Room = 0;
        slot.DownReason = reason;
    }

    public void Submit(Node? node, PendingSend send)
    {
        if (node is null || Stopping)
        {
            _sends.Refuse(send, StoppingReason);
            return;
        }
        _sends.Submit(node, send, Now);
        if (send.Hurry)
            _core.Journal.Hurry();
    }

    /// <summary>Any thread: the application no longer waits for its receipt.</summary>
    public void Cancel(PendingSend send, CancellationToken cancellation) => Post(node => _sends.Cancel(node, send, cancellation));

    public void OpenReader(Node? node, PipeReader reader, PipeName pipe, EndpointName endpoint, int window, bool own)
    {
        if (node is null || Stopping)
            reader.End(null);
        else if (_readers.Count >= Limits.ReadersMax)
            reader.End($"{Limits.ReadersMax} readers are open already: close one first");
        else
        {
            _readers.Add(reader.Id, reader);
            node.OpenReader(reader.Id, pipe, endpoint, window, Now, own);
        }
    }

    public void CloseReader(Node? node, PipeReader reader)
    {
        if (_readers.Remove(reader.Id))
            node?.CloseReader(reader.Id, Now);
        reader.End(null);
    }

    public HostStatus Status(Node node) =>
        new(Now - default(Instant), node.Status(Now), [.. _slots.All.Select(slot => slot.Status)], _core.Journal.Counters, _core.Journal.Recovery, _sends.Waiting) { WaitingOf = _sends.WaitingOf, FlashTrouble = _flashTrouble };

    /// <summary>On the loop's thread: other options of pipes, and transports taken out.</summary>
    /// <returns>The transports, which are the caller's to dispose.</returns>
    public IReadOnlyList<ITransport> Reconfigure(Node? node, IReadOnlyDictionary<PipeName, PipeOptions> pipes, IReadOnlyCollection<string> ended)
    {
        node?.UsePipes(pipes);
        _sends.UsePipes(pipes);
        return _slots.TakeOut(node, ended, Now);
    }

    /// <summary>On the loop's thread: starts transports beside those that run.</summary>
    public void Add(IReadOnlyList<ConfiguredTransport> transports)
    {
        foreach (var transport in transports)
        {
            var slot = _slots.Put(transport);
            if (_transportsStarted)
                Start(slot);
        }
    }

    /// <summary>When the loop has ended: what is still to be disposed.</summary>
    public IEnumerable<ITransport> Transports => _slots.All.Select(slot => slot.Transport);

    private void Run()
    {
        try
        {
            while (!Drained())
                Turn();
            End(_core.Node, StoppingReason);
        }
        // The outermost edge: whatever broke here is our own bug, and the process has to end so that the journal recovers.
        catch (Exception exception)
        {
            _failed.TrySetResult($"the node's loop broke: {exception}");
            _ready.TrySetException(exception);
            End(null, "the agent failed");
        }
        _ended.TrySetResult();
    }

    private void Turn()
    {
        // A journal with nothing to write is ready in the middle of a turn, and nobody would wake us for the next.
        bool goOn = _sentToTheLimit || (_core.Ready && !_transportsStarted);
        _inbox.Take(goOn ? TimeSpan.Zero : UntilNextDeadline(), _input);
        MakeCalls(_core.Node);
        if (_core.Node is { } node)
        {
            StartTransports();
            TakeFrames(node);
            _core.OnDeadline(Now);
            _sends.Retry(node, Now);
            foreach (var reader in _readers.Values)
                reader.OnDeadline(node);
            // Before composing: an address the node has just chosen stands in the frames that follow.
            PassOnActions(node);
            ComposeFrames(node);
            PassOnActions(node);
            _endedMessages.OnDeadline(Now);
        }
        TakeBatch();
        Interlocked.Increment(ref _turns);
    }

    private void MakeCalls(Node? node)
    {
        while (_input.Calls.TryDequeue(out var call))
            call(node);
    }

    private void StartTransports()
    {
        if (_transportsStarted)
            return;
        _transportsStarted = true;
        foreach (var slot in _slots.All)
            Start(slot);
        _ready.TrySetResult();
    }

    private void Start(TransportSlot slot) => slot.Transport.Start(new LoopSink(this, _inbox, slot));

    private void TakeFrames(Node node)
    {
        for (int i = 0; i < _input.Rooms.Length; i++)
            if (_input.Rooms[i] != LoopInbox.NoRoomSaid && _slots.At(i) is { } roomy)
                roomy.Room = _input.Rooms[i];
        foreach (var frame in _input.Frames)
        {
            // A peer that is stopping keeps nothing new, or it would never be done.
            if (_slots.At(frame.Transport) is { Up: true } slot && !Stopping)
                node.OnFrame(slot.Id, frame.From, frame.Bytes, Now);
            ArrayPool<byte>.Shared.Return(frame.Buffer);
        }
        _input.Frames.Clear();
    }

    private void ComposeFrames(Node node)
    {
        _sentToTheLimit = false;
        foreach (var slot in _slots.All)
        {
            if (!slot.Up)
                continue;
            int sent = 0;
            while (slot.Room > 0 && sent < Limits.FramesPerTurnMax && node.TryCompose(slot.Id, Now, _frame, out var frame))
            {
                slot.Room--;
                sent++;
                slot.Transport.Send(frame.To, _frame.AsSpan(0, frame.Length), frame.More);
            }
            _sentToTheLimit |= sent == Limits.FramesPerTurnMax;
        }
    }

    private void PassOnActions(Node node)
    {
        while (node.TryTakeAction(out var action))
            switch (action)
            {
                case ReceiptReached receipt:
                    _sends.OnReceipt(receipt);
                    break;
                case Delivery delivery:
                    if (_readers.TryGetValue(delivery.Reader, out var reader))
                        reader.Deliver(node, delivery);
                    break;
                case ReaderEnded ended:
                    if (_readers.Remove(ended.Reader, out var refused))
                        refused.End(ended.Reason);
                    break;
                case AddressChosen chosen:
                    _slots.At(chosen.Transport.Value)?.Transport.UseAddress(chosen.Address);
                    break;
                case MessagesEnded ended:
                    _endedMessages.OnEnded(ended, Now);
                    break;
                case MembersLearnt learnt:
                    _members.OnLearnt(node, learnt.Members);
                    break;
                case Report report:
                    _log($"{report.Kind}: {report.Text}{(report.Link is { } link ? _slots.Describe(link) : "")}");
                    break;
                default:
                    throw new InvalidOperationException($"the node asked for an unknown {action.GetType().Name}");
            }
    }

    private void TakeBatch()
    {
        if (Stopping && _core.Journal.CommitAt < Instant.Never)
            _core.Journal.Hurry();
        else if (Stopping && !_batchOut)
            _core.Journal.NoteEnd();
        if (_batchOut || _core.TakeBatch(Now) is not { } batch)
            return;
        _batchOut = true;
        _execute(batch);
    }

    private TimeSpan UntilNextDeadline()
    {
        var next = Instant.Earlier(_core.NextDeadline, _stopBy ?? Instant.Never);
        next = Instant.Earlier(next, _endedMessages.SayAt);
        foreach (var reader in _readers.Values)
            next = Instant.Earlier(next, reader.ReadAgainAt);
        return next == Instant.Never ? TimeSpan.MaxValue : next - Now;
    }

    // Before the journal has recovered, nothing was taken that it could still keep.
    private bool Drained() =>
        _stopBy is { } stopBy && (Now >= stopBy || (!_batchOut && (!_core.Ready || _core.Journal.CommitAt == Instant.Never)));

    // Calls that came too late are made all the same: each has someone waiting.
    private void End(Node? node, string reason)
    {
        _inbox.Close();
        _stopBy ??= Now;
        MakeCalls(node);
        _inbox.Take(TimeSpan.Zero, _input);
        MakeCalls(node);
        foreach (var frame in _input.Frames)
            ArrayPool<byte>.Shared.Return(frame.Buffer);
        _sends.End(reason);
        _endedMessages.End();
        foreach (var reader in _readers.Values)
            reader.End(null);
        _readers.Clear();
        _ready.TrySetException(new ObjectDisposedException(nameof(PeerHost), reason));
    }

    private const string StoppingReason = "the agent is stopping";
}
