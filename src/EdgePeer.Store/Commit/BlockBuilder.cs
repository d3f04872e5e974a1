namespace EdgePeer.Store;

/// <summary>The block of the batch that is being made.</summary>
/// <param name="buffer">Lent until the batch is done.</param>
/// <param name="blockBytesMax">Header included.</param>
internal sealed class BlockBuilder(Segment segment, byte[] buffer, int blockBytesMax)
{
    public Segment Segment { get; } = segment;

    public RecordWriter Writer { get; } = new(buffer, BlockHeader.SizeBytes, segment.Seed);

    /// <summary>Where the next record will lie in the segment.</summary>
    public int Position => Segment.End + Writer.Length;

    public int RecordBytes => Writer.Length - BlockHeader.SizeBytes;

    public bool Fits(int recordBytes) => Writer.Length + recordBytes <= blockBytesMax;

    /// <summary>Writes header and padding.</summary>
    public ReadOnlyMemory<byte> Finish(ulong number, ulong durable)
    {
        var header = new BlockHeader(Segment.Generation, Segment.Nonce, number, durable, RecordBytes);
        header.Write(buffer);
        buffer.AsSpan(Writer.Length..header.BlockBytes).Clear();
        return buffer.AsMemory(0, header.BlockBytes);
    }
}
