using System.Buffers.Binary;

namespace EdgePeer.Transports.Mqtt;

/// <summary>Several frames in the payload of one publish, each behind two bytes of its length: MQTT.md.</summary>
internal sealed class FrameBatch
{
    private readonly byte[] _bytes = new byte[Limits.BatchBytesMax];
    private int _length;

    public bool IsEmpty => _length == 0;

    public int Frames { get; private set; }

    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, _length);

    public bool Fits(int frameBytes) => _length + LengthBytes + frameBytes <= _bytes.Length;

    public void Add(ReadOnlySpan<byte> frame)
    {
        BinaryPrimitives.WriteUInt16BigEndian(_bytes.AsSpan(_length), (ushort)frame.Length);
        frame.CopyTo(_bytes.AsSpan(_length + LengthBytes));
        _length += LengthBytes + frame.Length;
        Frames++;
    }

    public void Clear() => (_length, Frames) = (0, 0);

    /// <summary>Takes the next frame off the payload.</summary>
    /// <returns>False at its end, and where what is left is no frame.</returns>
    public static bool TryTake(ref ReadOnlySpan<byte> payload, out ReadOnlySpan<byte> frame)
    {
        frame = default;
        if (payload.Length <= LengthBytes)
            return false;
        int length = BinaryPrimitives.ReadUInt16BigEndian(payload);
        if (length is 0 or > Limits.FrameBytesMax || length > payload.Length - LengthBytes)
            return false;
        frame = payload.Slice(LengthBytes, length);
        payload = payload[(LengthBytes + length)..];
        return true;
    }

    public const int LengthBytes = 2;
}
