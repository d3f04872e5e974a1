using System.Buffers.Binary;
using System.Security.Cryptography;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Discovery;

/// <summary>
/// How many openings are answered: some at once, then so many a second, and from half of that on only from those who show by
/// a cookie that they hear what is sent to their address.
/// </summary>
internal sealed class HandshakeBudget(IRandom random)
{
    private readonly byte[] _secret = new byte[32];
    private double _tokens = Limits.HandshakesAtOnceMax;
    private Instant _refilledAt;
    private Instant _secretUntil;

    /// <param name="cookie">When false: what to ask for, or zero to say nothing.</param>
    public bool TryTake(TransportId transport, in LinkAddress address, in OpenHeader header, Instant now, out ulong cookie)
    {
        cookie = 0;
        _tokens = Math.Min(Limits.HandshakesAtOnceMax, _tokens + Math.Max(0, (now - _refilledAt).TotalSeconds) * Limits.HandshakesPerSecondMax);
        _refilledAt = now;
        if (_tokens < 1)
            return false;
        if (_tokens < Limits.HandshakesAtOnceMax / 2.0 && !HasCookie(transport, address, header, now, out cookie))
            return false;
        _tokens--;
        return true;
    }

    private bool HasCookie(TransportId transport, in LinkAddress address, in OpenHeader header, Instant now, out ulong cookie)
    {
        if (_secretUntil <= now)
        {
            random.Fill(_secret);
            _secretUntil = now + SecretFor;
        }
        Span<byte> about = stackalloc byte[4 + 2 + LinkAddress.LengthMax];
        BinaryPrimitives.WriteInt32BigEndian(about, transport.Value);
        BinaryPrimitives.WriteUInt16BigEndian(about[4..], header.Label);
        int length = 6 + address.CopyTo(about[6..]);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        HMACSHA256.HashData(_secret, about[..length], hash);
        cookie = BinaryPrimitives.ReadUInt64BigEndian(hash) | 1;
        return header.Cookie == cookie;
    }

    private static readonly TimeSpan SecretFor = TimeSpan.FromMinutes(2);
}
