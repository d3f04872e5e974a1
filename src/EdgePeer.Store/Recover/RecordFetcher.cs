namespace EdgePeer.Store;

/// <summary>Reads single records of segments that are not read whole, with a piece of what follows: records to be read lie together mostly.</summary>
internal sealed class RecordFetcher(IFlash flash)
{
    private readonly byte[] _window = new byte[WindowBytes];
    private (uint Segment, ulong Generation) _use;
    private int _from, _length;

    /// <returns>The record's size; zero when none that checks lies there.</returns>
    public int TryRead(uint segment, ulong generation, uint seed, int position, out JournalRecord record)
    {
        record = default;
        if (!Holds(segment, generation, position, JournalRecord.HeaderBytes))
            Load(segment, generation, position, AheadBytes);
        if (!Holds(segment, generation, position, JournalRecord.HeaderBytes))
            return 0;
        var head = _window.AsSpan(position - _from);
        int sizeBytes = JournalRecord.HeaderBytes + (head[4] | (head[5] << 8) | (head[6] << 16));
        if (sizeBytes > JournalRecord.HeaderBytes + JournalRecord.BodyBytesMax)
            return 0;
        if (!Holds(segment, generation, position, sizeBytes))
            Load(segment, generation, position, sizeBytes);
        return Holds(segment, generation, position, sizeBytes) ? JournalRecord.TryRead(_window.AsSpan(position - _from, sizeBytes), seed, out record) : 0;
    }

    /// <summary>The bytes of the record just read.</summary>
    public ReadOnlySpan<byte> Last(int position, int sizeBytes) => _window.AsSpan(position - _from, sizeBytes);

    private bool Holds(uint segment, ulong generation, int position, int sizeBytes) =>
        _use == (segment, generation) && position >= _from && position + sizeBytes <= _from + _length;

    private void Load(uint segment, ulong generation, int position, int wantedBytes)
    {
        _use = (segment, generation);
        _from = position;
        _length = flash.Read(segment, position, _window.AsSpan(0, int.Max(wantedBytes, AheadBytes)));
    }

    private const int AheadBytes = 4096;

    // At least the largest record.
    private const int WindowBytes = 72 << 10;
}
