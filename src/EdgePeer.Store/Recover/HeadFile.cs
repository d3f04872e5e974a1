namespace EdgePeer.Store;

/// <summary>The file beside the segments that says how far the journal went.</summary>
/// <param name="Head">Null when nothing is known.</param>
/// <param name="NextSlot">The one that may be written: not that of <paramref name="Head"/>.</param>
internal readonly record struct HeadFile(JournalHead? Head, int NextSlot)
{
    public const int LengthBytes = 2 * BlockHeader.PageBytes;

    public static HeadFile Read(IFlash flash)
    {
        Span<byte> bytes = stackalloc byte[JournalHead.SizeBytes];
        var file = default(HeadFile);
        for (int slot = 0; slot < 2; slot++)
            if (flash.Read(IFlash.Head, slot * BlockHeader.PageBytes, bytes) == bytes.Length && JournalHead.TryRead(bytes, out var head) && !(head.Durable < file.Head?.Durable))
                file = new HeadFile(head, 1 - slot);
        return file;
    }
}
