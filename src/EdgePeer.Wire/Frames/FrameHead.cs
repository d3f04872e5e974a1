namespace EdgePeer.Wire;

public enum FrameKind : byte
{
    Beacon = 0,
    Open = 1,
    Accept = 2,
    Packet = 3,
    Hint = 4,
}

/// <summary>The first octet of every frame: version, kind, and two bits that belong to the kind. WIRE.md, "Frame".</summary>
public readonly record struct FrameHead(byte Version, FrameKind Kind, byte Bits)
{
    public const byte CurrentVersion = 1;

    /// <summary>Every frame ends with so many bytes of tag.</summary>
    public const int TagBytes = 4;

    public byte ToByte() => (byte)((Version << 5) | ((byte)Kind << 2) | Bits);

    public static FrameHead Of(byte octet) => new((byte)(octet >> 5), (FrameKind)((octet >> 2) & 7), (byte)(octet & 3));

    public static byte For(FrameKind kind, int bits = 0) => new FrameHead(CurrentVersion, kind, (byte)bits).ToByte();
}

/// <summary>Why a frame from outside was dropped.</summary>
public enum FrameFault
{
    None,
    Empty,
    WrongVersion,
    UnknownKind,
    TooShort,
    Malformed,

    /// <summary>The tag does not fit: damaged, or of another group or session.</summary>
    WrongTag,
}
