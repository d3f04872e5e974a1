namespace EdgePeer.Wire.Framing;

/// <summary>CRC-8 of AUTOSAR (x^8 + x^5 + x^3 + x^2 + x + 1): the checksum of serial frames. SERIAL.md, "On the line".</summary>
public static class Crc8
{
    public static byte Compute(ReadOnlySpan<byte> bytes)
    {
        byte crc = 0xFF;
        foreach (byte b in bytes)
            crc = Table[crc ^ b];
        return (byte)~crc;
    }

    private static byte[] MakeTable()
    {
        byte[] table = new byte[256];
        for (int i = 0; i < table.Length; i++)
        {
            int crc = i;
            for (int bit = 0; bit < 8; bit++)
                crc = (crc << 1) ^ (crc >= 0x80 ? Polynomial : 0);
            table[i] = (byte)crc;
        }
        return table;
    }

    private const int Polynomial = 0x12F;
    private static readonly byte[] Table = MakeTable();
}
