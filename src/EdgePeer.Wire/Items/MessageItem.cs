namespace EdgePeer.Wire;

/// <summary>A message, or a byte range of one. WIRE.md, "Message and range".</summary>
public readonly ref struct MessageItem(int channel, ulong sequence, int totalBytes, int offset, ReadOnlySpan<byte> bytes)
{
    /// <summary>16 MiB, as the journal and the API allow.</summary>
    public const int TotalBytesMax = 16 << 20;

    public int Channel { get; } = channel;

    public ulong Sequence { get; } = sequence;

    public int TotalBytes { get; } = totalBytes;

    public int Offset { get; } = offset;

    public ReadOnlySpan<byte> Bytes { get; } = bytes;

    /// <param name="kind">One that <see cref="ItemKinds.IsMessage"/>.</param>
    public static bool TryReadMessage(ItemKind kind, ReadOnlySpan<byte> body, out MessageItem item)
    {
        var reader = new WireReader(body);
        int channel = kind == ItemKind.Message ? reader.ReadVarint(Channels.NumberMax) : kind - ItemKind.ShortMessage;
        ulong sequence = reader.ReadVarint();
        var bytes = reader.ReadRest();
        item = new MessageItem(channel, sequence, bytes.Length, 0, bytes);
        return !reader.Failed;
    }

    public static bool TryReadRange(ReadOnlySpan<byte> body, out MessageItem item)
    {
        var reader = new WireReader(body);
        int channel = reader.ReadVarint(Channels.NumberMax);
        ulong sequence = reader.ReadVarint();
        int total = reader.ReadVarint(TotalBytesMax);
        int offset = reader.ReadVarint(TotalBytesMax);
        var bytes = reader.ReadRest();
        item = new MessageItem(channel, sequence, total, offset, bytes);
        return !reader.Failed && bytes.Length > 0 && offset <= total - bytes.Length;
    }

    /// <summary>The kind of a whole message: the channel is in it where it has room.</summary>
    public static ItemKind KindOn(int channel) => channel < Channels.ShortMessageCount ? (ItemKind)((int)ItemKind.ShortMessage + channel) : ItemKind.Message;

    /// <summary>Fields before the bytes of a whole message, of the kind that the channel has.</summary>
    public static int MessageHeadBytes(int channel, ulong sequence) =>
        (channel < Channels.ShortMessageCount ? 0 : WireWriter.VarintBytes((ulong)channel)) + WireWriter.VarintBytes(sequence);

    /// <summary>Fields before the bytes of a range.</summary>
    public static int RangeHeadBytes(int channel, ulong sequence, int total, int offset) =>
        WireWriter.VarintBytes((ulong)channel) + WireWriter.VarintBytes(sequence) + WireWriter.VarintBytes((ulong)total) + WireWriter.VarintBytes((ulong)offset);

    public static void WriteMessageHead(ref WireWriter writer, ItemKind kind, int channel, ulong sequence)
    {
        if (kind == ItemKind.Message)
            writer.WriteVarint((ulong)channel);
        writer.WriteVarint(sequence);
    }

    public static void WriteRangeHead(ref WireWriter writer, int channel, ulong sequence, int total, int offset)
    {
        writer.WriteVarint((ulong)channel);
        writer.WriteVarint(sequence);
        writer.WriteVarint((ulong)total);
        writer.WriteVarint((ulong)offset);
    }
}
