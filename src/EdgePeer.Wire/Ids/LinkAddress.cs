using System.Buffers.Binary;

namespace EdgePeer.Wire;

/// <summary>
/// Where a neighbour is on one transport: 0 to 24 bytes that only the transport understands (an IP address and port, a
/// one-byte radio address). The empty address stands for "everyone here", and for "unknown" as a source.
/// </summary>
public readonly record struct LinkAddress : IComparable<LinkAddress>
{
    public const int LengthMax = 24;

    private readonly ulong _first, _second, _third;
    private readonly byte _length;

    public LinkAddress(ReadOnlySpan<byte> bytes)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes.Length, LengthMax);
        Span<byte> padded = stackalloc byte[LengthMax];
        bytes.CopyTo(padded);
        _first = BinaryPrimitives.ReadUInt64BigEndian(padded);
        _second = BinaryPrimitives.ReadUInt64BigEndian(padded[8..]);
        _third = BinaryPrimitives.ReadUInt64BigEndian(padded[16..]);
        _length = (byte)bytes.Length;
    }

    public static LinkAddress Broadcast => default;

    public int Length => _length;

    public bool IsBroadcast => _length == 0;

    /// <returns>The number of bytes written.</returns>
    public int CopyTo(Span<byte> bytes)
    {
        Span<byte> padded = stackalloc byte[LengthMax];
        BinaryPrimitives.WriteUInt64BigEndian(padded, _first);
        BinaryPrimitives.WriteUInt64BigEndian(padded[8..], _second);
        BinaryPrimitives.WriteUInt64BigEndian(padded[16..], _third);
        padded[.._length].CopyTo(bytes);
        return _length;
    }

    public int CompareTo(LinkAddress other) =>
        _length != other._length ? _length.CompareTo(other._length)
        : _first != other._first ? _first.CompareTo(other._first)
        : _second != other._second ? _second.CompareTo(other._second)
        : _third.CompareTo(other._third);

    public override string ToString()
    {
        Span<byte> bytes = stackalloc byte[LengthMax];
        return _length == 0 ? "everyone" : Convert.ToHexStringLower(bytes[..CopyTo(bytes)]);
    }
}
