using System.Security.Cryptography;
using EdgePeer.Wire;

namespace EdgePeer.Benchmarks;

internal sealed class SystemRandom : IRandom
{
    public void Fill(Span<byte> bytes) => RandomNumberGenerator.Fill(bytes);
}
