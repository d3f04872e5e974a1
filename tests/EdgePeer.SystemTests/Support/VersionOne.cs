using System.Buffers.Binary;
using EdgePeer.Wire;
using EdgePeer.Wire.Framing;

namespace EdgePeer.SystemTests.Support;

/// <summary>What an agent of wire version 1 said: the worked examples of its document, of peer 00112233… in group "farm".</summary>
internal static class VersionOne
{
    public static readonly byte[] Beacon = Convert.FromHexString("2000112233445566778899AABBCCDDEEFF01020304050607089003CAFEF00D012A066261726E2D33A29AACBB");

    public static readonly byte[] Open = Convert.FromHexString("2400112233445566778899AABBCCDDEEFF010203040506070800000000000000005A010240012AD843DCF0");

    public static readonly byte[] Accept = Convert.FromHexString("28FFEEDDCCBBAA998877665544332211001112131415161718010203040506070877C202400111AFE04599");

    public static readonly byte[] Hint = Convert.FromHexString("3077C264C94B48");

    public static readonly byte[] Packet = Convert.FromHexString("2D77C212340206E8077B0400018902AC0232312E356AE69D3D");

    public static IReadOnlyList<byte[]> Frames => [Beacon, Open, Accept, Hint, Packet];

    /// <summary>The frame for everyone, in the envelope of that version, after silence: its checksum is a CRC-32C.</summary>
    public static byte[] OnTheLine(byte[] frame)
    {
        byte[] envelope = [SerialFraming.Everyone, .. frame, 0, 0, 0, 0];
        BinaryPrimitives.WriteUInt32LittleEndian(envelope.AsSpan(1 + frame.Length), Crc32C.Compute(envelope.AsSpan(0, 1 + frame.Length)));
        byte[] line = new byte[Cobs.EncodedBytesMax(envelope.Length)];
        return [SerialFraming.Delimiter, .. line[..Cobs.Encode(envelope, line)], SerialFraming.Delimiter];
    }
}
