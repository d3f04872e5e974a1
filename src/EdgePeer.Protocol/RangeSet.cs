namespace EdgePeer.Protocol;

/// <summary>Disjoint, ascending, half-open ranges of numbers: packet numbers, sequences, or the bytes of a message.</summary>
internal sealed class RangeSet
{
    private readonly List<(ulong Start, ulong End)> _ranges = [];

    public int Count => _ranges.Count;

    public bool IsEmpty => _ranges.Count == 0;

    public (ulong Start, ulong End) this[int index] => _ranges[index];

    public (ulong Start, ulong End) First => _ranges[0];

    public (ulong Start, ulong End) Last => _ranges[^1];

    public static RangeSet Of(ulong start, ulong end)
    {
        var set = new RangeSet();
        set.Add(start, end);
        return set;
    }

    /// <returns>True when something was not there before.</returns>
    public bool Add(ulong start, ulong end)
    {
        if (start >= end)
            return false;
        // Most additions extend or follow the last range.
        if (_ranges.Count == 0 || start > _ranges[^1].End)
        {
            _ranges.Add((start, end));
            return true;
        }
        int first = LowerBound(start);
        int last = first;
        ulong mergedStart = start, mergedEnd = end;
        while (last < _ranges.Count && _ranges[last].Start <= end)
        {
            mergedStart = Math.Min(mergedStart, _ranges[last].Start);
            mergedEnd = Math.Max(mergedEnd, _ranges[last].End);
            last++;
        }
        if (last == first)
        {
            _ranges.Insert(first, (start, end));
            return true;
        }
        if (last == first + 1 && _ranges[first] == (mergedStart, mergedEnd))
            return false;
        _ranges[first] = (mergedStart, mergedEnd);
        _ranges.RemoveRange(first + 1, last - first - 1);
        return true;
    }

    public void Remove(ulong start, ulong end)
    {
        if (start >= end)
            return;
        for (int i = LowerBound(start); i < _ranges.Count && _ranges[i].Start < end;)
        {
            var range = _ranges[i];
            if (range.End <= start)
            {
                i++;
                continue;
            }
            _ranges.RemoveAt(i);
            if (range.Start < start)
                _ranges.Insert(i++, (range.Start, start));
            if (range.End > end)
                _ranges.Insert(i++, (end, range.End));
        }
    }

    public void RemoveFirst() => _ranges.RemoveAt(0);

    public bool Contains(ulong start, ulong end)
    {
        if (start >= end)
            return true;
        int i = LowerBound(start);
        return i < _ranges.Count && _ranges[i].Start <= start && _ranges[i].End >= end;
    }

    /// <summary>One past the range that holds the number; the number itself when none does.</summary>
    public ulong EndOf(ulong number)
    {
        int i = LowerBound(number);
        if (i < _ranges.Count && _ranges[i].End == number)
            i++;
        return i < _ranges.Count && _ranges[i].Start <= number ? _ranges[i].End : number;
    }

    /// <summary>How many numbers at and above it are in the set.</summary>
    public ulong CountFrom(ulong number)
    {
        ulong count = 0;
        for (int i = _ranges.Count - 1; i >= 0 && _ranges[i].End > number; i--)
            count += _ranges[i].End - Math.Max(_ranges[i].Start, number);
        return count;
    }

    public List<(ulong Start, ulong End)> ToList() => [.. _ranges];

    public void Clear() => _ranges.Clear();

    /// <summary>The parts of [start, end) that are not in the set.</summary>
    public RangeSet Missing(ulong start, ulong end)
    {
        var missing = Of(start, end);
        foreach (var (s, e) in _ranges)
            missing.Remove(s, e);
        return missing;
    }

    /// <summary>The first range whose end is at or above the number.</summary>
    private int LowerBound(ulong number)
    {
        int low = 0, high = _ranges.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_ranges[middle].End < number)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
