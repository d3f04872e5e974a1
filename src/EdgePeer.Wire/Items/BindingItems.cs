namespace EdgePeer.Wire;

/// <summary>Who a peer is to people, and how long it may hold acknowledgements back. WIRE.md, "Hello".</summary>
/// <param name="Session">The sender's number of the session, random and not zero: another one means that it has forgotten the one before.</param>
/// <param name="MembersVersion">Of the member list that the sender holds; zero for none.</param>
public readonly record struct HelloItem(string Name, TimeSpan SyncWindow, uint Session, ulong MembersVersion)
{
    public void Write(ref WireWriter writer)
    {
        writer.WriteName(Name);
        writer.WriteVarint((ulong)SyncWindow.TotalMilliseconds);
        writer.WriteUInt32(Session);
        writer.WriteVarint(MembersVersion);
    }

    public static bool TryRead(ReadOnlySpan<byte> body, out HelloItem item)
    {
        var reader = new WireReader(body);
        item = new HelloItem(reader.ReadName(), TimeSpan.FromMilliseconds(reader.ReadVarint(SyncWindowMsMax)), reader.ReadUInt32(), reader.ReadVarint());
        return !reader.Failed && Names.Legal(item.Name) && item.Session != 0;
    }

    /// <summary>A minute: longer would look like a dead journal.</summary>
    public const int SyncWindowMsMax = 60_000;
}

/// <summary>"Who reads this pipe?" WIRE.md, "Query and offer".</summary>
public readonly record struct QueryItem(PipeName Pipe)
{
    public void Write(ref WireWriter writer) => writer.WriteName(Pipe.Text);

    public static bool TryRead(ReadOnlySpan<byte> body, out QueryItem item)
    {
        var reader = new WireReader(body);
        bool legal = PipeName.TryParse(reader.ReadName(), out var pipe);
        item = new QueryItem(pipe);
        return legal && !reader.Failed;
    }
}

/// <summary>"I read this pipe, by this endpoint." WIRE.md, "Query and offer".</summary>
public readonly record struct OfferItem(PipeName Pipe, EndpointName Endpoint)
{
    public void Write(ref WireWriter writer)
    {
        writer.WriteName(Pipe.Text);
        writer.WriteName(Endpoint.Text);
    }

    public static bool TryRead(ReadOnlySpan<byte> body, out OfferItem item)
    {
        var reader = new WireReader(body);
        bool legal = PipeName.TryParse(reader.ReadName(), out var pipe) & EndpointName.TryParse(reader.ReadName(), out var endpoint);
        item = new OfferItem(pipe, endpoint);
        return legal && !reader.Failed;
    }
}

/// <summary>Binds a stream of the sender to an input endpoint, and names it with a channel for this session. WIRE.md, "Bind".</summary>
/// <param name="Base">The first sequence that the sender still has.</param>
/// <param name="Next">One past the last that is durable there.</param>
/// <param name="Life">Of the sender's lane; <see cref="LaneLife.Unknown"/> from a program that knows none.</param>
public readonly record struct BindItem(int Channel, byte Lane, Incarnation Incarnation, ulong Base, ulong Next, PipeName Pipe, EndpointName Endpoint, LaneLife Life)
{
    public void Write(ref WireWriter writer)
    {
        writer.WriteVarint((ulong)Channel);
        writer.WriteByte(Lane);
        writer.WriteUInt64(Incarnation.Value);
        writer.WriteVarint(Base);
        writer.WriteVarint(Next);
        writer.WriteName(Pipe.Text);
        writer.WriteName(Endpoint.Text);
        Life.WriteUnlessUnknown(ref writer);
    }

    public static bool TryRead(ReadOnlySpan<byte> body, out BindItem item)
    {
        var reader = new WireReader(body);
        int channel = reader.ReadVarint(Channels.NumberMax);
        byte lane = reader.ReadByte();
        var incarnation = new Incarnation(reader.ReadUInt64());
        ulong @base = reader.ReadVarint(), next = reader.ReadVarint();
        bool legal = PipeName.TryParse(reader.ReadName(), out var pipe) & EndpointName.TryParse(reader.ReadName(), out var endpoint);
        item = new BindItem(channel, lane, incarnation, @base, next, pipe, endpoint, LaneLife.Read(ref reader));
        return legal && !reader.Failed && lane < StreamKey.LaneCount && @base <= next;
    }
}

