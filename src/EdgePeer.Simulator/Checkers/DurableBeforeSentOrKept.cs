using EdgePeer.Protocol;
using EdgePeer.Simulator.Model;
using EdgePeer.Simulator.Network;
using EdgePeer.Simulator.Peers;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Checkers;

/// <summary>
/// Law 3: no byte of a message is sent, or handed over here, before the message is durable here; nothing is acknowledged as kept, bound or consumed
/// before that is durable there; a sequence number of an incarnation never means two messages.
/// </summary>
internal sealed class DurableBeforeSentOrKept(World world) : Checker(Law.DurableBeforeSentOrKept)
{
    private readonly WireTap _tap = new();
    private readonly HashSet<SimMessage> _durableAtSender = [];
    private readonly HashSet<(StreamKey Stream, ulong Sequence)> _kept = [];
    private readonly Dictionary<StreamKey, ulong> _keptThrough = [];
    private readonly Dictionary<StreamKey, ulong> _nextTold = [];
    private readonly Dictionary<StreamKey, ulong> _consumedThrough = [];
    private readonly Dictionary<(StreamKey Stream, ulong Sequence), SimMessage> _meant = [];
    private readonly Dictionary<StreamKey, ulong> _turnsKnown = [];

    public override void OnSubmitted(SimMessage message, SimMessage? before)
    {
        Require(before is null or { OffTheBooks: true }, $"{message.Sender} gives the number of {before} to {message}");
        RequireOneMeaning(message);
    }

    /// <summary>What is read where it is written has turns too, and they are seen nowhere else.</summary>
    public override void OnDelivering(SimPeer peer) => LearnTurns(peer);

    public override void OnDelivery(SimReader reader, Delivery delivery, SimMessage? message, ReadOnlySpan<byte> payload)
    {
        if (message is { IsOwn: true })
            Require(reader.Peer.Durable.Holds(StreamDirection.Outgoing, message.Stream, message.Sequence), $"{reader.Peer} hands {message} over before it is durable");
    }

    public override void OnComposed(SimPort port, in OutgoingFrame sent, ReadOnlySpan<byte> frame)
    {
        LearnTurns((SimPeer)port.Owner);
        if (!WireTap.TryFollow(port, sent.To, frame, out var receiver, out var rest, out bool opens))
            return;
        var sender = (SimPeer)port.Owner;
        var items = new ItemReader(rest);
        while (items.TryNext(out var kind, out var body))
            if (kind == ItemKind.Bind && BindItem.TryRead(body, out var bind))
                _tap.LearnChannel(sender, receiver, bind);
            else if (opens)
                CheckItem(sender, receiver, kind, body);
        Require(!items.Failed, $"{sender} sends a packet whose items cannot be read");
    }

    private void LearnTurns(SimPeer sender)
    {
        foreach (var (stream, turn, number) in sender.Node!.TurnsSent(_turnsKnown))
        {
            var message = world.Ledger.Find(stream, number);
            Require(message is not null, $"{sender} sends number {number} of {stream} as {turn}, and nobody submitted it");
            var other = world.Ledger.LearnTurn(message!, turn);
            Require(other is null, $"{sender} sends {message} as {turn}, and that was {other}, sent as {other?.Turn}");
            _turnsKnown[stream] = turn + 1;
            if (world.Ledger.FindSent(stream, turn - 1) is { } before && before.Sequence > number)
                world.Reached.Overtook++;
        }
    }

    private void CheckItem(SimPeer sender, SimPeer receiver, ItemKind kind, ReadOnlySpan<byte> body)
    {
        switch (kind)
        {
            case var _ when kind.IsMessage() && MessageItem.TryReadMessage(kind, body, out var whole):
                CheckMessage(sender, receiver, whole);
                break;
            case ItemKind.Range when MessageItem.TryReadRange(body, out var range):
                CheckMessage(sender, receiver, range);
                break;
            case ItemKind.Bound when BoundItem.TryRead(body, out var bound) && _tap.TryStream(receiver, sender, bound.Channel, out var stream):
                RequireKeptThrough(sender, stream, bound.Next, bound.Consumed);
                _nextTold[stream] = bound.Next;
                RequireConsumedThrough(sender, stream, bound.Consumed);
                break;
            case ItemKind.Kept or ItemKind.KeptAnswer when KeptItem.TryRead(body, kind == ItemKind.KeptAnswer, out var kept) && _tap.TryStream(receiver, sender, kept.Channel, out var stream):
                CheckKept(sender, stream, ref kept);
                break;
            case var _ when ShortKeptItem.Is(kind) && ShortKeptItem.TryRead(kind, body, out var word) && _tap.TryStream(receiver, sender, word.Channel, out var stream):
                CheckShortKept(sender, stream, word);
                break;
            case ItemKind.Consumed when ConsumedItem.TryRead(body, out var consumed) && _tap.TryStream(receiver, sender, consumed.Channel, out var stream):
                RequireConsumedThrough(sender, stream, consumed.Next);
                break;
        }
    }

