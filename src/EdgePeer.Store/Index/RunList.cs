namespace EdgePeer.Store;

/// <summary>Disjoint, ascending, half-open runs of sequence numbers; few of them.</summary>
internal sealed class RunList
{
    private readonly List<(ulong From, ulong To)> _runs = [];

    public int Count => _runs.Count;

    public (ulong From, ulong To) this[int index] => _runs[index];

    public void Add(ulong from, ulong to)
    {
        int first = FirstEndingAtOrBehind(from);
        int last = first;
        for (; last < _runs.Count && _runs[last].From <= to; last++)
            (from, to) = (ulong.Min(from, _runs[last].From), ulong.Max(to, _runs[last].To));
        _runs.RemoveRange(first, last - first);
        _runs.Insert(first, (from, to));
    }

    public void RemoveBelow(ulong number)
    {
        while (_runs.Count > 0 && _runs[0].To <= number)
            _runs.RemoveAt(0);
        if (_runs.Count > 0 && _runs[0].From < number)
            _runs[0] = (number, _runs[0].To);
    }

    public bool Contains(ulong number) => EndOf(number) > number;

    /// <summary>One past the run that holds the number; the number itself when none does.</summary>
    public ulong EndOf(ulong number)
    {
        int place = FirstEndingAtOrBehind(number);
        if (place < _runs.Count && _runs[place].To == number)
            place++;
        return place < _runs.Count && _runs[place].From <= number ? _runs[place].To : number;
    }

    public (ulong From, ulong To)[] Copy() => [.. _runs];

    private int FirstEndingAtOrBehind(ulong number)
    {
        int low = 0, high = _runs.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_runs[middle].To < number)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
