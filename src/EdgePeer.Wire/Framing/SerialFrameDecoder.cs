using System.Buffers.Binary;

namespace EdgePeer.Wire.Framing;

/// <summary>
/// Finds the frames in what a serial line brings, however it is cut. Holds one frame's bytes at most, never throws, and goes
/// on at the next delimiter after anything that is not a frame.
/// </summary>
public sealed class SerialFrameDecoder
{
    private readonly byte[] _encoded = new byte[SerialFraming.LineBytesMax(SerialFraming.FrameBytesMax)];
    private int _length;
    private bool _overlong;

    /// <summary>Stretches between delimiters that were no frame: noise, a wrong checksum, an illegal destination.</summary>
    public long BadFrames { get; private set; }

    /// <summary>Part of a frame has come, and its end has not.</summary>
    public bool InFrame => _length > 0;

    /// <summary>Takes bytes from the front of <paramref name="bytes"/> up to the end of the first good frame in them.</summary>
    /// <returns>False when all bytes are taken and no frame has ended.</returns>
    public bool TryRead(ref ReadOnlySpan<byte> bytes, out SerialFrame frame)
    {
        while (!bytes.IsEmpty)
        {
            int end = bytes.IndexOf(SerialFraming.Delimiter);
            Append(end < 0 ? bytes : bytes[..end]);
            bytes = end < 0 ? default : bytes[(end + 1)..];
            if (end >= 0 && TryFinish(out frame))
                return true;
        }
        frame = default;
        return false;
    }

    /// <summary>Forgets the frame that has begun: the line was opened anew.</summary>
    public void Reset()
    {
        _length = 0;
        _overlong = false;
    }

    private void Append(ReadOnlySpan<byte> part)
    {
        int taken = Math.Min(part.Length, _encoded.Length - _length);
        part[..taken].CopyTo(_encoded.AsSpan(_length));
        _length += taken;
        _overlong |= taken < part.Length;
    }

    private bool TryFinish(out SerialFrame frame)
    {
        var encoded = _encoded.AsSpan(0, _length);
        bool whole = !_overlong;
        Reset();
        frame = default;
        if (encoded.IsEmpty)
            return false;
        if (whole && TryOpen(encoded, out frame))
            return true;
        BadFrames++;
        return false;
    }

    private static bool TryOpen(Span<byte> encoded, out SerialFrame frame)
    {
        frame = default;
        int lineBytes = encoded.Length + 1;
        if (!Cobs.TryDecode(encoded, encoded, out int length))
            return false;
        int frameBytes = length - 1 - ChecksumBytes(encoded[..length]);
        if (frameBytes is < 1 or > SerialFraming.FrameBytesMax)
            return false;
        var covered = encoded[..(1 + frameBytes)];
        byte destination = (byte)(encoded[0] & ~SerialFraming.YieldBit);
        if (destination == 0)
            return false;
        frame = new SerialFrame
        {
            Destination = destination,
            Yields = (encoded[0] & SerialFraming.YieldBit) != 0,
            Fingerprint = Crc32C.Compute(covered),
            LineBytes = lineBytes,
            Frame = encoded.Slice(1, frameBytes),
        };
        return true;
    }

    /// <returns>The length of the checksum that is right; all of the envelope where none is.</returns>
    private static int ChecksumBytes(ReadOnlySpan<byte> envelope)
    {
        if (envelope.Length >= SerialFraming.EnvelopeBytes && envelope[^SerialFraming.ChecksumBytes] == Crc8.Compute(envelope[..^SerialFraming.ChecksumBytes]))
            return SerialFraming.ChecksumBytes;
        // Agents of version 1 put a CRC-32C there. Their frames are heard so far that the node can say whom it does not understand.
        bool ofVersionOne = envelope.Length > 1 + sizeof(uint) && FrameHead.Of(envelope[1]).Version == 1
            && BinaryPrimitives.ReadUInt32LittleEndian(envelope[^sizeof(uint)..]) == Crc32C.Compute(envelope[..^sizeof(uint)]);
        return ofVersionOne ? sizeof(uint) : envelope.Length;
    }
}
