namespace EdgePeer.Store;

/// <summary>A message that is not complete: which of its bytes are held, merged.</summary>
internal sealed class MessageTally(int totalBytes)
{
    private readonly List<StoredRange> _held = [];

    public int TotalBytes { get; } = totalBytes;

    public IReadOnlyList<StoredRange> Held => _held;

    public bool Complete => _held.Count == 1 && _held[0].Offset == 0 && _held[0].Length == TotalBytes;

    /// <summary>Notes a range that overlaps none held; neighbours are merged.</summary>
    public void Hold(int offset, int length)
    {
        int place = FirstEndingBehind(offset);
        if (place > 0 && _held[place - 1].Offset + _held[place - 1].Length == offset)
        {
            place--;
            _held[place] = new StoredRange(_held[place].Offset, _held[place].Length + length);
        }
        else
            _held.Insert(place, new StoredRange(offset, length));
        if (place + 1 < _held.Count && _held[place + 1].Offset == offset + length)
        {
            _held[place] = new StoredRange(_held[place].Offset, _held[place].Length + _held[place + 1].Length);
            _held.RemoveAt(place + 1);
        }
    }

    /// <summary>The first part of [offset, end) that is not held; false when all of it is.</summary>
    public bool TryMissing(int offset, int end, out StoredRange missing)
    {
        int place = FirstEndingBehind(offset);
        if (place < _held.Count && _held[place].Offset <= offset)
            offset = _held[place].Offset + _held[place++].Length;
        if (place < _held.Count)
            end = int.Min(end, _held[place].Offset);
        missing = new StoredRange(offset, end - offset);
        return missing.Length > 0;
    }

    private int FirstEndingBehind(int offset)
    {
        int low = 0, high = _held.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_held[middle].Offset + _held[middle].Length <= offset)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
