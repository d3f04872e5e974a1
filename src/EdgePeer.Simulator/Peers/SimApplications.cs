using EdgePeer.Protocol;
using EdgePeer.Simulator.Checkers;
using EdgePeer.Simulator.Clock;
using EdgePeer.Simulator.Model;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Peers;

/// <summary>The applications of one device: those that write, whose calls die with the agent, and those that read.</summary>
internal sealed class SimApplications(SimPeer peer, SeededRandom random)
{
    private readonly List<(SimMessage Message, Receipt WaitFor)> _waiting = [];
    private readonly Dictionary<ulong, SimCall> _calls = [];
    private readonly List<SimCall> _callOrder = [];
    private readonly List<ReadingHabit> _habits = [];
    private readonly List<SimReader> _readers = [];
    private ulong _roomSeen;
    private int _lifeSeen;
    private bool _tryNow;

    /// <summary>Calls made in this life and not yet answered.</summary>
    public IReadOnlyList<SimCall> Calls => _callOrder;

    public IReadOnlyList<SimReader> Readers => _readers;

    public IReadOnlyList<ReadingHabit> Habits => _habits;

    public int WaitingCount => _waiting.Count;

    public SimMessage? FirstWaiting => _waiting.Count > 0 ? _waiting[0].Message : null;

    /// <summary>An application wants to send the message, and waits as long as the pipe has no room.</summary>
    public void Submit(SimMessage message, Receipt waitFor)
    {
        _waiting.Add((message, waitFor));
        _tryNow = true;
        peer.Pump();
    }

    /// <summary>Tries again what the node had no room for, when it has freed some.</summary>
    /// <returns>Whether the node took anything.</returns>
    public bool SubmitWaiting(Node node)
    {
        if (_waiting.Count == 0 || (!_tryNow && node.RoomVersion == _roomSeen && _lifeSeen == peer.Life))
            return false;
        _tryNow = false;
        _roomSeen = node.RoomVersion;
        _lifeSeen = peer.Life;
        int kept = 0;
        for (int i = 0; i < _waiting.Count; i++)
            if (!TrySubmit(node, _waiting[i].Message, _waiting[i].WaitFor))
                _waiting[kept++] = _waiting[i];
        bool worked = kept < _waiting.Count;
        _waiting.RemoveRange(kept, _waiting.Count - kept);
        return worked;
    }

    /// <summary>The agent is gone, and with it every call and reader; the applications live on and try again later.</summary>
    public void OnCrash()
    {
        foreach (var call in _callOrder)
            if (!call.Answered && !call.Forgotten && call.Message.Tag != 0 && random.Chance(RetryAfterCrash))
                _waiting.Add((call.Message, call.WaitFor));
        _calls.Clear();
        _callOrder.Clear();
        foreach (var reader in _readers)
            reader.Abandon();
        _readers.Clear();
    }

    public void OnReady()
    {
        _tryNow = true;
        foreach (var habit in _habits)
            OpenReaders(habit);
    }

    /// <summary>From now on, and again after each restart, the device reads the pipe in that manner.</summary>
    public void Read(ReadingHabit habit)
    {
        _habits.Add(habit);
        if (peer.Node is not null)
            OpenReaders(habit);
        peer.Pump();
    }

    /// <summary>Closes one of the readers; another is opened after a while.</summary>
    public void CloseReader(SimReader reader, TimeSpan pause)
    {
        if (!_readers.Remove(reader) || peer.Node is not { } node)
            return;
        foreach (var checker in peer.World.Checkers)
            checker.OnReaderClosed(reader);
        reader.Abandon();
        if (peer.World.Trace.Printed)
            peer.World.Trace.Line(peer.World.Now, peer.Name, $"closes reader {reader.Id.Value}");
        node.CloseReader(reader.Id, peer.LocalNow);
        Reopen(reader.Habit, pause);
        peer.Pump();
    }

    /// <summary>The caller of the call does not want to know any more.</summary>
    public void Forget(SimCall call)
    {
        if (call.Life != peer.Life || peer.Node is not { } node || !_calls.Remove(call.Caller.Value))
            return;
        _callOrder.Remove(call);
        call.Forgotten = true;
        node.ForgetCaller(call.Caller);
    }

