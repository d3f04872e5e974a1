using System.Buffers.Binary;

namespace EdgePeer.SystemTests.EndToEnd;

/// <summary>Messages that carry their number and bytes that follow from it.</summary>
internal sealed class NumberedMessages(string run, int bytes)
{
    /// <summary>Length of each; at least 8.</summary>
    public int Bytes => bytes;

    /// <summary>The sender's own id of a message: the same each time that it is posted.</summary>
    public string ClientId(int number) => $"{run}-{number}";

    public byte[] Payload(int number)
    {
        byte[] payload = new byte[bytes];
        new Random(number).NextBytes(payload);
        BinaryPrimitives.WriteInt64LittleEndian(payload, number);
        return payload;
    }

    /// <summary>The number that a payload carries; null when it is not, byte for byte, that message.</summary>
    public int? NumberOf(byte[] payload)
    {
        if (payload.Length != bytes)
            return null;
        int number = (int)BinaryPrimitives.ReadInt64LittleEndian(payload);
        return payload.AsSpan().SequenceEqual(Payload(number)) ? number : null;
    }
}
