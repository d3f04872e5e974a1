using EdgePeer.Protocol;
using EdgePeer.Simulator.Clock;
using EdgePeer.Simulator.Model;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Peers;

/// <summary>An application that reads an input endpoint: takes what it is handed, one or several at a time, at its habit's pace.</summary>
internal sealed class SimReader(SimPeer peer, ReadingHabit habit, ReaderId id, SeededRandom random) : IEventTarget
{
    private readonly List<Delivery> _held = [];
    private readonly List<SimMessage?> _heldMessages = [];
    private bool _abandoned;
    private bool _consumptionAwaited;

    public SimPeer Peer => peer;

    public ReadingHabit Habit => habit;

    public SimPipe Pipe => habit.Pipe;

    public ReaderId Id => id;

    /// <summary>Handed over and not consumed.</summary>
    public IReadOnlyList<Delivery> Held => _held;

    /// <summary>What they are, as far as the model knows them.</summary>
    public IEnumerable<SimMessage> HeldMessages => _heldMessages.OfType<SimMessage>();

    /// <summary>What consuming that one consumes.</summary>
    public IEnumerable<SimMessage> HeldThrough(StreamKey stream, ulong sequence)
    {
        for (int i = 0; i < _held.Count; i++)
        {
            if (_held[i].Stream != stream)
                continue;
            if (_heldMessages[i] is { } message)
                yield return message;
            if (_held[i].Sequence == sequence)
                yield break;
        }
    }

    public void OnDelivery(Delivery delivery)
    {
        var world = peer.World;
        var payload = world.PayloadBuffer(delivery.TotalBytes);
        bool read = peer.Node!.TryReadPayload(delivery.Stream, delivery.Sequence, 0, payload);
        var message = world.Ledger.FindSent(delivery.Stream, delivery.Sequence);
        // A flash that nobody has damaged gives back all that it took.
        if (!read && peer.Disk.Flash.Damaged)
        {
            peer.Node.PassBy(id, delivery.Stream, delivery.Sequence, peer.LocalNow);
            if (message is not null)
                message.State = MessageState.DeclaredLost;
            return;
        }
        foreach (var checker in world.Checkers)
            checker.OnDelivery(this, delivery, message, read ? payload : default);
        _held.Add(delivery);
        _heldMessages.Add(message);
        AwaitConsumption();
    }

    public void OnEvent(in SimEvent happening)
    {
        _consumptionAwaited = false;
        if (_abandoned || _held.Count == 0 || peer.Node is null)
            return;
        int count = random.Chance(0.5) ? 1 : random.Between(1, _held.Count);
        for (int i = 0; i < count; i++)
            if (LastOfItsStream(i, count))
                Consume(_held[i]);
        _held.RemoveRange(0, count);
        _heldMessages.RemoveRange(0, count);
        if (_held.Count > 0)
            AwaitConsumption();
        peer.Pump();
    }

    /// <summary>The reader is closed, or its agent gone.</summary>
    public void Abandon() => _abandoned = true;

    private bool LastOfItsStream(int place, int count)
    {
        for (int later = place + 1; later < count; later++)
            if (_held[later].Stream == _held[place].Stream)
                return false;
        return true;
    }

    private void Consume(Delivery delivery)
    {
        var stream = delivery.Stream;
        if (peer.World.Trace.Printed)
            peer.World.Trace.Line(peer.World.Now, peer.Name, $"reader {id.Value} consumes {stream} up to {delivery.Sequence}");
        foreach (var checker in peer.World.Checkers)
            checker.OnConsume(this, stream, delivery.Sequence);
        peer.Node!.Consume(id, stream, delivery.Sequence, peer.LocalNow);
    }

    private void AwaitConsumption()
    {
        if (_consumptionAwaited)
            return;
        _consumptionAwaited = true;
        peer.World.Queue.Schedule(peer.World.Now + random.Between(TimeSpan.Zero, habit.PaceMax), this, 0);
    }
}
