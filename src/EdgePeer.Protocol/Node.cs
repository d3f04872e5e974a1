using EdgePeer.Protocol.Discovery;
using EdgePeer.Protocol.Groups;
using EdgePeer.Protocol.Pipes;
using EdgePeer.Protocol.Sessions;
using EdgePeer.Wire;

namespace EdgePeer.Protocol;

/// <summary>
/// One peer's whole protocol, without sockets, files, threads or clocks: events in, then actions and frames out until there
/// are none, then sleep until <see cref="NextDeadline"/>. The simulator runs this same class.
/// </summary>
public sealed class Node
{
    private readonly NodeContext _node;
    private readonly PipeTable _pipes;
    private readonly Binder _binder;
    private readonly Neighbors _neighbors;
    private readonly PacketReader _packets;
    private readonly MemberGossip _gossip;
    private readonly Advertisements _advertisements;
    private readonly byte[] _opened = new byte[FrameBytesMax];

    /// <summary>Takes up what the buffer recovered.</summary>
    public Node(NodeOptions options, IRetransmitBuffer buffer, IRandom random, Instant now)
    {
        _node = new NodeContext(options, buffer, random, now);
        _pipes = new PipeTable(_node);
        _binder = new Binder(_node, _pipes);
        _neighbors = new Neighbors(_node, _binder.OnSessionUp, _binder.OnSessionLost);
        _gossip = new MemberGossip(_node);
        _advertisements = new Advertisements(_node, () => _neighbors.Sessions);
        _packets = new PacketReader(_node, _binder, _neighbors, _gossip, _advertisements);
    }

    /// <summary>When <see cref="OnDeadline"/> must be called next.</summary>
    public Instant NextDeadline
    {
        get
        {
            var next = Instant.Earlier(Instant.Earlier(_neighbors.NextDeadline, _advertisements.NextDeadline), _pipes.NextDeadline);
            foreach (var session in _neighbors.Sessions)
            {
                foreach (var channel in session.Out)
                    next = Instant.Earlier(next, Instant.Earlier(channel.AskAt, channel.SkipAt));
                foreach (var channel in session.In.Values)
                    next = Instant.Earlier(next, channel.ConsumedAt);
            }
            return next;
        }
    }

    /// <summary>Changes whenever outgoing room was freed.</summary>
    public ulong RoomVersion => _pipes.Room.Version;

    public void OnTransportUp(TransportId transport, TransportTraits traits, Instant now)
    {
        ArgumentNullException.ThrowIfNull(traits);
        _neighbors.OnTransportUp(transport, traits, now);
    }

    public void OnTransportDown(TransportId transport, Instant now) => _neighbors.OnTransportDown(transport, now);

    /// <summary>The transport is no longer configured: it is down, and its seeds are not greeted again. Its number may be used anew.</summary>
    public void ForgetTransport(TransportId transport, Instant now) => _neighbors.ForgetTransport(transport, now);

    /// <summary>Takes these options of pipes in place of those before; a pipe that is not named takes the defaults.</summary>
    public void UsePipes(IReadOnlyDictionary<PipeName, PipeOptions> pipes) => _pipes.Use(pipes);

    /// <summary>The list in force; null where there is none.</summary>
    public MemberList? Members => _node.Options.Members;

    /// <summary>Takes these secrets and members in place of those before; the group's name stays. Sessions that rest on what no longer holds end at once.</summary>
    /// <param name="secrets">As <see cref="NodeOptions.GroupSecrets"/>.</param>
    /// <param name="members">As <see cref="NodeOptions.Members"/>; of whatever version, for its authority may be another.</param>
    public void UseGroup(IReadOnlyList<GroupSecret> secrets, MemberList? members, Instant now)
    {
        _node.UseGroup(secrets, members);
        _neighbors.OnGroupChanged(now);
        _gossip.OnChanged(_neighbors.Sessions);
    }