    public void OnReceipt(ReceiptReached receipt)
    {
        if (!_calls.TryGetValue(receipt.Caller.Value, out var call))
            return;
        foreach (var checker in peer.World.Checkers)
            checker.OnReceipt(peer, call, receipt);
        call.Last = receipt.Receipt;
        if (receipt.Receipt == Receipt.Rejected && call.Message.State == MessageState.Offered)
            call.Message.State = MessageState.Refused;
        else if (receipt.Receipt is not (Receipt.Rejected or Receipt.Expired) && call.Message.State == MessageState.InDoubt)
            call.Message.State = MessageState.Durable;
        if (receipt.Receipt > call.Message.Reached && receipt.Receipt != Receipt.Expired)
            call.Message.Reached = receipt.Receipt;
        if (receipt.Receipt != call.WaitFor && receipt.Receipt is not (Receipt.Rejected or Receipt.Expired))
            return;
        call.Answered = true;
        _calls.Remove(receipt.Caller.Value);
        _callOrder.Remove(call);
    }

    public void OnDelivery(Delivery delivery)
    {
        foreach (var reader in _readers)
            if (reader.Id == delivery.Reader)
            {
                reader.OnDelivery(delivery);
                return;
            }
    }

    public void OnReaderEnded(ReaderEnded ended)
    {
        int place = _readers.FindIndex(r => r.Id == ended.Reader);
        if (place < 0)
            return;
        var reader = _readers[place];
        _readers.RemoveAt(place);
        foreach (var checker in peer.World.Checkers)
            checker.OnReaderClosed(reader);
        reader.Abandon();
        Reopen(reader.Habit, ReopenAfterRefusal);
    }

    public void OpenAnother(ReadingHabit habit)
    {
        if (peer.Node is not { } node || _readers.Count(r => r.Habit == habit) >= habit.Competing)
            return;
        var reader = new SimReader(peer, habit, new ReaderId(peer.World.NextReader()), random.Fork());
        _readers.Add(reader);
        node.OpenReader(reader.Id, habit.Pipe.Name, habit.Pipe.Endpoint, habit.Window, peer.LocalNow, habit.Pipe.Own);
        peer.Pump();
    }

    private void OpenReaders(ReadingHabit habit)
    {
        for (int i = 0; i < habit.Competing; i++)
            Reopen(habit, random.Chance(0.5) ? TimeSpan.Zero : random.Between(TimeSpan.Zero, habit.AwayMax));
    }

    private void Reopen(ReadingHabit habit, TimeSpan pause) =>
        peer.World.Queue.Schedule(peer.World.Now + pause, habit, ReadingHabit.Reopened, peer.Life, peer);

    private bool TrySubmit(Node node, SimMessage message, Receipt waitFor)
    {
        var world = peer.World;
        var payload = world.PayloadBuffer(message.Length);
        Payload.Fill(message.Number, payload);
        var call = new SimCall(new CallerId(world.NextCaller()), message, waitFor, peer.Life);
        ulong nextBefore = NextSequence(message);
        _calls.Add(call.Caller.Value, call);
        if (!node.TrySubmit(call.Caller, message.Pipe.Name, message.Lane, message.Tag, payload, waitFor, peer.LocalNow, message.Ttl))
        {
            _calls.Remove(call.Caller.Value);
            world.Reached.FullJournals++;
            return false;
        }
        _callOrder.Add(call);
        ulong next = NextSequence(message);
        if (next != nextBefore)
        {
            var before = world.Ledger.Assign(message, KeyOf(node, message), next - 1);
            message.AcceptedAt = world.Now;
            foreach (var checker in world.Checkers)
                checker.OnSubmitted(message, before);
        }
        if (world.Trace.Printed)
            world.Trace.Line(world.Now, peer.Name, $"submits {message} as caller {call.Caller.Value}, waits for {waitFor}");
        return true;
    }

    /// <summary>What the journal gives the lane's next message: the one place where a number can be seen before anyone is told of it.</summary>
    private ulong NextSequence(SimMessage message)
    {
        foreach (var stream in peer.Buffer!.Streams())
            if (stream.Direction == StreamDirection.Outgoing && stream.Key.Pipe == message.Pipe.Name && stream.Key.Lane == message.LaneInUse)
                return stream.Next;
        return 0;
    }

    private StreamKey KeyOf(Node node, SimMessage message)
    {
        foreach (var pipe in node.Status(peer.LocalNow).Pipes)
            if (pipe.Name == message.Pipe.Name)
                foreach (var lane in pipe.Lanes)
                    if (lane.Lane == message.LaneInUse)
                        return new StreamKey(peer.Id, pipe.Name, lane.Lane, lane.Incarnation);
        throw new LawBrokenException(Law.BooksBalance, $"{peer} took {message} and shows no such lane");
    }

    private const double RetryAfterCrash = 0.8;
    private static readonly TimeSpan ReopenAfterRefusal = TimeSpan.FromSeconds(5);
}
