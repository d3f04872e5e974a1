namespace EdgePeer.Store;

/// <summary>LEB128 in its shortest form; JOURNAL.md, first paragraph.</summary>
internal static class Varint
{
    public const int SizeMax = 10;

    public static int Size(ulong value)
    {
        int size = 1;
        for (; value >= 0x80; value >>= 7)
            size++;
        return size;
    }

    /// <returns>The number of bytes written.</returns>
    public static int Write(Span<byte> into, ulong value)
    {
        int size = 0;
        for (; value >= 0x80; value >>= 7)
            into[size++] = (byte)(value | 0x80);
        into[size++] = (byte)value;
        return size;
    }

    /// <summary>Reads one and moves <paramref name="from"/> past it; false when it is cut, too long or not in its shortest form.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> from, out ulong value)
    {
        value = 0;
        for (int i = 0; i < from.Length && i < SizeMax; i++)
        {
            byte part = from[i];
            if (i == SizeMax - 1 && part > 1)
                return false;
            value |= (ulong)(part & 0x7F) << (7 * i);
            if (part >= 0x80)
                continue;
            if (part == 0 && i > 0)
                return false;
            from = from[(i + 1)..];
            return true;
        }
        return false;
    }
}
