using System.Buffers.Binary;

namespace EdgePeer.Wire;

/// <summary>
/// Reads fields from the front of a span. The first field that is missing or illegal sets <see cref="Failed"/>, after which
/// every read gives zero: a reader is checked once, at the end.
/// </summary>
public ref struct WireReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public bool Failed { get; private set; }

    public readonly int Remaining => _rest.Length;

    public byte ReadByte()
    {
        var field = ReadBytes(1);
        return field.Length == 1 ? field[0] : (byte)0;
    }

    public ushort ReadUInt16()
    {
        var field = ReadBytes(2);
        return field.Length == 2 ? BinaryPrimitives.ReadUInt16BigEndian(field) : (ushort)0;
    }

    public uint ReadUInt32()
    {
        var field = ReadBytes(4);
        return field.Length == 4 ? BinaryPrimitives.ReadUInt32BigEndian(field) : 0;
    }

    public ulong ReadUInt64()
    {
        var field = ReadBytes(8);
        return field.Length == 8 ? BinaryPrimitives.ReadUInt64BigEndian(field) : 0;
    }

    /// <summary>Unsigned LEB128 in at most nine bytes (63 bits), shortest form only.</summary>
    public ulong ReadVarint()
    {
        ulong value = 0;
        for (int i = 0; i < 9 && i < _rest.Length; i++)
        {
            byte b = _rest[i];
            value |= (ulong)(b & 0x7f) << (7 * i);
            if (b >= 0x80)
                continue;
            if (b == 0 && i > 0)
                break;
            _rest = _rest[(i + 1)..];
            return value;
        }
        Fail();
        return 0;
    }

    /// <summary>A varint that must not exceed <paramref name="max"/>.</summary>
    public int ReadVarint(int max)
    {
        ulong value = ReadVarint();
        if (value <= (ulong)max)
            return (int)value;
        Fail();
        return 0;
    }

    public PeerId ReadPeerId()
    {
        var field = ReadBytes(PeerId.SizeBytes);
        return field.Length == PeerId.SizeBytes ? PeerId.Read(field) : default;
    }

    /// <summary>A name with its length in one byte before it; empty when illegal.</summary>
    public string ReadName()
    {
        var field = ReadBytes(ReadByte());
        foreach (byte b in field)
            if (b >= 0x80)
            {
                Fail();
                return "";
            }
        return System.Text.Encoding.ASCII.GetString(field);
    }

    public LinkAddress ReadAddress()
    {
        int length = ReadByte();
        if (length > LinkAddress.LengthMax)
            Fail();
        return new LinkAddress(Failed ? default : ReadBytes(length));
    }

    public ReadOnlySpan<byte> ReadBytes(int count)
    {
        if (count > _rest.Length || Failed)
        {
            Fail();
            return default;
        }
        var field = _rest[..count];
        _rest = _rest[count..];
        return field;
    }

    public ReadOnlySpan<byte> ReadRest() => ReadBytes(_rest.Length);

    public void Fail()
    {
        Failed = true;
        _rest = default;
    }
}
