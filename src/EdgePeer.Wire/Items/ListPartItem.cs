namespace EdgePeer.Wire;

/// <summary>A part of a signed member list, which is longer than a frame. WIRE.md, "List part".</summary>
public readonly ref struct ListPartItem(ulong version, int totalBytes, int offset, ReadOnlySpan<byte> bytes)
{
    /// <summary>Of the list; parts of another one do not belong together.</summary>
    public ulong Version { get; } = version;

    /// <summary>Of the list's text.</summary>
    public int TotalBytes { get; } = totalBytes;

    public int Offset { get; } = offset;

    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    public void Write(ref WireWriter writer)
    {
        writer.WriteVarint(Version);
        writer.WriteVarint((ulong)TotalBytes);
        writer.WriteVarint((ulong)Offset);
        writer.WriteBytes(Bytes);
    }

    public static bool TryRead(ReadOnlySpan<byte> body, out ListPartItem item)
    {
        var reader = new WireReader(body);
        ulong version = reader.ReadVarint();
        int total = reader.ReadVarint(TotalBytesMax), offset = reader.ReadVarint(TotalBytesMax);
        item = new ListPartItem(version, total, offset, reader.ReadRest());
        return !reader.Failed && version > 0 && item.Bytes.Length > 0 && offset + item.Bytes.Length <= total;
    }

    /// <summary>A full list with the longest names.</summary>
    public const int TotalBytesMax = 32 << 10;
}
