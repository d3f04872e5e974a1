namespace EdgePeer.Protocol;

/// <summary>A queue whose items have consecutive numbers, the first of them <see cref="Base"/>.</summary>
internal sealed class SequenceWindow<T>(ulong @base)
    where T : class
{
    private readonly List<T?> _items = [];
    private int _head;

    public ulong Base { get; private set; } = @base;

    public ulong End => Base + (ulong)Count;

    public int Count => _items.Count - _head;

    public T this[ulong number] => _items[_head + (int)(number - Base)]!;

    public bool TryGet(ulong number, out T item)
    {
        bool inside = number >= Base && number < End;
        item = inside ? this[number] : null!;
        return inside;
    }

    public void Add(T item) => _items.Add(item);

    public T RemoveFirst()
    {
        var first = _items[_head]!;
        _items[_head++] = null;
        Base++;
        // Each item is moved once at most for each item removed.
        if (_head > 64 && _head * 2 > _items.Count)
        {
            _items.RemoveRange(0, _head);
            _head = 0;
        }
        return first;
    }

    /// <summary>Empties the window and moves its base.</summary>
    public void Reset(ulong @base)
    {
        _items.Clear();
        _head = 0;
        Base = @base;
    }
}
