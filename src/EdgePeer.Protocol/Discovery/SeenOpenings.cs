namespace EdgePeer.Protocol.Discovery;

/// <summary>Openings that were answered lately, by the first bytes of their points: a recorded one is answered once.</summary>
internal sealed class SeenOpenings
{
    private readonly HashSet<ulong> _points = [];
    private readonly Queue<ulong> _order = new();

    public int Count => _points.Count;

    public bool Contains(ulong point) => _points.Contains(point);

    public void Add(ulong point)
    {
        if (!_points.Add(point))
            return;
        _order.Enqueue(point);
        if (_order.Count > Limits.SeenOpeningsMax)
            _points.Remove(_order.Dequeue());
    }
}
