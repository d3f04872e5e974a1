using System.Buffers.Binary;
using EdgePeer.Protocol.Groups;
using EdgePeer.Protocol.Sessions;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Discovery;

/// <summary>Handshakes with addresses: begun, said again, answered. What an outsider can make this do is bounded here.</summary>
internal sealed class Greeter(NodeContext node, SessionTable sessions)
{
    private readonly List<Opening> _openings = [];
    private readonly List<Answer> _answers = [];
    private readonly SeenOpenings _seen = new();
    private readonly HandshakeBudget _budget = new(node.Random);

    /// <summary>A handshake that was begun here has brought keys; the other end has shown that it holds them too. False: they are not wanted.</summary>
    public required Func<SessionKeys, Opening, Instant, bool> Established { get; init; }

    /// <summary>Whether an address is a configured one.</summary>
    public required Func<TransportId, LinkAddress, bool> IsSeed { get; init; }

    /// <summary>Opens a path of a session that is there already; false when there is none.</summary>
    public required Func<Opening, Instant, bool> TryJoin { get; init; }

    public int Openings => _openings.Count;

    public int Answers => _answers.Count;

    public int SeenOpenings => _seen.Count;

    public Instant NextDeadline
    {
        get
        {
            var next = Instant.Never;
            foreach (var opening in _openings)
                next = Instant.Earlier(next, opening.NextAt);
            foreach (var answer in _answers)
                next = Instant.Earlier(next, answer.Until);
            return next;
        }
    }

    /// <param name="expected">Who is thought to be there.</param>
    /// <param name="secret">Which of the group's secrets they are known to have.</param>
    /// <param name="mayJoin">No handshake is needed where a session with them is there.</param>
    public void Greet(Port port, LinkAddress address, PeerId? expected, Instant at, int secret = 0, bool mayJoin = true)
    {
        bool isSeed = IsSeed(port.Id, address);
        if (Find(port, address) is { } known)
        {
            known.IsSeed = isSeed;
            return;
        }
        if (_openings.Count >= Limits.OpeningsMax)
        {
            var spare = _openings.Find(opening => !opening.IsSeed);
            if (spare is null)
                return;
            Remove(spare);
        }
        _openings.Add(new Opening(port, address, expected, at) { IsSeed = isSeed, Secret = secret, MayJoin = mayJoin });
    }

    public void OnPortGone(TransportId id)
    {
        foreach (var opening in _openings.FindAll(opening => opening.Port.Id == id))
            Remove(opening);
    }

    public void Forget(Port port, LinkAddress address)
    {
        if (Find(port, address) is { } opening)
            Remove(opening);
    }

    public FrameFault OnOpen(Port port, in LinkAddress from, ReadOnlySpan<byte> covered, GroupKeys group, Instant now)
    {
        var reader = new WireReader(covered);
        if (!OpenHeader.TryRead(ref reader, out var header) || !SuiteIsKnown(header.Suite) || reader.Remaining < PointBytes || covered.Length + GroupCode.Bytes < OpenHeader.FrameBytesMin)
            return FrameFault.Malformed;
        var address = from.IsBroadcast ? header.Address : from;
        if (address.IsBroadcast)
            return FrameFault.Malformed;
        var message = reader.ReadRest();
        // The point that it begins with is random: two openings with one are the same opening.
        ulong point = PointOf(message);
        if (_answers.Find(answer => answer.Point == point) is { } again)
        {
            // To where it came from now: whoever was quicker than its sender must not keep the answer.
            if (again.Port == port)
                port.Greet(address, again.Said);
            return FrameFault.None;
        }
        // Of two who open to each other at once, the one with the lower point goes on and the other answers.
        if (_seen.Contains(point) || (Find(port, address) is { Handshake: not null } own && own.Point <= point))
            return FrameFault.Stale;
        if (!_budget.TryTake(port.Id, address, header, now, out ulong cookie))
        {
            if (cookie != 0)
                SayCookie(port, address, new CookieFrame(header.Label, cookie), group);
            return FrameFault.None;
        }
        _seen.Add(point);
        return AnswerOpen(port, address, header, message, point, group, now);
    }

