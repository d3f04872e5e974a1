namespace EdgePeer.Store;

/// <summary>Reads ranges back: from the queue while they are not durable, else from flash with the checksum verified.</summary>
/// <param name="aheadBytes">Read at once, for neighbours that are asked for next.</param>
internal sealed class RangeReader(JournalState state, IFlash flash, int aheadBytes)
{
    private byte[] _window = [];
    private (uint Segment, ulong Generation) _use;
    private int _from, _through;

    // A large range is read piece by piece, a frame at a time: it is verified once.
    private int _verified = -1;
    private int _payload;

    /// <param name="range">One message or range.</param>
    /// <returns>False when the medium does not give the range back whole.</returns>
    public bool TryRead(StreamState stream, in RangeRun range, int from, Span<byte> into)
    {
        if (range.Segment == 0)
        {
            state.Queue.Numbered(range.Position).Bytes.AsSpan(from, into.Length).CopyTo(into);
            return true;
        }
        if (!TryRead(stream, range, out var bytes))
            return false;
        bytes.Slice(from, into.Length).CopyTo(into);
        return true;
    }

    /// <param name="range">One message or range that is durable.</param>
    /// <param name="bytes">Until the next call.</param>
    /// <returns>False when the medium does not give the range back whole.</returns>
    public bool TryRead(StreamState stream, in RangeRun range, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        var segment = state.Segments[range.Segment];
        int sizeBytes = (int)range.SizeOf(stream.Id) + (range.Tagged ? RecordWriter.TagBytes : 0);
        Hold(segment, range.Position, sizeBytes);
        if (_verified != range.Position && !Verify(stream, range, segment.Seed, sizeBytes))
        {
            _use = default;
            state.NoteUnreadable(stream, range.Sequence);
            return false;
        }
        bytes = _window.AsSpan(_payload, range.Length);
        return true;
    }

    /// <summary>What is read ahead ends with what is durable: behind it bytes may still change.</summary>
    private void Hold(Segment segment, int position, int sizeBytes)
    {
        if (_use == (segment.Number, segment.Generation) && position >= _from && position + sizeBytes <= _through)
            return;
        int wanted = int.Max(sizeBytes, int.Min(aheadBytes, segment.End - position));
        if (_window.Length < wanted)
            _window = new byte[int.Max(wanted, aheadBytes)];
        _use = (segment.Number, segment.Generation);
        _verified = -1;
        _from = position;
        int read = flash.Read(segment.Number, position, _window.AsSpan(0, wanted));
        _window.AsSpan(read, wanted - read).Clear();
        _through = position + wanted;
    }

    private bool Verify(StreamState stream, in RangeRun range, uint seed, int sizeBytes)
    {
        int at = range.Position - _from;
        int size = JournalRecord.TryRead(_window.AsSpan(at, sizeBytes), seed, out var record);
        if (size == 0 || record.Stream != stream.Id || record.Sequence != range.Sequence || record.Offset != range.Offset
            || record.Bytes.Length != range.Length)
            return false;
        _payload = at + size - range.Length;
        _verified = range.Position;
        return true;
    }
}
