using System.Buffers.Binary;

namespace EdgePeer.Transports.Mqtt.Checking;

/// <summary>Takes one packet of a broker apart, from its start on. Nothing that stands in it throws.</summary>
internal ref struct PacketReader(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    public readonly int Left => _rest.Length;

    public bool TryReadByte(out byte value)
    {
        value = 0;
        if (!TryTake(1, out var taken))
            return false;
        value = taken[0];
        return true;
    }

    public bool TryReadUInt16(out ushort value)
    {
        value = 0;
        if (!TryTake(sizeof(ushort), out var taken))
            return false;
        value = BinaryPrimitives.ReadUInt16BigEndian(taken);
        return true;
    }

    public bool TryReadUInt32(out uint value)
    {
        value = 0;
        if (!TryTake(sizeof(uint), out var taken))
            return false;
        value = BinaryPrimitives.ReadUInt32BigEndian(taken);
        return true;
    }

    /// <summary>MQTT 5 §1.5.5, which wants the shortest form.</summary>
    public bool TryReadVariable(out int value)
    {
        if (ReadVariable(_rest, out value, out int length) != VariableRead.Whole || (length > 1 && _rest[length - 1] == 0))
            return false;
        _rest = _rest[length..];
        return true;
    }

    /// <summary>Bytes behind their length: MQTT 5 §1.5.4, §1.5.6.</summary>
    public bool TryReadBlock(out ReadOnlySpan<byte> block)
    {
        block = default;
        return TryReadUInt16(out ushort length) && TryTake(length, out block);
    }

    public bool TryTake(int count, out ReadOnlySpan<byte> taken)
    {
        taken = default;
        if (count > _rest.Length)
            return false;
        taken = _rest[..count];
        _rest = _rest[count..];
        return true;
    }

    /// <summary>Reads seven bits a byte, the least first, in at most four bytes.</summary>
    public static VariableRead ReadVariable(ReadOnlySpan<byte> bytes, out int value, out int length)
    {
        (value, length) = (0, 0);
        while (length < bytes.Length)
        {
            byte one = bytes[length];
            value |= (one & 0x7f) << (7 * length++);
            if (one < 0x80)
                return VariableRead.Whole;
            if (length == LengthMax)
                return VariableRead.TooLong;
        }
        return VariableRead.Unfinished;
    }

    private const int LengthMax = 4;
}

internal enum VariableRead : byte
{
    Whole,

    /// <summary>More bytes are to come.</summary>
    Unfinished,

    TooLong,
}
