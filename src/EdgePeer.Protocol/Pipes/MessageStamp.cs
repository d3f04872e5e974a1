using System.Buffers.Binary;

namespace EdgePeer.Protocol.Pipes;

/// <summary>
/// What a lane that is written here keeps behind the bytes of each message in the journal, and never sends: one byte, and before it, where
/// that is 1, the running time in milliseconds at which the message expires, in 8 bytes, big-endian.
/// </summary>
internal static class MessageStamp
{
    public const int BytesMax = 9;

    public static int Size(long? expiresAtMs) => expiresAtMs is null ? 1 : BytesMax;

    public static void Write(Span<byte> stamp, long? expiresAtMs)
    {
        stamp[^1] = expiresAtMs is null ? (byte)0 : (byte)1;
        if (expiresAtMs is { } at)
            BinaryPrimitives.WriteInt64BigEndian(stamp, at);
    }

    /// <param name="storedBytes">Of the message with its stamp.</param>
    /// <returns>False when the medium does not give it back.</returns>
    public static bool TryRead(IRetransmitBuffer buffer, uint stream, ulong sequence, int storedBytes, out int stampBytes, out long? expiresAtMs)
    {
        Span<byte> stamp = stackalloc byte[BytesMax];
        stampBytes = 1;
        expiresAtMs = null;
        if (storedBytes == 0 || !buffer.TryRead(stream, sequence, storedBytes - 1, stamp[^1..]))
            return false;
        if (stamp[^1] == 0)
            return true;
        stampBytes = BytesMax;
        if (storedBytes < BytesMax || !buffer.TryRead(stream, sequence, storedBytes - BytesMax, stamp))
            return false;
        expiresAtMs = BinaryPrimitives.ReadInt64BigEndian(stamp);
        return true;
    }
}

/// <param name="TotalBytes">Without the stamp.</param>
internal readonly record struct StampedMessage(ulong Sequence, int TotalBytes, long? ExpiresAtMs);