    /// <summary>Takes a list that was learnt and is kept; one that is not newer than the list in force, or of another authority, changes nothing.</summary>
    public void UseMembers(MemberList members, Instant now)
    {
        ArgumentNullException.ThrowIfNull(members);
        if (_node.Options.Members is { } known && members.Authority.Equals(known.Authority) && members.Version > known.Version)
            UseGroup(_node.Options.GroupSecrets, members, now);
    }

    /// <summary>For observers: the peer that a packet composed here is for; null when it is of no session.</summary>
    public PeerId? Addressee(TransportId transport, LinkAddress to, ReadOnlySpan<byte> packet) => _neighbors.Addressee(transport, to, packet);

    /// <summary>For observers: whether a packet would open here now. Changes nothing.</summary>
    public bool WouldOpen(ReadOnlySpan<byte> packet) => _neighbors.WouldOpen(packet, _opened);

    /// <summary>A configured address to say hello to, again and again, until a peer answers from there.</summary>
    public void AddSeed(TransportId transport, LinkAddress address, Instant now) => _neighbors.AddSeed(transport, address, now);

    /// <summary>The transport has learned that frames to that address may have at most so many bytes.</summary>
    public void OnPathMtu(TransportId transport, LinkAddress address, int frameBytesMax, Instant now)
    {
        _ = now;
        _neighbors.OnPathMtu(transport, address, frameBytesMax);
    }

    /// <param name="from">The sender's address, or empty where the transport does not know it.</param>
    public void OnFrame(TransportId transport, LinkAddress from, ReadOnlySpan<byte> frame, Instant now)
    {
        if (_neighbors.Find(transport) is not { } port || Read(port, from, frame, now) is var fault && fault == FrameFault.None)
            return;
        if (fault is FrameFault.Malformed or FrameFault.TooShort or FrameFault.Empty)
            _node.Counts.FramesMalformed++;
        else
            _node.Counts.FramesDropped++;
    }

    /// <summary>Composes and numbers the next frame for a transport that can start one now.</summary>
    /// <param name="frame">At least <see cref="TransportTraits.FrameBytesMax"/> bytes.</param>
    /// <returns>False when nothing may be sent there now; <see cref="NextDeadline"/> says when to look again.</returns>
    public bool TryCompose(TransportId transport, Instant now, Span<byte> frame, out OutgoingFrame sent)
    {
        sent = default;
        if (_neighbors.Find(transport) is not { } port)
            return false;
        if (port.TryTakeGreeting(frame, out int length, out var to))
        {
            sent = new OutgoingFrame(length, to, HasWork(port, now));
            return true;
        }
        if (port.Traits.Broadcast && port.Trickle.Due)
        {
            length = _neighbors.ComposeBeacon(port, now, frame);
            sent = new OutgoingFrame(length, LinkAddress.Broadcast, HasWork(port, now));
            return true;
        }
        if (_neighbors.Links.Next(port, path => PacketComposer.HasWork(path, now)) is not { } path)
            return false;
        length = PacketComposer.Compose(_node, path, now, frame);
        if (length == 0)
            return false;
        sent = new OutgoingFrame(length, path.Address, HasWork(port, now));
        return true;
    }

