using EdgePeer.Protocol.Sessions;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>A pipe that is written here: its lanes, and the endpoint it is bound to.</summary>
internal sealed class OutputPipe(PipeTable table, PipeName name, PipeOptions options)
{
    public PipeTable Table { get; } = table;

    public PipeName Name { get; } = name;

    public PipeOptions Options { get; set; } = options;

    public OutStream?[] Lanes { get; } = new OutStream?[StreamKey.LaneCount];

    /// <summary>What its messages take of the outgoing share.</summary>
    public long UsedBytes
    {
        get
        {
            long used = 0;
            foreach (var stream in Lanes)
                used += stream?.UsedBytes ?? 0;
            return used;
        }
    }

    /// <summary>What they may take.</summary>
    public long CapacityBytes => Math.Min(Options.CapacityBytes ?? long.MaxValue, Table.Room.ShareBytes);

    /// <summary>Durable, begins at the first message kept for it, and ends only by an operator's word.</summary>
    public bool IsBound { get; private set; }

    public EndpointName Endpoint { get; private set; }

    public PeerId Peer { get; private set; }

    /// <summary>The endpoint's session; null while it is away.</summary>
    public Session? Session { get; set; }

    /// <summary>The binding must be on flash before the endpoint hears of it.</summary>
    public ulong BindingTicket { get; set; }

    /// <summary>It is bound to the endpoint of this peer.</summary>
    public bool IsOwn => IsBound && Peer == Table.Self;

    public void BindTo(EndpointName endpoint, PeerId peer)
    {
        IsBound = true;
        Endpoint = endpoint;
        Peer = peer;
    }

    public void Unbind() => IsBound = false;

    public PipeStatus Status(NodeContext node, in InputBooks input)
    {
        long accepted = 0, delivered = 0, consumed = 0, queued = 0, expired = 0, dropped = 0, sentAgain = 0;
        var lanes = new List<LaneStatus>();
        foreach (var stream in Lanes)
        {
            if (stream is null)
                continue;
            accepted += (long)stream.DurableNext;
            delivered += stream.Delivered;
            queued += stream.Queued;
            expired += stream.Ends.Expired;
            dropped += stream.Ends.Dropped;
            consumed += stream.Consumed;
            sentAgain += stream.SentAgain;
            lanes.Add(new LaneStatus(stream.Lane, stream.Incarnation, stream.FirstSequence, stream.Turns is null ? stream.DurableNext : stream.FirstSequence + (ulong)stream.Queued, stream.Channel?.SentNext ?? stream.FirstSequence, StateOf(stream)));
        }
        var endpoints = new List<EndpointStatus>();
        if (IsBound && !IsOwn)
            endpoints.Add(new EndpointStatus(Endpoint, Peer, false, Session is null ? "away" : "bound"));
        if (input.Endpoint is { } reads)
            endpoints.Add(new EndpointStatus(reads, node.Options.Peer, true, "reads"));
        return new PipeStatus(
            Name, "reliable", accepted, delivered, consumed + input.Consumed, queued, expired, dropped,
            input.Received, input.Waiting, input.Lost, sentAgain, lanes, endpoints)
        {
            RoomBytes = Table.Room.LeftFor(this, out var limit),
            RoomBy = limit,
        };
    }

    private string StateOf(OutStream stream) =>
        !IsBound ? "nobody reads it yet"
        : IsOwn ? stream.Base == stream.DurableNext ? "idle" : "read here"
        : stream.Channel is not { } channel ? "the endpoint's peer is away"
        : channel.State switch
        {
            ChannelState.Binding => "binding",
            ChannelState.Refused => "refused there",
            _ => stream.Queued == 0 ? "idle" : "sending",
        };
}

/// <summary>What is read here of a pipe, of all its writers elsewhere.</summary>
internal readonly record struct InputBooks(EndpointName? Endpoint, long Received, long Waiting, long Lost)
{
    public long Consumed => Received - Waiting - Lost;
}
