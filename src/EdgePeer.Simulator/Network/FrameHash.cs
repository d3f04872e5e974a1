using System.Buffers.Binary;
using System.Numerics;

namespace EdgePeer.Simulator.Network;

/// <summary>A name for the bytes of a frame, the same in every run.</summary>
internal static class FrameHash
{
    public static ulong Of(ReadOnlySpan<byte> frame)
    {
        ulong hash = (ulong)frame.Length;
        for (; frame.Length >= 8; frame = frame[8..])
            hash = Mix(hash ^ BinaryPrimitives.ReadUInt64LittleEndian(frame));
        foreach (byte b in frame)
            hash = Mix(hash ^ b);
        return hash;
    }

    private static ulong Mix(ulong value)
    {
        value = BitOperations.RotateLeft(value * 0x9E3779B97F4A7C15, 29);
        return value * 0xBF58476D1CE4E5B9;
    }
}
