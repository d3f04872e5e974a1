using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Groups;
using EdgePeer.Simulator.Clock;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Network;

/// <summary>Makes frames that no member has made.</summary>
internal sealed class Forger(SeededRandom random)
{
    private readonly GroupKeys _group = new(World.Group, GroupSecret.OfName("another secret").Bytes);

    /// <summary>What was heard, with bits flipped, cut short, made longer, or with one field replaced.</summary>
    public byte[] Change(byte[] heard)
    {
        byte[] frame = [.. heard];
        switch (random.Below(5))
        {
            case 0:
                return frame[..random.Below(frame.Length)];
            case 1:
                byte[] more = new byte[random.Between(1, 9)];
                random.Fill(more);
                return [.. frame, .. more];
            case 2:
                // The code or the tag.
                frame[^random.Between(1, Math.Min(8, frame.Length))] ^= (byte)(1 << random.Below(8));
                return frame;
            case 3 when FrameHead.Of(frame[0]).Kind is FrameKind.Packet or FrameKind.ShortTagPacket && frame.Length > 3:
                // Another path of the same keys.
                frame[2] ^= (byte)random.Between(1, Labels.PathMax);
                return frame;
            default:
                int flips = random.Between(1, 4), at = random.Below(frame.Length);
                frame[at] ^= (byte)(1 << random.Below(8));
                for (; flips > 1; flips--)
                    frame[(at + flips) % frame.Length] ^= (byte)(1 << random.Below(8));
                return frame;
        }
    }

    /// <summary>Anything, mostly with a first octet that is right.</summary>
    public byte[] Noise(int frameBytesMax)
    {
        byte[] frame = new byte[random.Between(1, frameBytesMax)];
        random.Fill(frame);
        if (random.Chance(0.8))
            frame[0] = FrameHead.For((FrameKind)random.Below(8), random.Below(4));
        return frame;
    }

    /// <summary>A frame in whose form nothing is wrong, made by who does not have the group's secret.</summary>
    /// <param name="heard">Something that a member sent, whose fields are taken where they fit; null for nothing.</param>
    public byte[] UnderAnotherSecret(SimMedium medium, byte[]? heard)
    {
        ushort label = heard is { Length: > 4 } ? (ushort)((heard[1] << 8) | heard[2]) : (ushort)random.Below(1 << 16);
        var writer = new WireWriter(new byte[200]);
        switch (random.Below(6))
        {
            case 0:
                return Opening(medium);
            case 1:
                new AcceptHeader((HandshakeKind)random.Below(2), label).Write(ref writer);
                return Coded(ref writer, random.Chance(0.5) ? 33 + 49 + 28 : 33 + 28);
            case 2:
                new ConfirmHeader(label).Write(ref writer);
                return Coded(ref writer, 49 + 16);
            case 3:
                new CookieFrame(label, random.Next() | 1).Write(ref writer);
                return Coded(ref writer, 0);
            case 4:
                new HintFrame(label).Write(ref writer);
                return Coded(ref writer, 0);
            default:
                return Beacon(medium, heard);
        }
    }

    public byte[] Opening(SimMedium medium)
    {
        var kind = (HandshakeKind)random.Below(2);
        var writer = new WireWriter(new byte[200]);
        new OpenHeader(kind, (byte)(medium.Traits.BitsPerSecond > 0 ? 2 : 1), Labels.OfKeys((ushort)(random.Next() | 8)), default, 0).Write(ref writer);
        return Coded(ref writer, OpenHeader.FrameBytesMin - writer.Length - GroupCode.Bytes);
    }

    private byte[] Beacon(SimMedium medium, byte[]? heard)
    {
        ulong boot = random.Next();
        if (heard is not null && FrameHead.Of(heard[0]).Kind == FrameKind.Beacon && BeaconHeader.TryRead(heard, out var real) == FrameFault.None)
            boot = real.Boot;
        bool shortTag = medium.Traits.BitsPerSecond > 0;
        var writer = new WireWriter(new byte[200]);
        var header = new BeaconHeader(shortTag, boot, (uint)random.Next());
        header.Write(ref writer);
        byte[] id = new byte[PeerId.SizeBytes];
        random.Fill(id);
        new BeaconBody(PeerId.Read(id), 400, 1, 0, new LinkAddress([(byte)random.Between(1, 126)]), "stranger").Write(ref writer);
        var suite = shortTag ? CipherSuite.AesCcm8 : CipherSuite.ChaChaPoly;
        using var key = _group.BeaconKey(SystemCryptography.Instance, boot, suite);
        byte[] body = writer.Written[BeaconHeader.Bytes..].ToArray();
        writer.Take(key.TagBytes);
        Span<byte> nonce = stackalloc byte[ICipherKey.NonceBytes];
        nonce.Clear();
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(nonce[8..], header.Counter);
        key.Seal(nonce, writer.Written[..BeaconHeader.Bytes], body, writer.Written[BeaconHeader.Bytes..]);
        return writer.Written.ToArray();
    }

    /// <summary>A public key that is one, then noise, then a code.</summary>
    private byte[] Coded(ref WireWriter writer, int bytes)
    {
        var message = writer.Take(bytes);
        random.Fill(message);
        if (bytes >= 33)
        {
            message[..25].Clear();
            message[0] = 2;
            message[25] &= 0x1F;
        }
        _group.WriteCode(ref writer);
        return writer.Written.ToArray();
    }
}
