using System.Security.Cryptography;

namespace EdgePeer.Protocol.Cryptography;

/// <summary>
/// A point of P-256 in 33 bytes: 2 or 3 for the parity of y, and x (SEC 1, §2.3.3). Taken apart here, because .NET imports
/// whole points only. Points are public, so this need not take the same time for all.
/// </summary>
internal static class CompressedPoint
{
    public const int Bytes = 1 + P256Field.Bytes;

    public static void Write(in ECPoint point, Span<byte> into)
    {
        into[0] = (byte)(EvenY | (point.Y![^1] & 1));
        point.X.CopyTo(into[1..Bytes]);
    }

    /// <returns>False when the bytes are no point of the curve.</returns>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ECPoint point)
    {
        byte[] x = new byte[P256Field.Bytes], y = new byte[P256Field.Bytes];
        point = new ECPoint { X = x, Y = y };
        return TryDecompress(bytes, x, y);
    }

    /// <summary>The range of x and the curve's equation are checked, so what comes of it is a point of prime order. Infinity has no such form.</summary>
    public static bool TryDecompress(ReadOnlySpan<byte> bytes, Span<byte> x, Span<byte> y)
    {
        if (bytes.Length != Bytes || bytes[0] is not (EvenY or OddY) || !P256Field.TryRead(bytes[1..], out var fieldX))
            return false;
        if (!RightSide(fieldX).TrySquareRoot(out var fieldY))
            return false;
        fieldY.Write(y);
        // No point has y = 0, which would have no negative: the order is odd.
        if ((y[^1] & 1) != (bytes[0] & 1))
            fieldY.Negate().Write(y);
        bytes[1..].CopyTo(x);
        return true;
    }

    /// <summary>x³ - 3x + b</summary>
    private static P256Field RightSide(in P256Field x) => ((x * x - Three) * x) + B;

    private const byte EvenY = 2;
    private const byte OddY = 3;

    private static readonly P256Field Three = Constant("0000000000000000000000000000000000000000000000000000000000000003");
    private static readonly P256Field B = Constant("5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B");

    private static P256Field Constant(string hex) =>
        P256Field.TryRead(Convert.FromHexString(hex), out var value) ? value : throw new InvalidOperationException($"{hex} is not below the prime");
}
