using EdgePeer.Wire;

namespace EdgePeer.Protocol.Discovery;

/// <summary>A statement of a peer whose signature was verified, or this peer's own. WIRE.md, "Advertisement".</summary>
internal sealed class Advertisement(PeerId peer, in PeerStatement read, ReadOnlySpan<byte> statement, ReadOnlySpan<byte> signature, uint ageMinutes, PeerId teller, Instant now)
{
    private readonly byte[] _statement = statement.ToArray();
    private readonly byte[] _signature = signature.ToArray();
    private readonly TimeSpan _lifetime = TimeSpan.FromMinutes(read.LifetimeMinutes);
    private readonly Instant _lastsUntil = now + TimeSpan.FromMinutes(read.LifetimeMinutes);

    public PeerId Peer { get; } = peer;

    public ulong Version { get; } = read.Version;

    public string Name { get; } = read.Name;

    /// <summary>Who has told it as young as it is known to be.</summary>
    public PeerId Teller { get; private set; } = teller;

    public ReadOnlySpan<byte> Statement => _statement;

    public ReadOnlySpan<byte> Signature => _signature;

    public ReadOnlySpan<byte> PublicKey => _statement.AsSpan(1, PeerStatement.KeyBytes);

    /// <summary>From then on it says nothing; but older ones still count for nothing.</summary>
    public Instant ExpiresAt { get; private set; } = now + TimeSpan.FromMinutes(read.LifetimeMinutes - (double)ageMinutes);

    /// <summary>It has expired, and others were asked whether they know it to be younger.</summary>
    public bool Asked { get; set; }

    /// <summary>As much as <see cref="Write"/> takes, or a little more.</summary>
    public int BytesMax => 2 + _statement.Length + _signature.Length;

    /// <summary>
    /// The same statement, told by another. Ages are not signed: the youngest counts, so that nobody can make others forget a peer, and nothing makes it
    /// last longer than its lifetime from when it was first heard here.
    /// </summary>
    /// <param name="wrong">It was known to be older by far: so may those who were told of it here.</param>
    /// <returns>Whether it lasts longer by that.</returns>
    public bool OnAge(uint ageMinutes, PeerId teller, Instant now, out bool wrong)
    {
        var expiresAt = Instant.Earlier(now + (_lifetime - TimeSpan.FromMinutes(ageMinutes)), _lastsUntil);
        wrong = Asked || expiresAt - ExpiresAt > RoundedMax;
        if (expiresAt <= ExpiresAt || expiresAt <= now)
            return false;
        (ExpiresAt, Teller, Asked) = (expiresAt, teller, false);
        return true;
    }

    /// <summary>With its age rounded up: passed to and fro it would else never grow old.</summary>
    public void Write(ref WireWriter writer, Instant now) =>
        new AdvertisementItem((uint)Math.Min(Math.Ceiling((now + _lifetime - ExpiresAt).TotalMinutes), PeerStatement.LifetimeMinutesMax), _statement, _signature).Write(ref writer);

    // A minute at each peer that passes it on.
    private static readonly TimeSpan RoundedMax = TimeSpan.FromMinutes(30);
}