    public FrameFault OnAccept(Port port, in LinkAddress from, ReadOnlySpan<byte> covered, GroupKeys group, Instant now)
    {
        var reader = new WireReader(covered);
        if (!AcceptHeader.TryRead(ref reader, out var header))
            return FrameFault.Malformed;
        var opening = _openings.Find(o => o.Label == header.ToLabel && o.Handshake is not null);
        if (opening is null || opening.Port != port || (!from.IsBroadcast && opening.Address != from) || opening.Confirming is not null || opening.Handshake is not { } handshake || handshake.Kind != header.Kind || handshake.Group != group)
            return FrameFault.Stale;
        var message = reader.ReadRest();
        Span<byte> payload = stackalloc byte[HandshakeFrameBytesMax];
        if (message.Length > payload.Length || !handshake.TryRead(message, payload, out int payloadBytes))
            return FrameFault.NotForUs;
        var parameters = new WireReader(payload[..payloadBytes]);
        if (!HandshakeParameters.TryRead(ref parameters, out var there) || parameters.ReadUInt16() is var label && !Labels.Legal(label))
        {
            Drop(opening);
            return FrameFault.Malformed;
        }
        var peer = PeerIdentity.Of(handshake.RemoteKey);
        if (!IsAdmitted(peer, now))
        {
            // It was quicker than whoever is meant, perhaps: the next handshake may find that one.
            Drop(opening);
            return FrameFault.NotForUs;
        }
        if (header.Kind == HandshakeKind.Stranger)
            SayConfirm(opening, label, now);
        var keys = handshake.Finish(initiated: true, there, opening.Label, label, now);
        sessions.Put(keys);
        opening.Handshake = null;
        handshake.Dispose();
        if (header.Kind == HandshakeKind.Stranger)
            opening.Confirming = keys;
        else
            _openings.Remove(opening);
        if (Established(keys, opening, now))
            return FrameFault.None;
        sessions.GiveBack(keys.LocalLabel);
        _openings.Remove(opening);
        return FrameFault.Stale;
    }

    public FrameFault OnConfirm(ReadOnlySpan<byte> covered, GroupKeys group, Instant now)
    {
        var reader = new WireReader(covered);
        if (!ConfirmHeader.TryRead(ref reader, out var header))
            return FrameFault.Malformed;
        var answer = _answers.Find(a => a.Label == header.ToLabel);
        if (answer?.Handshake is not { } handshake || handshake.Group != group)
            return FrameFault.Stale;
        var message = reader.ReadRest();
        Span<byte> payload = stackalloc byte[HandshakeFrameBytesMax];
        if (message.Length > payload.Length || !handshake.TryRead(message, payload, out _))
            return FrameFault.NotForUs;
        Finish(answer, now);
        return FrameFault.None;
    }

    public FrameFault OnCookie(Port port, ReadOnlySpan<byte> covered, GroupKeys group, Instant now)
    {
        var reader = new WireReader(covered);
        if (!CookieFrame.TryRead(ref reader, out var cookie))
            return FrameFault.Malformed;
        var opening = _openings.Find(o => o.Label == cookie.ToLabel && o.Handshake is not null);
        if (opening is null || opening.Port != port || opening.Confirming is not null || opening.Handshake!.Group != group || opening.Cookie == cookie.Cookie)
            return FrameFault.Stale;
        opening.Cookie = cookie.Cookie;
        AddCookie(opening, group);
        opening.NextAt = now;
        return FrameFault.None;
    }

    public void OnDeadline(Instant now)
    {
        for (int i = _openings.Count - 1; i >= 0; i--)
        {
            var opening = _openings[i];
            if (opening.NextAt > now)
                continue;
            if (opening.Confirming?.PacketsOpened > 0 || (opening.IsSpent && !opening.IsSeed))
            {
                Remove(opening);
                continue;
            }
            // A seed whose peer has answered and then refused, or gone, is greeted on: it may think better of it.
            if (opening.IsSpent)
                opening.Confirming = null;
            Say(opening, now);
        }
        for (int i = _answers.Count - 1; i >= 0; i--)
            if (_answers[i].Until <= now)
                RemoveAnswer(i);
    }

    private Opening? Find(Port port, LinkAddress address) => _openings.Find(opening => opening.Port == port && opening.Address == address);

    /// <summary>Gives up what was opened to that address: it is answered instead.</summary>
    private void Yield(Port port, in LinkAddress address, Instant now)
    {
        if (Find(port, address) is not { Handshake: not null } own)
            return;
        Drop(own);
        own.OnGreeted(node.Random, now);
    }

