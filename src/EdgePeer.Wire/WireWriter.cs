using System.Buffers.Binary;

namespace EdgePeer.Wire;

/// <summary>
/// Writes fields to the front of a span. Callers know the room: a field that does not fit is a bug and throws.
/// </summary>
public ref struct WireWriter(Span<byte> bytes)
{
    private readonly Span<byte> _bytes = bytes;

    public int Length { get; private set; }

    public readonly int Room => _bytes.Length - Length;

    public readonly Span<byte> Written => _bytes[..Length];

    public void WriteByte(byte value) => _bytes[Length++] = value;

    public void WriteUInt16(ushort value) => BinaryPrimitives.WriteUInt16BigEndian(Take(2), value);

    public void WriteUInt32(uint value) => BinaryPrimitives.WriteUInt32BigEndian(Take(4), value);

    public void WriteUInt64(ulong value) => BinaryPrimitives.WriteUInt64BigEndian(Take(8), value);

    /// <summary>Unsigned LEB128, shortest form; below 2^63.</summary>
    public void WriteVarint(ulong value)
    {
        while (value >= 0x80)
        {
            WriteByte((byte)(value | 0x80));
            value >>= 7;
        }
        WriteByte((byte)value);
    }

    public void WritePeerId(PeerId peer) => peer.Write(Take(PeerId.SizeBytes));

    public void WriteName(string name)
    {
        WriteByte((byte)name.Length);
        System.Text.Encoding.ASCII.GetBytes(name, Take(name.Length));
    }

    public void WriteAddress(in LinkAddress address)
    {
        WriteByte((byte)address.Length);
        address.CopyTo(Take(address.Length));
    }

    public void WriteBytes(scoped ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    /// <summary>The next bytes, to be filled by the caller.</summary>
    public Span<byte> Take(int count)
    {
        var field = _bytes.Slice(Length, count);
        Length += count;
        return field;
    }

    /// <summary>Takes back all after that length.</summary>
    public void Rewind(int length) => Length = length;

    public static int VarintBytes(ulong value)
    {
        int bytes = 1;
        for (; value >= 0x80; value >>= 7)
            bytes++;
        return bytes;
    }
}
