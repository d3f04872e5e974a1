using EdgePeer.Protocol.Discovery;
using EdgePeer.Protocol.Groups;
using EdgePeer.Protocol.Pipes;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Sessions;

/// <summary>Takes the items of an opened packet apart and gives each to the part that it is for.</summary>
internal sealed class PacketReader(NodeContext node, Binder binder, Neighbors neighbors, MemberGossip gossip, Advertisements advertisements)
{
    /// <returns>True when the packet asks to be heard of.</returns>
    public bool Read(Path path, ulong number, ReadOnlySpan<byte> items, Instant now)
    {
        bool asks = false, inOrder = number >= path.Received.Expected;
        var reader = new ItemReader(items);
        while (reader.TryNext(out var kind, out var body))
        {
            asks |= !kind.IsAnswer();
            if (!Read(path, inOrder, kind, body, now))
                node.Counts.FramesMalformed++;
            // An item may end the session.
            if (path.Session.Sealing is null)
                return false;
        }
        if (reader.Failed)
            node.Counts.FramesMalformed++;
        return asks;
    }

    private bool Read(Path path, bool inOrder, ItemKind kind, ReadOnlySpan<byte> body, Instant now)
    {
        var session = path.Session;
        switch (kind)
        {
            case ItemKind.Heard:
                Span<NumberRange> ranges = stackalloc NumberRange[HeardItem.RangesMax];
                if (!HeardItem.TryRead(body, ranges, out var heard))
                    return false;
                if (path.OnHeard(heard, now))
                    neighbors.Links.OnAnswered(path);
                return true;
            case var _ when kind.IsMessage():
                return MessageItem.TryReadMessage(kind, body, out var message) && OnPiece(session, message);
            case ItemKind.Range:
                return MessageItem.TryReadRange(body, out var range) && OnPiece(session, range);
            case ItemKind.Kept or ItemKind.KeptAnswer:
                return KeptItem.TryRead(body, kind == ItemKind.KeptAnswer, out var kept) && OnKept(path, inOrder, ref kept, now);
            case var _ when ShortKeptItem.Is(kind):
                return ShortKeptItem.TryRead(kind, body, out var shortKept) && OnShortKept(path, inOrder, shortKept, now);
            case ItemKind.Ask:
                if (!AskItem.TryRead(body, out var ask))
                    return false;
                if (session.In.TryGetValue(ask.Channel, out var asked))
                    asked.OnAsk(ask.Number);
                return true;
            case ItemKind.Consumed:
                if (!ConsumedItem.TryRead(body, out var consumed))
                    return false;
                foreach (var channel in session.Out)
                    if (channel.Number == consumed.Channel)
                        channel.Stream.OnConsumed(consumed.Next);
                return true;
            case ItemKind.Watch:
                if (!WatchItem.TryRead(body, out var watch))
                    return false;
                if (session.In.TryGetValue(watch.Channel, out var watched))
                    watched.OnWatch(watch.Sequence);
                return true;
            case ItemKind.Hello:
                if (!HelloItem.TryRead(body, out var hello))
                    return false;
                neighbors.OnHello(session, hello, now);
                gossip.OnHello(session);
                advertisements.OnHello(session);
                return true;
            case ItemKind.ListPart:
                if (!ListPartItem.TryRead(body, out var part))
                    return false;
                gossip.OnPart(session, part);
                return true;
            case ItemKind.Advertisement:
                return AdvertisementItem.TryRead(body, out var advertisement) && advertisements.OnAdvertisement(session.Peer, advertisement, now);
            case ItemKind.AdvertisementsKnown:
                Span<KnownAdvertisement> known = stackalloc KnownAdvertisement[AdvertisementsKnownItem.CountMax];
                if (!AdvertisementsKnownItem.TryRead(body, known, out int count, out bool last))
                    return false;
                advertisements.OnKnown(session, known[..count], last, now);
                return true;
            case ItemKind.Ping:
                path.Received.TellFully();
                return true;
            default:
                return ReadBinding(session, kind, body, now);
        }
    }

    private bool ReadBinding(Session session, ItemKind kind, ReadOnlySpan<byte> body, Instant now)
    {
        switch (kind)
        {
            case ItemKind.Query:
                if (!QueryItem.TryRead(body, out var query))
                    return false;
                binder.OnQuery(session, query);
                return true;
            case ItemKind.Offer:
                if (!OfferItem.TryRead(body, out var offer))
                    return false;
                binder.OnOffer(session, offer);
                return true;
            case ItemKind.Bind:
                if (!BindItem.TryRead(body, out var bind))
                    return false;
                binder.OnBind(session, bind);
                return true;
            case ItemKind.Bound:
                if (!BoundItem.TryRead(body, out var bound))
                    return false;
                binder.OnBound(session, bound, now);
                return true;
            case ItemKind.Skip:
                if (!SkipItem.TryRead(body, out var skip))
                    return false;
                binder.OnSkip(session, skip);
                return true;
            case ItemKind.Skipped:
                if (!SkippedItem.TryRead(body, out var skipped))
                    return false;
                Binder.OnSkipped(session, skipped);
                return true;
            case ItemKind.Refused:
                if (!RefusedItem.TryRead(body, out var refused))
                    return false;
                binder.OnRefused(session, refused);
                return true;
            default:
                // Kinds of later versions say nothing here.
                return true;
        }
    }

    private static bool OnPiece(Session session, in MessageItem item)
    {
        if (session.In.TryGetValue(item.Channel, out var channel))
            channel.Stream.OnPiece(item);
        return true;
    }

    private static bool OnKept(Path path, bool inOrder, ref KeptItem kept, Instant now)
    {
        foreach (var channel in path.Session.Out)
            if (channel.Number == kept.Channel)
                return channel.OnKept(ref kept, inOrder ? path : null, now);
        return true;
    }

    private static bool OnShortKept(Path path, bool inOrder, in ShortKeptItem kept, Instant now)
    {
        // Its low bytes are read against the words before it: one that was overtaken could be taken for one to come.
        if (!inOrder)
            return true;
        path.OnHeard(kept.Heard, kept.Delay, now);
        foreach (var channel in path.Session.Out)
            if (channel.Number == kept.Channel)
                channel.OnShortKept(kept, path);
        return true;
    }
}
