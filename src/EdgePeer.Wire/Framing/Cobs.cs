namespace EdgePeer.Wire.Framing;

/// <summary>
/// Consistent overhead byte stuffing (Cheshire and Baker, 1997): any bytes become bytes without 0x00, one longer and one more
/// for every 254 bytes in a row that hold no zero.
/// </summary>
public static class Cobs
{
    public static int EncodedBytesMax(int bytes) => bytes + bytes / BlockBytesMax + 1;

    /// <param name="into">At least <see cref="EncodedBytesMax"/> bytes, apart from <paramref name="source"/>.</param>
    /// <returns>The number of bytes written.</returns>
    public static int Encode(ReadOnlySpan<byte> source, Span<byte> into)
    {
        int written = 0;
        while (true)
        {
            var block = source[..Math.Min(source.Length, BlockBytesMax)];
            int zero = block.IndexOf((byte)0);
            if (zero >= 0)
                block = block[..zero];
            into[written++] = (byte)(block.Length + 1);
            block.CopyTo(into[written..]);
            written += block.Length;
            if (zero < 0 && block.Length == source.Length)
                return written;
            // A full block stands for its bytes alone, any other for its bytes and the zero after them.
            source = source[(zero < 0 ? block.Length : zero + 1)..];
        }
    }

    /// <summary>Undoes <see cref="Encode"/>; <paramref name="into"/> may be the place where <paramref name="encoded"/> stands.</summary>
    /// <param name="into">At least as long as <paramref name="encoded"/>.</param>
    /// <returns>False for what no encoder makes: a zero, or a block that goes past the end.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, Span<byte> into, out int length)
    {
        length = 0;
        int read = 0;
        while (read < encoded.Length)
        {
            int code = encoded[read++];
            int blockBytes = code - 1;
            if (code == 0 || blockBytes > encoded.Length - read || encoded.Slice(read, blockBytes).Contains((byte)0))
                return false;
            encoded.Slice(read, blockBytes).CopyTo(into[length..]);
            read += blockBytes;
            length += blockBytes;
            if (blockBytes < BlockBytesMax && read < encoded.Length)
                into[length++] = 0;
        }
        return read > 0;
    }

    private const int BlockBytesMax = 254;
}