/// <summary>Answers <see cref="BindItem"/>. WIRE.md, "Bound".</summary>
/// <param name="Fresh">The receiver held nothing of this stream before.</param>
/// <param name="Next">The first sequence that the receiver has not kept.</param>
/// <param name="Consumed">The first sequence that has not been consumed there.</param>
/// <param name="Window"><see cref="WindowCode"/> from the start of message <paramref name="Next"/>.</param>
/// <param name="MessageBytesMax">The longest message that the receiver can ever keep.</param>
/// <param name="Life">The life of the sender's lane in which the receiver last took something of it; <see cref="LaneLife.Unknown"/> before.</param>
public readonly record struct BoundItem(int Channel, bool Fresh, ulong Next, ulong Consumed, byte Window, int MessageBytesMax, LaneLife Life)
{
    private readonly NumberRange[]? _gaps;

    /// <summary>Messages from the sender's base on that were skipped, so are not kept, though next may be above them; at most <see cref="GapsMax"/> runs.</summary>
    public NumberRange[] Gaps { get => _gaps ?? []; init => _gaps = value; }

    public void Write(ref WireWriter writer)
    {
        writer.WriteVarint((ulong)Channel);
        writer.WriteByte(Fresh ? (byte)1 : (byte)0);
        writer.WriteVarint(Next);
        writer.WriteVarint(Consumed);
        writer.WriteByte(Window);
        writer.WriteVarint((ulong)MessageBytesMax);
        if (Gaps.Length > 0 || Life != LaneLife.Unknown)
            RunFields.Write(ref writer, 0, Gaps);
        Life.WriteUnlessUnknown(ref writer);
    }

    public static bool TryRead(ReadOnlySpan<byte> body, out BoundItem item)
    {
        var reader = new WireReader(body);
        item = new BoundItem(reader.ReadVarint(Channels.NumberMax), (reader.ReadByte() & 1) != 0, reader.ReadVarint(), reader.ReadVarint(), reader.ReadByte(), reader.ReadVarint(int.MaxValue), LaneLife.Unknown);
        bool legal = true;
        if (reader.Remaining > 0)
        {
            legal = RunFields.TryRead(ref reader, 0, GapsMax, out var gaps);
            item = item with { Gaps = gaps, Life = LaneLife.Read(ref reader) };
        }
        return legal && !reader.Failed && item.Consumed <= item.Next;
    }

    /// <summary>As many early ends as a sender keeps above its base; with them the item still fits the least frame.</summary>
    public const int GapsMax = 12;
}

public enum RefusalReason : byte
{
    /// <summary>Another endpoint is bound to the pipe: one a pipe in this version.</summary>
    AlreadyBound = 1,

    /// <summary>The endpoint is not here (any more).</summary>
    NoSuchEndpoint = 2,

    /// <summary>A limit of the receiver is reached.</summary>
    TooMany = 3,
}

/// <summary>Declines an offer or a binding. WIRE.md, "Refused".</summary>
public readonly record struct RefusedItem(PipeName Pipe, EndpointName Endpoint, RefusalReason Reason)
{
    public void Write(ref WireWriter writer)
    {
        writer.WriteName(Pipe.Text);
        writer.WriteName(Endpoint.Text);
        writer.WriteByte((byte)Reason);
    }

    public static bool TryRead(ReadOnlySpan<byte> body, out RefusedItem item)
    {
        var reader = new WireReader(body);
        bool legal = PipeName.TryParse(reader.ReadName(), out var pipe) & EndpointName.TryParse(reader.ReadName(), out var endpoint);
        item = new RefusedItem(pipe, endpoint, (RefusalReason)reader.ReadByte());
        return legal && !reader.Failed;
    }
}

/// <summary>Channels number the streams bound in one session, each side its own outgoing ones, from 0.</summary>
public static class Channels
{
    /// <summary>16,384 streams a session: numbers stay within two bytes.</summary>
    public const int NumberMax = (1 << 14) - 1;

    /// <summary>The first channels, whose messages name theirs in their kind: half of the kinds that were left.</summary>
    public const int ShortMessageCount = ItemKind.ShortKept - ItemKind.ShortMessage;

    /// <summary>The first channels, whose short words of what is kept do so.</summary>
    public const int ShortKeptCount = ItemKind.ShortKeptConsumed - ItemKind.ShortKept;
}
