using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>
/// What a receiver has told as kept of messages that this session has not begun to send: after a restart the word comes with
/// the binding, and a large message goes on where it stopped.
/// </summary>
internal sealed class KeptAhead
{
    private readonly RangeSet _runs = new();
    private readonly SortedDictionary<ulong, List<ByteRange>> _parts = [];

    public void OnRun(ulong first, ulong last)
    {
        if (_runs.Count < RunsMax)
            _runs.Add(first, last + 1);
    }

    public void OnPart(ulong sequence, ByteRange range)
    {
        if (!_parts.TryGetValue(sequence, out var ranges))
        {
            if (_parts.Count >= KeptItem.PartsMax)
                return;
            _parts[sequence] = ranges = [];
        }
        if (ranges.Count < KeptItem.RangesMax)
            ranges.Add(range);
    }

    /// <summary>Applies what is known of the message, and forgets it.</summary>
    public void Take(ulong sequence, OutMessage message)
    {
        message.Kept = _runs.Contains(sequence, sequence + 1);
        _runs.Remove(0, sequence + 1);
        while (_parts.Count > 0 && _parts.Keys.First() is var known && known <= sequence)
        {
            if (known == sequence)
                foreach (var range in _parts[known])
                    if (range.End <= message.TotalBytes)
                        message.OnPartKept(range.Offset, range.Length);
            _parts.Remove(known);
        }
    }

    // What is not remembered is sent again for nothing.
    private const int RunsMax = 64;
}
