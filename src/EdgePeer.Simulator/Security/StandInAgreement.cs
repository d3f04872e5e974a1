using System.Buffers.Binary;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Security;

/// <summary>
/// Diffie and Hellman's own function over a field small enough to be quick, with keys as long as P-256's. Not secure; nobody
/// here takes logarithms.
/// </summary>
internal sealed class StandInAgreement : IKeyAgreement
{
    public string Name => "P256";

    public int PublicKeyBytes => 33;

    public int SecretBytes => 32;

    public IKeyPair Generate(IRandom random) => new StandInKey(random);

    public bool IsPublicKey(ReadOnlySpan<byte> bytes) => TryRead(bytes, out _);

    public static bool TryRead(ReadOnlySpan<byte> bytes, out ulong element)
    {
        element = 0;
        if (bytes.Length != 33 || bytes[0] != 2 || bytes[1..25].ContainsAnyExcept((byte)0))
            return false;
        element = BinaryPrimitives.ReadUInt64BigEndian(bytes[25..]);
        return element > 1 && element < Prime - 1;
    }

    public static void Write(ulong element, Span<byte> bytes)
    {
        bytes.Clear();
        bytes[0] = 2;
        BinaryPrimitives.WriteUInt64BigEndian(bytes[25..], element);
    }

    public static ulong Power(ulong element, ulong exponent)
    {
        ulong result = 1;
        for (; exponent > 0; exponent >>= 1, element = Product(element, element))
            if ((exponent & 1) == 1)
                result = Product(result, element);
        return result;
    }

    private static ulong Product(ulong a, ulong b) => (ulong)((UInt128)a * b % Prime);

    // 2^61 - 1, and a generator of a large subgroup.
    public const ulong Prime = (1UL << 61) - 1;
    public const ulong Generator = 37;
}

/// <summary>A key pair of <see cref="StandInAgreement"/>.</summary>
internal sealed class StandInKey : IKeyPair
{
    private readonly ulong _exponent;
    private readonly byte[] _publicKey = new byte[33];

    public StandInKey(IRandom random)
    {
        ulong element;
        do
        {
            _exponent = random.NextUInt64() >> 3;
            element = StandInAgreement.Power(StandInAgreement.Generator, _exponent);
            StandInAgreement.Write(element, _publicKey);
        }
        while (!StandInAgreement.TryRead(_publicKey, out _));
    }

    public ReadOnlySpan<byte> PublicKey => _publicKey;

    public bool TryAgree(ReadOnlySpan<byte> other, Span<byte> secret)
    {
        if (!StandInAgreement.TryRead(other, out ulong element))
            return false;
        secret.Clear();
        BinaryPrimitives.WriteUInt64BigEndian(secret, StandInAgreement.Power(element, _exponent));
        return true;
    }

    public void Dispose()
    {
    }
}
