using System.Security.Cryptography;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Groups;

/// <summary>What a peer's key makes of it.</summary>
public static class PeerIdentity
{
    /// <summary>The first 16 bytes of SHA-256 over the public key, so that nobody without the key can claim it.</summary>
    public static PeerId Of(ReadOnlySpan<byte> publicKey)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(publicKey, hash);
        return PeerId.Read(hash);
    }
}
