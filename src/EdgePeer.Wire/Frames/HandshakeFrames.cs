namespace EdgePeer.Wire;

/// <summary>Which handshake. WIRE.md, "Handshakes".</summary>
public enum HandshakeKind : byte
{
    /// <summary>With a stranger: Noise XXpsk0, three messages.</summary>
    Stranger = 0,

    /// <summary>With a peer whose key is known: Noise IKpsk0, two messages.</summary>
    Known = 1,
}

/// <summary>The first message of a handshake: what stands before it in the clear. WIRE.md, "Open".</summary>
/// <param name="Suite">Number of the suite for packets on the link that it is made on.</param>
/// <param name="Label">What the sender wants to see on packets to it; its three low bits are zero, and the others are not all.</param>
/// <param name="Address">The sender's chosen address; empty where the transport tells it.</param>
/// <param name="Cookie">What a busy peer asked to see; else zero.</param>
public readonly record struct OpenHeader(HandshakeKind Kind, byte Suite, ushort Label, LinkAddress Address, ulong Cookie)
{
    /// <summary>An opening is never shorter than the longest acceptance, so that no answer is larger than its cause.</summary>
    public const int FrameBytesMin = AcceptHeader.FrameBytesMax;

    public void Write(ref WireWriter writer)
    {
        writer.WriteByte(FrameHead.For(FrameKind.Open, (int)Kind));
        writer.WriteByte(Suite);
        writer.WriteUInt16(Label);
        writer.WriteAddress(Address);
        writer.WriteUInt64(Cookie);
    }

    public static bool TryRead(ref WireReader reader, out OpenHeader header)
    {
        byte bits = FrameHead.Of(reader.ReadByte()).Bits;
        header = new OpenHeader((HandshakeKind)bits, reader.ReadByte(), reader.ReadUInt16(), reader.ReadAddress(), reader.ReadUInt64());
        return !reader.Failed && bits <= (int)HandshakeKind.Known && Labels.Legal(header.Label);
    }
}

/// <summary>The second message of a handshake: what stands before it in the clear. WIRE.md, "Accept".</summary>
/// <param name="ToLabel">The opener's.</param>
public readonly record struct AcceptHeader(HandshakeKind Kind, ushort ToLabel)
{
    public const int Bytes = 3;

    /// <summary>Header, point, static key and parameters with their tags, code.</summary>
    public const int FrameBytesMax = Bytes + 33 + 33 + 16 + HandshakeParameters.AcceptBytes + 16 + GroupCode.Bytes;

    public void Write(ref WireWriter writer)
    {
        writer.WriteByte(FrameHead.For(FrameKind.Accept, (int)Kind));
        writer.WriteUInt16(ToLabel);
    }

    public static bool TryRead(ref WireReader reader, out AcceptHeader header)
    {
        byte bits = FrameHead.Of(reader.ReadByte()).Bits;
        header = new AcceptHeader((HandshakeKind)bits, reader.ReadUInt16());
        return !reader.Failed && bits <= (int)HandshakeKind.Known;
    }
}

/// <summary>The third message of a handshake with a stranger: what stands before it in the clear. WIRE.md, "Confirm".</summary>
/// <param name="ToLabel">The accepter's.</param>
public readonly record struct ConfirmHeader(ushort ToLabel)
{
    public const int Bytes = 3;

    public void Write(ref WireWriter writer)
    {
        writer.WriteByte(FrameHead.For(FrameKind.Confirm));
        writer.WriteUInt16(ToLabel);
    }

    public static bool TryRead(ref WireReader reader, out ConfirmHeader header)
    {
        reader.ReadByte();
        header = new ConfirmHeader(reader.ReadUInt16());
        return !reader.Failed;
    }
}

/// <summary>What the two say of themselves inside a handshake, sealed. WIRE.md, "Parameters".</summary>
/// <param name="Boot">The sender's; random, new at each start.</param>
/// <param name="FrameBytesMax">The largest frame that the sender takes on this link.</param>
public readonly record struct HandshakeParameters(ulong Boot, int FrameBytesMax)
{
    public const int Bytes = 10;

    /// <summary>In an acceptance the accepter's label follows.</summary>
    public const int AcceptBytes = Bytes + 2;

    public void Write(ref WireWriter writer)
    {
        writer.WriteUInt64(Boot);
        writer.WriteUInt16((ushort)FrameBytesMax);
    }

    public static bool TryRead(ref WireReader reader, out HandshakeParameters parameters)
    {
        parameters = new HandshakeParameters(reader.ReadUInt64(), reader.ReadUInt16());
        return !reader.Failed && parameters.Boot != 0 && parameters.FrameBytesMax >= FrameBytesMin;
    }

    /// <summary>No transport takes less: a binding with two names of 64 bytes must fit one frame.</summary>
    public const int FrameBytesMin = 200;
}

/// <summary>"Say that again, with this": from a peer that has much to do with handshakes. WIRE.md, "Cookie".</summary>
public readonly record struct CookieFrame(ushort ToLabel, ulong Cookie)
{
    public const int Bytes = 3 + 8 + GroupCode.Bytes;

    public void Write(ref WireWriter writer)
    {
        writer.WriteByte(FrameHead.For(FrameKind.Cookie));
        writer.WriteUInt16(ToLabel);
        writer.WriteUInt64(Cookie);
    }

    public static bool TryRead(ref WireReader reader, out CookieFrame cookie)
    {
        reader.ReadByte();
        cookie = new CookieFrame(reader.ReadUInt16(), reader.ReadUInt64());
        return !reader.Failed && cookie.Cookie != 0;
    }
}
