using EdgePeer.Wire;

namespace EdgePeer.Protocol.Discovery;

/// <summary>A statement of a peer whose signature was verified, or this peer's own. WIRE.md, "Advertisement".</summary>
internal sealed class Advertisement(PeerId peer, in PeerStatement read, ReadOnlySpan<byte> statement, ReadOnlySpan<byte> signature, uint ageMinutes, PeerId teller, Instant now)
{
    private readonly byte[] _statement = statement.ToArray();
    private readonly byte[] _signature = signature.ToArray();
    private readonly Instant _learntAt = now;

    public PeerId Peer { get; } = peer;

    public ulong Version { get; } = read.Version;

    public string Name { get; } = read.Name;

    /// <summary>Who has told it.</summary>
    public PeerId Teller { get; } = teller;

    public ReadOnlySpan<byte> Statement => _statement;

    public ReadOnlySpan<byte> Signature => _signature;

    public ReadOnlySpan<byte> PublicKey => _statement.AsSpan(1, PeerStatement.KeyBytes);

    /// <summary>From then on it says nothing; but older ones still count for nothing.</summary>
    public Instant ExpiresAt { get; } = now + TimeSpan.FromMinutes(read.LifetimeMinutes - (double)ageMinutes);

    /// <summary>As much as <see cref="Write"/> takes, or a little more.</summary>
    public int BytesMax => 2 + _statement.Length + _signature.Length;

    public void Write(ref WireWriter writer, Instant now) =>
        new AdvertisementItem((uint)Math.Min(ageMinutes + (now - _learntAt).TotalMinutes, PeerStatement.LifetimeMinutesMax), _statement, _signature).Write(ref writer);
}
