namespace EdgePeer.Wire;

public enum FrameKind : byte
{
    Beacon = 0,
    Open = 1,
    Accept = 2,

    /// <summary>With a tag of 16 bytes.</summary>
    Packet = 3,
    Hint = 4,
    Confirm = 5,
    Cookie = 6,

    /// <summary>With a tag of 8 bytes.</summary>
    ShortTagPacket = 7,
}

/// <summary>The first octet of every frame: version, kind, and two bits that belong to the kind. WIRE.md, "Frame".</summary>
public readonly record struct FrameHead(byte Version, FrameKind Kind, byte Bits)
{
    public const byte CurrentVersion = 2;

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

    /// <summary>No key fits: damaged, forged, or of another group or session.</summary>
    NotForUs,

    /// <summary>Genuine, and of no use: it came before, or belongs to nothing that is open here.</summary>
    Stale,
}
