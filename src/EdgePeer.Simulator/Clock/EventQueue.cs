using EdgePeer.Wire;

namespace EdgePeer.Simulator.Clock;

/// <summary>Something that happens at a moment of virtual time.</summary>
/// <param name="Kind">The target's own number for what happens.</param>
/// <param name="Number">The target's own argument: an epoch against which stale events are told, an index.</param>
internal readonly record struct SimEvent(Instant At, ulong Order, IEventTarget Target, int Kind, long Number, object? Thing);

internal interface IEventTarget
{
    void OnEvent(in SimEvent happening);
}

/// <summary>
/// What will happen, ordered by time and then by when it was scheduled, so that one seed has one order. A binary heap of
/// structs: a seed has hundreds of thousands of events, and none of them allocates.
/// </summary>
internal sealed class EventQueue
{
    private SimEvent[] _heap = new SimEvent[1024];
    private ulong _scheduled;

    public int Count { get; private set; }

    public Instant NextAt => Count == 0 ? Instant.Never : _heap[0].At;

    public void Schedule(Instant at, IEventTarget target, int kind, long number = 0, object? thing = null)
    {
        if (Count == _heap.Length)
            Array.Resize(ref _heap, Count * 2);
        var added = new SimEvent(at, _scheduled++, target, kind, number, thing);
        int child = Count++;
        while (child > 0)
        {
            int parent = (child - 1) / 2;
            if (!Before(added, _heap[parent]))
                break;
            _heap[child] = _heap[parent];
            child = parent;
        }
        _heap[child] = added;
    }

    public SimEvent Take()
    {
        var first = _heap[0];
        var last = _heap[--Count];
        _heap[Count] = default;
        if (Count > 0)
            SinkFromTop(last);
        return first;
    }

    private void SinkFromTop(in SimEvent moved)
    {
        int parent = 0;
        for (int child = 1; child < Count; child = 2 * parent + 1)
        {
            if (child + 1 < Count && Before(_heap[child + 1], _heap[child]))
                child++;
            if (!Before(_heap[child], moved))
                break;
            _heap[parent] = _heap[child];
            parent = child;
        }
        _heap[parent] = moved;
    }

    private static bool Before(in SimEvent a, in SimEvent b) =>
        a.At.Ticks != b.At.Ticks ? a.At.Ticks < b.At.Ticks : a.Order < b.Order;
}
