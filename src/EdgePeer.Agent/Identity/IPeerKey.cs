using System.Security.Cryptography;
using EdgePeer.Wire;

namespace EdgePeer.Agent.Identity;

/// <summary>The key pair that a peer is known by. Behind an interface because a TPM or secure element may hold it and never give it out.</summary>
internal interface IPeerKey : IDisposable
{
    /// <summary>The P-256 public key as a compressed point: 33 bytes.</summary>
    ReadOnlySpan<byte> PublicPoint { get; }
}

internal static class PeerKeyExtensions
{
    /// <summary>The first 16 bytes of SHA-256 over the compressed public point, so that nobody without the key can claim it.</summary>
    public static PeerId PeerId(this IPeerKey key)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(key.PublicPoint, hash);
        return Wire.PeerId.Read(hash);
    }
}
