using EdgePeer.Protocol.Cryptography;
using EdgePeer.Wire;

namespace EdgePeer.Tests.Protocol.Noise;

/// <summary>The curve of the published vectors, which .NET does not have.</summary>
internal sealed class X25519 : IKeyAgreement
{
    public string Name => "25519";

    public int PublicKeyBytes => 32;

    public int SecretBytes => 32;

    public bool IsPublicKey(ReadOnlySpan<byte> bytes) => bytes.Length == PublicKeyBytes;

    public IKeyPair Generate(IRandom random)
    {
        byte[] scalar = new byte[32];
        random.Fill(scalar);
        return new Pair(scalar);
    }

    public sealed class Pair : IKeyPair
    {
        private readonly byte[] _scalar;
        private readonly byte[] _publicKey = new byte[32];

        public Pair(byte[] scalar)
        {
            _scalar = scalar;
            Org.BouncyCastle.Math.EC.Rfc7748.X25519.ScalarMultBase(scalar, 0, _publicKey, 0);
        }

        public ReadOnlySpan<byte> PublicKey => _publicKey;

        public bool TryAgree(ReadOnlySpan<byte> other, Span<byte> secret)
        {
            byte[] common = new byte[32];
            bool isGood = Org.BouncyCastle.Math.EC.Rfc7748.X25519.CalculateAgreement(_scalar, 0, other.ToArray(), 0, common, 0);
            common.CopyTo(secret);
            return isGood;
        }

        public void Dispose()
        {
        }
    }
}
