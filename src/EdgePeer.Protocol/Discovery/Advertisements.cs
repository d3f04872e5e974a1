using System.Buffers.Binary;
using System.Text;
using EdgePeer.Protocol.Groups;
using EdgePeer.Protocol.Sessions;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Discovery;

/// <summary>
/// What peers of the group say of themselves, signed: made here, learnt from whoever tells it, passed on to whoever does not know
/// it. Of each peer the highest version counts, and goes on counting when it has expired; of that the youngest word of its age.
/// </summary>
internal sealed class Advertisements
{
    private readonly NodeContext _node;
    private readonly Func<IEnumerable<Session>> _sessions;
    private readonly SortedDictionary<PeerId, Advertisement> _known = [];
    private ulong _start;
    private ulong _startTicket;
    private uint _madeSinceStart;
    private Instant _raiseAgainAt;
    private Instant _renewAt = Instant.Never;
    private Instant _expiryAt = Instant.Never;

    public Advertisements(NodeContext node, Func<IEnumerable<Session>> sessions)
    {
        (_node, _sessions) = (node, sessions);
        var facts = node.Buffer.Facts(StartKey);
        Begin(facts is [var (_, value)] && value.Length == sizeof(ulong) ? BinaryPrimitives.ReadUInt64BigEndian(value) + 1 : 1);
    }

    /// <summary>What this peer says of itself; null until the number of its start is on flash.</summary>
    public Advertisement? Own { get; private set; }

    /// <summary>When the next statement must be made, or one of another peer expires.</summary>
    public Instant NextDeadline => Instant.Earlier(_renewAt, _expiryAt);

    public int Count => _known.Count;

    /// <summary>Of other peers, those that have not expired.</summary>
    public IEnumerable<Advertisement> Others(Instant now)
    {
        foreach (var known in _known.Values)
            if (Counts(known, now))
                yield return known;
    }

    public void OnDurable(Instant now)
    {
        if (Own is null && _node.DurableThrough >= _startTicket)
            Make(now);
    }

    public void OnDeadline(Instant now)
    {
        if (_renewAt <= now)
            Make(now);
        if (_expiryAt <= now)
            AskForExpired(now);
    }

    /// <summary>The other end of the session has said who it is: it is told what is known here, and tells the rest.</summary>
    public void OnHello(Session session)
    {
        if (session.Advertisements.Begun)
            return;
        session.Advertisements.Begun = true;
        Span<KnownAdvertisement> known = stackalloc KnownAdvertisement[AdvertisementsKnownItem.CountMax];
        int count = 0;
        known[count++] = new KnownAdvertisement(CodeOf(_node.Options.Peer), OwnVersion);
        foreach (var other in _known.Values)
        {
            // Whoever knows it as younger tells it.
            if (other.Asked)
                continue;
            if (count == known.Length)
            {
                SayKnown(session, last: false, known);
                count = 0;
            }
            known[count++] = new KnownAdvertisement(CodeOf(other.Peer), other.Version);
        }
        SayKnown(session, last: true, known[..count]);
    }

    public void OnKnown(Session session, ReadOnlySpan<KnownAdvertisement> known, bool last, Instant now)
    {
        foreach (var one in known)
            session.Advertisements.Says(one);
        if (!last)
            return;
        session.Advertisements.Complete = true;
        if (Own is { } own)
            Tell(session, own, now);
        foreach (var other in _known.Values)
            Tell(session, other, now);
    }

    /// <returns>False when it is malformed or forged.</returns>
    public bool OnAdvertisement(PeerId teller, in AdvertisementItem item, Instant now)
    {
        // Kinds of later versions say nothing here.
        if (item.Statement[0] != (byte)StatementKind.Peer)
            return true;
        if (!PeerStatement.TryRead(item.Statement, out var read))
            return false;
        var peer = PeerIdentity.Of(read.PublicKey);
        if (peer == _node.Options.Peer)
            return OnOwn(read, item, now);
        if (_known.TryGetValue(peer, out var before) && item.Statement.SequenceEqual(before.Statement))
        {
            OnAge(before, item.AgeMinutes, teller, now);
            return true;
        }
        bool isOlder = read.Version <= before?.Version && !_node.Has(NodeFaults.AnyAdvertisement);
        if (isOlder || !_node.IsMember(peer) || item.AgeMinutes >= read.LifetimeMinutes)
            return true;
        if (!_node.Has(NodeFaults.AnyAdvertisement) && !IsSigned(read, item))
            return false;
        if (before is null && _known.Count >= Limits.AdvertisementsMax && !TryMakeRoom(now))
            return true;
        var learnt = _known[peer] = new Advertisement(peer, read, item.Statement, item.Signature, item.AgeMinutes, teller, now);
        _node.Learn(peer, learnt.PublicKey.ToArray());
        OnNews(learnt, now);
        return true;
    }

    /// <summary>The bytes that are signed: bound to the group, so that a statement means nothing in another.</summary>
    public static byte[] Signed(string group, ReadOnlySpan<byte> statement) =>
        [.. "EdgePeer advertisement\0"u8, .. Encoding.ASCII.GetBytes(group), 0, .. statement];

