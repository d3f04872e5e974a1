using System.Buffers.Binary;
using System.Globalization;

namespace EdgePeer.Wire;

/// <summary>
/// Names a peer: the first 16 bytes of the SHA-256 of its public key. Printed as 26 Crockford base-32 symbols and a
/// check symbol (value modulo 37), in groups of nine, so that it survives being read aloud.
/// </summary>
public readonly record struct PeerId : IComparable<PeerId>
{
    public const int SizeBytes = 16;

    // Two halves: the runtime does not compile ahead what passes a UInt128, and peer ids are passed everywhere.
    private readonly ulong _high;
    private readonly ulong _low;

    public PeerId(ulong high, ulong low) => (_high, _low) = (high, low);

    public static PeerId Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));

    public void Write(Span<byte> bytes)
    {
        BinaryPrimitives.WriteUInt64BigEndian(bytes, _high);
        BinaryPrimitives.WriteUInt64BigEndian(bytes[8..], _low);
    }

    public int CompareTo(PeerId other) => _high != other._high ? _high.CompareTo(other._high) : _low.CompareTo(other._low);

    public override string ToString()
    {
        Span<char> symbols = stackalloc char[27];
        var (high, low) = (_high, _low);
        for (int i = 25; i >= 0; i--, (high, low) = (high >> 5, (high << 59) | (low >> 5)))
            symbols[i] = Alphabet[(int)(low & 31)];
        symbols[26] = Alphabet[Check];
        return string.Create(CultureInfo.InvariantCulture, $"{symbols[..9]}-{symbols[9..18]}-{symbols[18..]}");
    }

    /// <summary>The first group of the printed form: enough for a person to tell the peers of a site apart.</summary>
    public string ToShortString() => ToString()[..9];

    /// <summary>Reads the printed form; case and hyphens do not matter, I and L read as 1, O as 0.</summary>
    /// <returns>False when a symbol is wrong, missing, or the check symbol does not fit.</returns>
    public static bool TryParse(string? text, out PeerId id)
    {
        id = default;
        var (high, low) = (0UL, 0UL);
        int symbols = 0;
        foreach (char raw in text ?? "")
        {
            if (raw == '-')
                continue;
            char symbol = char.ToUpperInvariant(raw) switch { 'I' or 'L' => '1', 'O' => '0', var c => c };
            int digit = Alphabet.IndexOf(symbol, StringComparison.Ordinal);
            if (digit < 0 || symbols > 26)
                return false;
            if (symbols++ == 26)
            {
                id = new PeerId(high, low);
                if (id.Check != digit)
                    return false;
                continue;
            }
            if (digit > 31 || (symbols == 1 && digit > 7))
                return false;
            (high, low) = ((high << 5) | (low >> 59), (low << 5) | (uint)digit);
        }
        return symbols == 27;
    }

    // The value modulo 37; 2^64 is 12 modulo 37.
    private int Check => (int)(((_high % 37 * 12) + (_low % 37)) % 37);

    // Crockford's alphabet; the last five stand only as check symbols.
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U";
}