    private void CheckMessage(SimPeer sender, SimPeer receiver, in MessageItem item)
    {
        int channel = item.Channel;
        Require(_tap.TryStream(sender, receiver, channel, out var stream), $"{sender} sends to {receiver} on channel {channel}, which it never bound");
        ulong sequence = item.Sequence;
        int offset = item.Offset, total = item.TotalBytes;
        var message = world.Ledger.FindSent(stream, sequence);
        Require(message is not null, $"{sender} sends {stream} {sequence}, which nobody submitted");
        Require(total == message!.Length && Payload.Matches(message.Number, offset, item.Bytes), $"{sender} sends other bytes for {message}, from {offset} of {total}");
        message.SeenOnWire = true;
        RequireOneMeaning(message);
        if (_durableAtSender.Contains(message))
            return;
        Require(sender.Durable.Holds(StreamDirection.Outgoing, stream, message.Sequence), $"{sender} sends {message} before it is durable");
        _durableAtSender.Add(message);
    }

    private void RequireOneMeaning(SimMessage message)
    {
        if (message.SentAs is not { } sent)
            return;
        var identity = (message.Stream, sent);
        var meant = _meant.GetValueOrDefault(identity);
        // A copy of the flash may number its own messages like those of the original; it may not send them so.
        Require(meant is null || meant == message || (meant.OffTheBooks && !message.SeenOnWire), $"{identity} meant {meant} on the wire and now means {message}");
        if (message.SeenOnWire)
            _meant[identity] = message;
    }

    private void CheckKept(SimPeer keeper, StreamKey stream, ref KeptItem kept)
    {
        RequireKeptThrough(keeper, stream, kept.Next, 0);
        _nextTold[stream] = kept.Next;
        while (kept.TryNextRun(out var run))
            for (ulong sequence = run.First; sequence <= run.Last; sequence++)
                RequireKept(keeper, stream, sequence);
        while (kept.TryNextPart(out ulong sequence, out var range))
            if (!_kept.Contains((stream, sequence)))
                Require(keeper.Durable.HoldsRange(StreamDirection.Incoming, stream, sequence, range), $"{keeper} says it keeps {range} of {stream} {sequence}, and a power cut now would take it");
        bool failed = kept.Failed;
        Require(!failed, $"{keeper} sends a kept item that cannot be read");
    }

    /// <summary>Read from the last word on: whoever heard less of them reads no more out of it than this.</summary>
    private void CheckShortKept(SimPeer keeper, StreamKey stream, in ShortKeptItem word)
    {
        world.Reached.ShortWords++;
        ulong next = LowByte.Expand(word.Next, _nextTold.GetValueOrDefault(stream));
        RequireKeptThrough(keeper, stream, next, 0);
        _nextTold[stream] = next;
        if (word.ButOneConsumed && next > 0)
            RequireConsumedThrough(keeper, stream, next - 1);
    }

    private void RequireKeptThrough(SimPeer keeper, in StreamKey stream, ulong next, ulong consumed)
    {
        ulong known = Math.Max(_keptThrough.GetValueOrDefault(stream), consumed);
        for (ulong sequence = known; sequence < next; sequence++)
            if (world.Ledger.FindSent(stream, sequence) is { Ending: null })
                RequireKept(keeper, stream, sequence);
        _keptThrough[stream] = Math.Max(known, next);
    }

    private void RequireKept(SimPeer keeper, in StreamKey stream, ulong sequence)
    {
        if (_kept.Contains((stream, sequence)))
            return;
        Require(keeper.Durable.Holds(StreamDirection.Incoming, stream, sequence), $"{keeper} says it keeps {stream} {sequence}, and a power cut now would take it");
        _kept.Add((stream, sequence));
    }

    private void RequireConsumedThrough(SimPeer consumer, in StreamKey stream, ulong next)
    {
        ulong known = _consumedThrough.GetValueOrDefault(stream);
        if (next <= known || world.Ledger.FindSent(stream, next - 1) is null)
            return;
        Require(consumer.Durable.Released(StreamDirection.Incoming, stream, next - 1), $"{consumer} says that {stream} is consumed up to {next}, and a power cut now would undo that");
        _consumedThrough[stream] = next;
    }
}
