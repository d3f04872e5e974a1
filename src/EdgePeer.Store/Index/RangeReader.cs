namespace EdgePeer.Store;

/// <summary>Reads ranges back: from the queue while they are not durable, else from flash with the checksum verified.</summary>
internal sealed class RangeReader(JournalState state, IFlash flash)
{
    // A large range is read piece by piece, a frame at a time: verified once, it is kept until another is asked for.
    private byte[] _record = [];
    private int _payload;
    private (uint Segment, ulong Generation, int Position) _held;

    /// <returns>False when the medium does not give the range back whole.</returns>
    public bool TryRead(StreamState stream, in RangeEntry entry, int from, Span<byte> into)
    {
        if (entry.Segment == 0)
        {
            state.Queue.Numbered(entry.Position).Bytes.AsSpan(from, into.Length).CopyTo(into);
            return true;
        }
        if (!Hold(stream, entry))
            return false;
        _record.AsSpan(_payload + from, into.Length).CopyTo(into);
        return true;
    }

    private bool Hold(StreamState stream, in RangeEntry entry)
    {
        var segment = state.Segments[entry.Segment];
        var wanted = (entry.Segment, segment.Generation, entry.Position);
        if (_held == wanted)
            return true;
        _held = default;
        int sizeMax = stream.SizeOf(entry) + RecordWriter.TagBytes;
        if (_record.Length < sizeMax)
            _record = new byte[sizeMax];
        int read = flash.Read(entry.Segment, entry.Position, _record.AsSpan(0, sizeMax));
        int size = JournalRecord.TryRead(_record.AsSpan(0, read), segment.Seed, out var record);
        if (size == 0 || record.Stream != stream.Id || record.Sequence != entry.Sequence || record.Offset != entry.Offset
            || record.Bytes.Length != entry.Length)
            return false;
        _payload = size - entry.Length;
        _held = wanted;
        return true;
    }
}
