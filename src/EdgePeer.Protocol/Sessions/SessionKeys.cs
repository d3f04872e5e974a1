using System.Buffers.Binary;
using System.Security.Cryptography;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Groups;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Sessions;

/// <summary>
/// What one handshake came to: a label at each end, and for each path, direction and suite a key of its own. Lives in memory
/// only; a session goes on when its keys are replaced. WIRE.md, "Keys".
/// </summary>
internal sealed class SessionKeys : IDisposable
{
    private readonly ICryptography _cryptography;
    private readonly byte[] _toThere;
    private readonly byte[] _toHere;
    private readonly ICipherKey?[] _sealing = new ICipherKey?[2 * (Labels.PathMax + 1)];
    private readonly ICipherKey?[] _opening = new ICipherKey?[2 * (Labels.PathMax + 1)];

    /// <param name="toThere">Secret for what goes to the other end, 32 bytes; owned from here on, and wiped.</param>
    /// <param name="toHere">Secret for what comes from there.</param>
    public SessionKeys(ICryptography cryptography, GroupKeys group, bool initiated, ulong order, byte[] toThere, byte[] toHere, Instant now)
    {
        _cryptography = cryptography;
        Group = group;
        Initiated = initiated;
        Order = order;
        _toThere = toThere;
        _toHere = toHere;
        MadeAt = LastOpenedAt = now;
    }

    /// <summary>Who the handshake has shown to be at the other end.</summary>
    public required PeerId Peer { get; init; }

    public required byte[] PeerKey { get; init; }

    public required HandshakeParameters There { get; init; }

    /// <summary>On packets to here, with a path in its low bits.</summary>
    public required ushort LocalLabel { get; init; }

    /// <summary>On packets from here.</summary>
    public required ushort RemoteLabel { get; init; }

    /// <summary>The group secret that the handshake was made under.</summary>
    public GroupKeys Group { get; }

    /// <summary>The handshake began here.</summary>
    public bool Initiated { get; }

    /// <summary>The first bytes of the handshake's hash: of two handshakes made at once the lower one seals.</summary>
    public ulong Order { get; }

    /// <summary>Null until the session uses them.</summary>
    public Session? Session { get; set; }

    /// <summary>The session has taken them up.</summary>
    public bool InUse { get; set; }

    public Instant MadeAt { get; }

    public Instant LastOpenedAt { get; private set; }

    public long PacketsSealed { get; private set; }

    public long PacketsOpened { get; private set; }

    public long PacketsForged { get; private set; }

    /// <summary>New ones are due: used long or often enough, or guessed at too often.</summary>
    public bool IsOld(Instant now) => IsWorn || (PacketsSealed > 0 && now - MadeAt >= Limits.KeysAgeMax);

    /// <summary>Whatever their age.</summary>
    public bool IsWorn => PacketsSealed >= Limits.PacketsPerKeysMax || PacketsForged >= Limits.ForgedPerKeysMax;

    public static CipherSuite Suite(bool shortTag) => shortTag ? CipherSuite.AesCcm8 : CipherSuite.ChaChaPoly;

    public static int TagBytes(bool shortTag) => shortTag ? 8 : 16;

    /// <param name="packet">Header, items, and room for the tag; sealed in place.</param>
    public void Seal(int path, bool shortTag, ulong number, Span<byte> packet, int headerBytes)
    {
        Span<byte> nonce = stackalloc byte[ICipherKey.NonceBytes];
        WriteNonce(nonce, path, number);
        var items = packet[headerBytes..^TagBytes(shortTag)];
        Key(_sealing, _toThere, path, shortTag).Seal(nonce, packet[..1], items, packet[headerBytes..]);
        PacketsSealed++;
    }

    /// <param name="items">As long as the sealed part without its tag.</param>
    public bool TryOpen(int path, bool shortTag, ulong number, ReadOnlySpan<byte> packet, int headerBytes, Span<byte> items, Instant now)
    {
        if (!Fits(path, shortTag, number, packet, headerBytes, items))
        {
            PacketsForged++;
            return false;
        }
        LastOpenedAt = now;
        PacketsOpened++;
        return true;
    }

    /// <summary>As <see cref="TryOpen"/>, and nothing is counted.</summary>
    public bool Fits(int path, bool shortTag, ulong number, ReadOnlySpan<byte> packet, int headerBytes, Span<byte> items)
    {
        Span<byte> nonce = stackalloc byte[ICipherKey.NonceBytes];
        WriteNonce(nonce, path, number);
        return Key(_opening, _toHere, path, shortTag).TryOpen(nonce, packet[..1], packet[headerBytes..], items);
    }

    public void Dispose()
    {
        foreach (var key in _sealing)
            key?.Dispose();
        foreach (var key in _opening)
            key?.Dispose();
        CryptographicOperations.ZeroMemory(_toThere);
        CryptographicOperations.ZeroMemory(_toHere);
    }

    private ICipherKey Key(ICipherKey?[] keys, byte[] secret, int path, bool shortTag)
    {
        ref var key = ref keys[(path * 2) + (shortTag ? 1 : 0)];
        if (key is not null)
            return key;
        var suite = Suite(shortTag);
        Span<byte> derived = stackalloc byte[32];
        HKDF.Expand(HashAlgorithmName.SHA256, secret, derived, [.. "path"u8, (byte)path, (byte)suite]);
        key = _cryptography.Cipher(suite).Create(derived);
        CryptographicOperations.ZeroMemory(derived);
        return key;
    }

    private static void WriteNonce(Span<byte> nonce, int path, ulong number)
    {
        BinaryPrimitives.WriteUInt32BigEndian(nonce, (uint)path);
        BinaryPrimitives.WriteUInt64BigEndian(nonce[4..], number);
    }
}