    private void OnAge(Advertisement known, uint ageMinutes, PeerId teller, Instant now)
    {
        if (_node.Has(NodeFaults.FirstAgeCounts) || !known.OnAge(ageMinutes, teller, now, out bool wrong))
            return;
        if (wrong)
            foreach (var session in _sessions())
                session.Advertisements.Forget(CodeOf(known.Peer));
        OnNews(known, now);
    }

    private void OnNews(Advertisement advertisement, Instant now)
    {
        _expiryAt = Instant.Earlier(_expiryAt, advertisement.ExpiresAt);
        TellAll(advertisement, now);
    }

    /// <summary>Another may know it as younger: a peer that has gone is asked for once of each neighbour, in vain.</summary>
    private void AskForExpired(Instant now)
    {
        _expiryAt = Instant.Never;
        foreach (var known in _known.Values)
        {
            if (known.ExpiresAt > now)
                _expiryAt = Instant.Earlier(_expiryAt, known.ExpiresAt);
            else if (!known.Asked)
                Ask(known);
        }
    }

    private void Ask(Advertisement expired)
    {
        expired.Asked = true;
        foreach (var session in _sessions())
            if (session.Advertisements.Begun)
                SayKnown(session, last: true, [new KnownAdvertisement(CodeOf(expired.Peer), 0)]);
    }

    private ulong OwnVersion => Own?.Version ?? _start << StartShift;

    /// <summary>
    /// Others know more of this peer than it does: the flash here has lost how often it has started. Its signature says that they do, and no
    /// word of theirs would; and seldom, because a copy of this device would be told the same.
    /// </summary>
    private bool OnOwn(in PeerStatement read, in AdvertisementItem item, Instant now)
    {
        if (read.Version <= OwnVersion || now < _raiseAgainAt)
            return true;
        if (!IsSigned(read, item))
            return false;
        _raiseAgainAt = now + RaisePause;
        Begin((read.Version >> StartShift) + 1);
        return true;
    }

    private bool IsSigned(in PeerStatement read, in AdvertisementItem item) =>
        _node.Cryptography.Verify(read.PublicKey, Signed(_node.Options.Group, item.Statement), item.Signature);

    private void Begin(ulong start)
    {
        Own = null;
        _renewAt = Instant.Never;
        (_start, _madeSinceStart) = (Math.Min(start, PeerStatement.VersionMax >> StartShift), 0);
        Span<byte> value = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(value, _start);
        _startTicket = _node.Buffer.Put(StartKey, value);
    }

    private void Make(Instant now)
    {
        ulong version = (_start << StartShift) + Math.Min(_madeSinceStart++, (1u << StartShift) - 1);
        Span<byte> bytes = stackalloc byte[PeerStatement.BytesMax];
        var writer = new WireWriter(bytes);
        var statement = new PeerStatement(_node.Options.Key.PublicKey, version, (uint)Lifetime.TotalMinutes, _node.Options.Name);
        statement.Write(ref writer);
        Span<byte> signature = stackalloc byte[AdvertisementItem.SignatureBytes];
        _node.Options.Key.Sign(Signed(_node.Options.Group, writer.Written), signature);
        Own = new Advertisement(_node.Options.Peer, statement, writer.Written, signature, 0, _node.Options.Peer, now);
        _renewAt = now + Lifetime / 2;
        TellAll(Own, now);
    }

    private void TellAll(Advertisement advertisement, Instant now)
    {
        foreach (var session in _sessions())
            if (session.Peer != advertisement.Teller)
                Tell(session, advertisement, now);
    }

    /// <summary>It has not expired, and whose it is belongs to the group.</summary>
    private bool Counts(Advertisement advertisement, Instant now) => advertisement.ExpiresAt > now && _node.IsMember(advertisement.Peer);

    private void Tell(Session session, Advertisement advertisement, Instant now)
    {
        // A peer is told of itself what it does not know, expired or not.
        if (Counts(advertisement, now) || advertisement.Peer == session.Peer)
            session.Advertisements.Tell(advertisement, CodeOf(advertisement.Peer));
    }

    private bool TryMakeRoom(Instant now)
    {
        Advertisement? oldest = null;
        foreach (var known in _known.Values)
            if (known.ExpiresAt <= now && (oldest is null || known.ExpiresAt < oldest.ExpiresAt))
                oldest = known;
        return oldest is not null && _known.Remove(oldest.Peer);
    }

    private static void SayKnown(Session session, bool last, ReadOnlySpan<KnownAdvertisement> known)
    {
        Span<byte> body = stackalloc byte[AdvertisementsKnownItem.BytesMax];
        var writer = new WireWriter(body);
        AdvertisementsKnownItem.Write(ref writer, last, known);
        session.Say(ItemKind.AdvertisementsKnown, writer.Written);
    }

    private static ulong CodeOf(PeerId peer)
    {
        Span<byte> bytes = stackalloc byte[PeerId.SizeBytes];
        peer.Write(bytes);
        return BinaryPrimitives.ReadUInt64BigEndian(bytes);
    }

    // 65,536 statements of one start: more than a lifetime's.
    private const int StartShift = 16;

    private static ReadOnlySpan<byte> StartKey => "a"u8;

    private static readonly TimeSpan RaisePause = TimeSpan.FromHours(1);

    // A day off is no reason to forget a peer; and the bytes of two statements a day do not count.
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);
}
