using System.Buffers.Binary;
using System.Globalization;

namespace EdgePeer.Wire;

/// <summary>
/// Names a peer: the first 16 bytes of the SHA-256 of its public key. Printed as 26 Crockford base-32 symbols and a
/// check symbol (value modulo 37), in groups of nine, so that it survives being read aloud.
/// </summary>
public readonly record struct PeerId(UInt128 Value) : IComparable<PeerId>
{
    public const int SizeBytes = 16;

    public static PeerId Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt128BigEndian(bytes));

    public void Write(Span<byte> bytes) => BinaryPrimitives.WriteUInt128BigEndian(bytes, Value);

    public int CompareTo(PeerId other) => Value.CompareTo(other.Value);

    public override string ToString()
    {
        Span<char> symbols = stackalloc char[27];
        var rest = Value;
        for (int i = 25; i >= 0; i--, rest >>= 5)
            symbols[i] = Alphabet[(int)(uint)(rest & 31)];
        symbols[26] = Alphabet[(int)(uint)(Value % 37)];
        return string.Create(CultureInfo.InvariantCulture, $"{symbols[..9]}-{symbols[9..18]}-{symbols[18..]}");
    }

    /// <summary>The first group of the printed form: enough for a person to tell the peers of a site apart.</summary>
    public string ToShortString() => ToString()[..9];

    /// <summary>Reads the printed form; case and hyphens do not matter, I and L read as 1, O as 0.</summary>
    /// <returns>False when a symbol is wrong, missing, or the check symbol does not fit.</returns>
    public static bool TryParse(string? text, out PeerId id)
    {
        id = default;
        var value = UInt128.Zero;
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
                id = new PeerId(value);
                if ((int)(uint)(value % 37) != digit)
                    return false;
                continue;
            }
            if (digit > 31 || (symbols == 1 && digit > 7))
                return false;
            value = (value << 5) | (uint)digit;
        }
        return symbols == 27;
    }

    // Crockford's alphabet; the last five stand only as check symbols.
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U";
}
