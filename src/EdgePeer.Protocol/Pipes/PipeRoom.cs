using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>What of the journal's room messages may take: those that come in, and those of each pipe that is written here.</summary>
internal sealed class PipeRoom
{
    private readonly NodeContext _node;
    private readonly SortedDictionary<PipeName, OutputPipe> _outputs;
    private long _incomingReserved;

    /// <param name="outputs">All pipes that are written here, as they come.</param>
    public PipeRoom(NodeContext node, SortedDictionary<PipeName, OutputPipe> outputs)
    {
        _node = node;
        _outputs = outputs;
        IncomingReserved = 0;
    }

    /// <summary>Grows when a message that was turned away may be tried again.</summary>
    public ulong Version { get; private set; }

    public void OnChanged() => Version++;

    /// <summary>The longest message, either way: with its records it fits into what is reserved, so that it never waits for the other direction.</summary>
    public int MessageBytesMax =>
        (int)Math.Min(Limits.MessageBytesMax, _node.Buffer.ReservedBytes / 8 * 7 - _node.Buffer.CostBytes(MessageStamp.BytesMax));

    /// <summary>Room set aside for what is still to come of begun messages. Messages written here leave it free, and with it the room of the next in order.</summary>
    public long IncomingReserved
    {
        get => _incomingReserved;
        set
        {
            bool less = value < _incomingReserved;
            _incomingReserved = value;
            _node.Buffer.Claim(StreamDirection.Incoming, value + HeadReserve);
            if (less)
                OnChanged();
        }
    }

    public long IncomingFree => _node.Buffer.RoomBytes(StreamDirection.Incoming) - IncomingReserved;

    /// <summary>What messages out of order leave free for the next in order.</summary>
    public long HeadReserve => _node.Buffer.CostBytes(MessageBytesMax);

    /// <summary>What all messages that are written here may take.</summary>
    public long ShareBytes => _node.Buffer.ShareBytes;

    /// <summary>The longest message of a pipe by its own capacity.</summary>
    public long MessageBytesMaxOf(PipeName pipe) =>
        _node.OptionsOf(pipe).CapacityBytes is { } capacity ? Math.Max(0, capacity / Limits.MessageShareDivisor - _node.Buffer.CostBytes(MessageStamp.BytesMax)) : long.MaxValue;

    /// <summary>The pipe itself has no room for the message, however much the journal has.</summary>
    public bool IsFull(PipeName pipe, int payloadBytes) =>
        _outputs.TryGetValue(pipe, out var output) && output.UsedBytes + CostBytes(payloadBytes) > output.CapacityBytes;

    /// <summary>What the pipe's messages may still take, for a picture.</summary>
    public long LeftFor(OutputPipe output, out RoomLimit limit)
    {
        long journal = _node.Buffer.RoomBytes(StreamDirection.Outgoing), shared = journal - KeptForOthers(output), own = OwnFree(output);
        limit = own < shared && HasCapacity(output) ? RoomLimit.Capacity : shared < journal ? RoomLimit.Share : RoomLimit.Journal;
        return Math.Max(0, Math.Min(shared, own) - _node.Buffer.CostBytes(MessageStamp.BytesMax));
    }

    /// <summary>Why a message was not taken.</summary>
    public RoomLimit LimitOf(OutputPipe output, int payloadBytes)
    {
        long cost = CostBytes(payloadBytes);
        return HasCapacity(output) && OwnFree(output) < cost ? RoomLimit.Capacity
            : _node.Buffer.RoomBytes(StreamDirection.Outgoing) < cost ? RoomLimit.Journal
            : RoomLimit.Share;
    }

    /// <summary>The message fits into what is kept free for the pipe.</summary>
    public bool IsOwn(PipeName pipe, int payloadBytes) =>
        _node.OptionsOf(pipe).ShareBytes is > 0 and var share && (_outputs.TryGetValue(pipe, out var output) ? output.UsedBytes : 0) + CostBytes(payloadBytes) <= share;

    /// <summary>Makes room for a message in the way of the pipe's policy.</summary>
    public bool TryMake(OutputPipe output, byte lane, int payloadBytes)
    {
        long cost = CostBytes(payloadBytes);
        while (FreeFor(output) < cost)
            if (output.Options.WhenFull != WhenFull.DropOldest || !TryDropOldest(output, lane))
                return false;
        return true;
    }

    private long CostBytes(int payloadBytes) => _node.Buffer.AppendCostBytes(payloadBytes + MessageStamp.BytesMax);

    /// <summary>What others have a right to is left to them.</summary>
    private long FreeFor(OutputPipe output) => Math.Min(_node.Buffer.RoomBytes(StreamDirection.Outgoing) - KeptForOthers(output), OwnFree(output));

    private long KeptForOthers(OutputPipe output)
    {
        long kept = 0;
        foreach (var other in _outputs.Values)
            if (other != output && other.Options.ShareBytes > 0)
                kept += Math.Max(0, other.Options.ShareBytes - other.UsedBytes);
        return kept;
    }

    private static long OwnFree(OutputPipe output) => output.CapacityBytes - output.UsedBytes;

    private bool HasCapacity(OutputPipe output) => output.Options.CapacityBytes < ShareBytes;

    private static bool TryDropOldest(OutputPipe output, byte lane)
    {
        for (int i = 0; i <= lane; i++)
            if (output.Lanes[i]?.Ends.TryDropOldest() == true)
                return true;
        return false;
    }
}