    /// <summary>
    /// Takes a message of an application. Answers with <see cref="ReceiptReached"/>: <see cref="Receipt.Durable"/> and then the one
    /// waited for, or <see cref="Receipt.Rejected"/>. With a full journal and <see cref="WhenFull.Block"/> returns false: try again
    /// when <see cref="RoomVersion"/> has changed.
    /// </summary>
    /// <param name="lane">0 to 7, or null for the pipe's own.</param>
    /// <param name="tag">The client's id of the message, hashed, or zero; one seen before is answered and not stored again.</param>
    /// <param name="ttl">How long the message may take to be kept by its endpoint; null takes the pipe's.</param>
    public bool TrySubmit(CallerId caller, PipeName pipe, byte? lane, UInt128 tag, ReadOnlySpan<byte> payload, Receipt waitFor, Instant now, TimeSpan? ttl = null)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(lane ?? 0, StreamKey.LaneCount);
        return _pipes.Sends.TrySubmit(caller, pipe, lane, tag, payload, waitFor, ttl, now);
    }

    /// <summary>A message of that length does not fit into the pipe's own capacity now: others need not wait behind it.</summary>
    public bool IsFull(PipeName pipe, int payloadBytes) => _pipes.Room.IsFull(pipe, payloadBytes);

    /// <summary>A message of that length fits into what is kept free for the pipe.</summary>
    public bool HasOwnRoom(PipeName pipe, int payloadBytes) => _pipes.Room.IsOwn(pipe, payloadBytes);

    /// <summary>The caller no longer waits.</summary>
    public void ForgetCaller(CallerId caller) => _pipes.Sends.ForgetCaller(caller);

    /// <summary>An application reads a pipe, through a named endpoint; readers of one endpoint compete.</summary>
    /// <param name="window">Most messages handed over and not yet consumed.</param>
    /// <param name="own">What is written here to the pipe is read too, if nobody else reads it already: a binding like any other, to this peer.</param>
    public void OpenReader(ReaderId reader, PipeName pipe, EndpointName endpoint, int window, Instant now, bool own = false)
    {
        _pipes.OpenReader(reader, pipe, endpoint, window, own, now);
        if (_neighbors.Digest == _pipes.Digest)
            return;
        _neighbors.Digest = _pipes.Digest;
        _neighbors.OnChanged(now);
    }

    /// <summary>The application has taken the message, and all handed to this reader of the stream before it.</summary>
    public void Consume(ReaderId reader, in StreamKey stream, ulong sequence, Instant now)
    {
        _pipes.Consume(reader, stream, sequence, now);
        TellConsumed(now);
    }

    /// <summary>
    /// The flash does not give the message back, and whoever asks has waited long enough for it to do so: it is named, and leaves; the
    /// reader goes on behind it.
    /// </summary>
    public void PassBy(ReaderId reader, in StreamKey stream, ulong sequence, Instant now)
    {
        _pipes.PassBy(reader, stream, sequence, now);
        TellConsumed(now);
    }

    /// <summary>What was handed over and not consumed goes to the next reader.</summary>
    public void CloseReader(ReaderId reader, Instant now) => _pipes.CloseReader(reader, now);

    public bool TryReadPayload(in StreamKey stream, ulong sequence, int offset, Span<byte> into) =>
        _pipes.TryReadPayload(stream, sequence, offset, into);

    /// <summary>Ends the bindings of pipes to this peer itself, but for those named: others may read what is written to them.</summary>
    public void UnbindOwn(IReadOnlyCollection<PipeName> but) => _pipes.UnbindOwn(but);

    /// <summary>Before a stop: counts that are else written along with something.</summary>
    public void NoteCounts() => _pipes.NoteCounts();

    /// <summary>All asked of the buffer up to the ticket is on flash.</summary>
    public void OnDurable(ulong ticket, Instant now)
    {
        _node.DurableThrough = ticket;
        _pipes.OnDurable(ticket, now);
        _binder.OnDurable(ticket);
        _advertisements.OnDurable(now);
        TellConsumed(now);
    }

    public void OnDeadline(Instant now)
    {
        _neighbors.OnDeadline(now);
        _advertisements.OnDeadline(now);
        _pipes.OnDeadline(now);
        foreach (var session in _neighbors.Sessions)
        {
            foreach (var channel in session.Out)
                channel.OnDeadline(now);
            foreach (var channel in session.In.Values)
                if (channel.ConsumedAt <= now)
                    channel.TellConsumed();
        }
    }

    public bool TryTakeAction(out NodeAction action) => _node.TryTakeAction(out action);

    /// <summary>Packets whose items were read.</summary>
    internal long PacketsTaken { get; private set; }

    internal NodeSizes Sizes => _neighbors.Sizes with { Advertisements = _advertisements.Count };

    internal Advertisements Advertisements => _advertisements;

    /// <summary>Where a message is that was written here.</summary>
    public MessageTrace Trace(PipeName pipe, byte lane, ulong sequence, Instant now) =>
        _pipes.Outputs.TryGetValue(pipe, out var output) && lane < StreamKey.LaneCount && output.Lanes[lane] is { } stream
            ? Tracer.Trace(_node, stream, sequence, now)
            : new MessageTrace(new StreamKey(_node.Options.Peer, pipe, lane, default), sequence, MessagePlace.Unknown, "nothing was written there", 0, null);

    /// <summary>The same, of the message that its application gave that tag; null when it is not among those remembered.</summary>
    public MessageTrace? Trace(UInt128 tag, Instant now)
    {
        if (!_node.Buffer.TryFindTag(tag, out uint stored, out ulong sequence))
            return null;
        foreach (var output in _pipes.Outputs.Values)
            foreach (var stream in output.Lanes)
                if (stream?.Stored == stored)
                    return Tracer.Trace(_node, stream, sequence, now);
        return null;
    }

    /// <summary>Of lanes with turns, for the simulator: which message may be on the wire under which.</summary>
    internal IEnumerable<(StreamKey Stream, ulong Turn, ulong Number)> TurnsSent(IReadOnlyDictionary<StreamKey, ulong> knownBelow)
    {
        foreach (var lane in _pipes.Turned)
            for (ulong turn = Math.Max(lane.FirstSequence, knownBelow.GetValueOrDefault(lane.Key)); turn < lane.Turns!.SentTo; turn++)
                yield return (lane.Key, turn, lane.NumberOf(turn));
    }

    public NodeStatus Status(Instant now) => StatusOf.Node(_node, _neighbors, _advertisements, _pipes, now);

    private FrameFault Read(Port port, in LinkAddress from, ReadOnlySpan<byte> frame, Instant now)
    {
        if (frame.IsEmpty)
            return FrameFault.Empty;
        var head = FrameHead.Of(frame[0]);
        if (head.Version != FrameHead.CurrentVersion)
        {
            _neighbors.OnOddVersion(port, from, head.Version, now);
            return FrameFault.WrongVersion;
        }
        switch (head.Kind)
        {
            case FrameKind.Packet or FrameKind.ShortTagPacket:
                return ReadPacket(port, from, frame, now);
            default:
                return _neighbors.OnGroupFrame(port, from, head.Kind, frame, now);
        }
    }

    private FrameFault ReadPacket(Port port, in LinkAddress from, ReadOnlySpan<byte> frame, Instant now)
    {
        var fault = _neighbors.Open(port, from, frame, _opened, now, out var path, out ulong number, out var items);
        if (path is null)
            return fault;
        PacketsTaken++;
        bool asks = _packets.Read(path, number, items, now);
        path.OnReceived(number, asks, now);
        TellConsumed(now);
        return FrameFault.None;
    }

    private void TellConsumed(Instant now)
    {
        if (!_pipes.Awaited.ConsumedChanged)
            return;
        _pipes.Awaited.ConsumedChanged = false;
        foreach (var session in _neighbors.Sessions)
            foreach (var channel in session.In.Values)
                channel.OnConsumed(now);
    }

    private bool HasWork(Port port, Instant now)
    {
        if (port.HasGreetings || (port.Traits.Broadcast && port.Trickle.Due))
            return true;
        foreach (var session in _neighbors.Sessions)
            foreach (var path in session.Paths)
                if (path.Port == port && PacketComposer.HasWork(path, now))
                    return true;
        return false;
    }

    // The longest that a transport carries today has 8,900 bytes.
    private const int FrameBytesMax = 16 << 10;
}
