using System.Security.Cryptography;
using EdgePeer.Wire;

namespace EdgePeer.Runtime.Loop;

/// <summary>The operating system's randomness.</summary>
internal sealed class SystemRandom : IRandom
{
    public void Fill(Span<byte> bytes) => RandomNumberGenerator.Fill(bytes);
}
