using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Groups;

/// <summary>What the members of a group make of one secret. WIRE.md, "Group keys".</summary>
internal sealed class GroupKeys
{
    private readonly byte[] _psk;
    private readonly byte[] _code;
    private readonly byte[] _beacon;

    /// <param name="group">The group's name: two groups with one secret by mistake do not meet.</param>
    public GroupKeys(string group, ReadOnlySpan<byte> secret)
    {
        Span<byte> root = stackalloc byte[KeyBytes];
        HKDF.Extract(HashAlgorithmName.SHA256, secret, Encoding.UTF8.GetBytes("EdgePeer 2 " + group), root);
        _psk = Derive(root, "psk");
        _code = Derive(root, "code");
        _beacon = Derive(root, "beacon");
        CryptographicOperations.ZeroMemory(root);
    }

    /// <summary>The pre-shared key of handshakes.</summary>
    public ReadOnlySpan<byte> Psk => _psk;

    /// <summary>Appends the code of all written so far.</summary>
    public void WriteCode(ref WireWriter writer)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_code, writer.Written, hash);
        writer.WriteBytes(hash[..GroupCode.Bytes]);
    }

    public bool Fits(ReadOnlySpan<byte> covered, ReadOnlySpan<byte> code)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_code, covered, hash);
        return CryptographicOperations.FixedTimeEquals(hash[..GroupCode.Bytes], code);
    }

    /// <summary>The key of one boot's beacons; the caller disposes it.</summary>
    public ICipherKey BeaconKey(ICryptography cryptography, ulong boot, CipherSuite suite)
    {
        Span<byte> info = stackalloc byte[9];
        BinaryPrimitives.WriteUInt64BigEndian(info, boot);
        info[8] = (byte)suite;
        Span<byte> key = stackalloc byte[KeyBytes];
        HKDF.Expand(HashAlgorithmName.SHA256, _beacon, key, info);
        var made = cryptography.Cipher(suite).Create(key);
        CryptographicOperations.ZeroMemory(key);
        return made;
    }

    private static byte[] Derive(ReadOnlySpan<byte> root, string purpose)
    {
        byte[] key = new byte[KeyBytes];
        HKDF.Expand(HashAlgorithmName.SHA256, root, key, Encoding.ASCII.GetBytes(purpose));
        return key;
    }

    private const int KeyBytes = 32;
}