    private FrameFault AnswerOpen(Port port, LinkAddress address, in OpenHeader header, ReadOnlySpan<byte> message, ulong point, GroupKeys group, Instant now)
    {
        var handshake = Handshake.Answer(node, header, group);
        Span<byte> payload = stackalloc byte[HandshakeFrameBytesMax];
        var fault = FrameFault.NotForUs;
        HandshakeParameters there = default;
        if (message.Length <= payload.Length && handshake.TryRead(message, payload, out int payloadBytes))
        {
            var parameters = new WireReader(payload[..payloadBytes]);
            fault = HandshakeParameters.TryRead(ref parameters, out there) ? FrameFault.None : FrameFault.Malformed;
        }
        if (fault == FrameFault.None && header.Kind == HandshakeKind.Known && !IsAdmitted(PeerIdentity.Of(handshake.RemoteKey), now))
            fault = FrameFault.NotForUs;
        if (fault != FrameFault.None)
        {
            handshake.Dispose();
            return fault;
        }
        Yield(port, address, now);
        if (_answers.Count >= Limits.AnswersMax)
            RemoveAnswer(0);
        ushort label = sessions.TakeLabel();
        Span<byte> frame = stackalloc byte[HandshakeFrameBytesMax];
        var writer = new WireWriter(frame);
        new AcceptHeader(header.Kind, header.Label).Write(ref writer);
        Span<byte> own = stackalloc byte[HandshakeParameters.AcceptBytes];
        var ownWriter = new WireWriter(own);
        Here(port).Write(ref ownWriter);
        ownWriter.WriteUInt16(label);
        handshake.Write(ref writer, own);
        group.WriteCode(ref writer);
        var answer = new Answer(port, point, label, header.Label, there, writer.Written.ToArray(), now + AnswerFor + port.Traits.Airtime(OpenHeader.FrameBytesMin) * 20) { Handshake = handshake };
        _answers.Add(answer);
        port.Greet(address, answer.Said);
        if (header.Kind == HandshakeKind.Known)
            Finish(answer, now);
        return FrameFault.None;
    }

    /// <summary>The keys of an answered handshake wait for the first packet under them.</summary>
    private void Finish(Answer answer, Instant now)
    {
        var handshake = answer.Handshake!;
        answer.Handshake = null;
        if (IsAdmitted(PeerIdentity.Of(handshake.RemoteKey), now))
            sessions.Put(answer.Keys = handshake.Finish(initiated: false, answer.There, answer.Label, answer.ToLabel, now));
        handshake.Dispose();
    }

    private void Say(Opening opening, Instant now)
    {
        if (opening is { MayJoin: true, Handshake: null, Confirming: null } && TryJoin(opening, now))
        {
            Remove(opening);
            return;
        }
        if (opening.IsStale)
            Drop(opening);
        if (opening.Handshake is null && opening.Confirming is null)
            Begin(opening);
        opening.Port.Greet(opening.Address, opening.Said);
        opening.OnGreeted(node.Random, now);
    }

    private void Begin(Opening opening)
    {
        var group = node.Groups[opening.Secret % node.Groups.Count];
        opening.Secret++;
        // Whoever does not answer to its own key is another by now: the next attempt asks who it is.
        byte[]? known = opening.Begun++ % 2 == 0 && opening.Expected is { } expected ? node.KnownKey(expected) : null;
        opening.Label = sessions.TakeLabel();
        opening.Cookie = 0;
        var header = HeaderOf(opening, known is null ? HandshakeKind.Stranger : HandshakeKind.Known);
        opening.Handshake = Handshake.Open(node, header, group, known);
        Span<byte> frame = stackalloc byte[HandshakeFrameBytesMax];
        var writer = new WireWriter(frame);
        header.Write(ref writer);
        int headerBytes = writer.Length;
        Span<byte> payload = stackalloc byte[HandshakeFrameBytesMax];
        var payloadWriter = new WireWriter(payload);
        Here(opening.Port).Write(ref payloadWriter);
        int overhead = headerBytes + opening.Handshake.MessageBytes(0) + GroupCode.Bytes;
        int padded = Math.Max(payloadWriter.Length, OpenHeader.FrameBytesMin - overhead);
        opening.Handshake.Write(ref writer, payload[..padded]);
        opening.Point = PointOf(writer.Written[headerBytes..]);
        group.WriteCode(ref writer);
        opening.Said = writer.Written.ToArray();
    }

    private static OpenHeader HeaderOf(Opening opening, HandshakeKind kind) =>
        new(kind, (byte)SessionKeys.Suite(opening.Port.ShortTags), opening.Label, opening.Port.OwnAddress, opening.Cookie);

    private void SayConfirm(Opening opening, ushort toLabel, Instant now)
    {
        Span<byte> frame = stackalloc byte[HandshakeFrameBytesMax];
        var writer = new WireWriter(frame);
        new ConfirmHeader(toLabel).Write(ref writer);
        opening.Handshake!.Write(ref writer, default);
        opening.Handshake.Group.WriteCode(ref writer);
        opening.Said = writer.Written.ToArray();
        opening.Port.Greet(opening.Address, opening.Said);
        opening.OnAnswered();
        opening.OnGreeted(node.Random, now);
    }

    private static void SayCookie(Port port, in LinkAddress to, CookieFrame cookie, GroupKeys group)
    {
        Span<byte> frame = stackalloc byte[CookieFrame.Bytes];
        var writer = new WireWriter(frame);
        cookie.Write(ref writer);
        group.WriteCode(ref writer);
        port.Greet(to, writer.Written);
    }

    private static void AddCookie(Opening opening, GroupKeys group)
    {
        GroupCode.TrySplit(opening.Said, out var covered, out _);
        var reader = new WireReader(covered);
        OpenHeader.TryRead(ref reader, out var header);
        Span<byte> frame = stackalloc byte[HandshakeFrameBytesMax];
        var writer = new WireWriter(frame);
        (header with { Cookie = opening.Cookie }).Write(ref writer);
        writer.WriteBytes(reader.ReadRest());
        group.WriteCode(ref writer);
        opening.Said = writer.Written.ToArray();
    }

    private HandshakeParameters Here(Port port) => new(node.Boot, port.Traits.FrameBytesMax);

    private bool IsAdmitted(PeerId peer, Instant now)
    {
        if (peer == node.Options.Peer)
            node.OnOwnIdentity(now);
        else if (!node.IsMember(peer))
            node.OnNoMember(peer, now);
        else
            return true;
        return false;
    }

    private void Remove(Opening opening)
    {
        _openings.Remove(opening);
        Drop(opening);
    }

    /// <summary>Gives up the handshake under way; the opening may begin another.</summary>
    private void Drop(Opening opening)
    {
        if (opening.Handshake is not { } handshake)
            return;
        opening.Handshake = null;
        handshake.Dispose();
        sessions.GiveBack(opening.Label);
    }

    private void RemoveAnswer(int index)
    {
        var answer = _answers[index];
        _answers.RemoveAt(index);
        answer.Handshake?.Dispose();
        if (answer.Keys?.InUse != true)
            sessions.GiveBack(answer.Label);
    }

    private static ulong PointOf(ReadOnlySpan<byte> message) => BinaryPrimitives.ReadUInt64BigEndian(message[(PointBytes - sizeof(ulong))..]);

    private static bool SuiteIsKnown(byte suite) => suite is (byte)Cryptography.CipherSuite.ChaChaPoly or (byte)Cryptography.CipherSuite.AesCcm8;

    /// <summary>A handshake that was answered here.</summary>
    private sealed class Answer(Port port, ulong point, ushort label, ushort toLabel, HandshakeParameters there, byte[] said, Instant until)
    {
        public Port Port { get; } = port;
        public ulong Point { get; } = point;
        public ushort Label { get; } = label;
        public ushort ToLabel { get; } = toLabel;
        public HandshakeParameters There { get; } = there;
        public byte[] Said { get; } = said;
        public Instant Until { get; } = until;

        /// <summary>Null once all its messages have passed.</summary>
        public Handshake? Handshake { get; set; }

        /// <summary>Null until then.</summary>
        public SessionKeys? Keys { get; set; }
    }

    private const int PointBytes = 33;

    // No message of a handshake is longer than that: header, address, point, static key, parameters, tags, code.
    private const int HandshakeFrameBytesMax = 200;

    private static readonly TimeSpan AnswerFor = TimeSpan.FromSeconds(30);
}
