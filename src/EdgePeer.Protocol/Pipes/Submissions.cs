using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>Messages on their way from applications into the journal, and who waits for their receipts.</summary>
internal sealed class Submissions(NodeContext node, PipeTable table)
{
    private readonly Dictionary<CallerId, (OutStream Stream, ulong Sequence)> _callers = [];

    /// <param name="ttl">Null takes the pipe's.</param>
    public bool TrySubmit(CallerId caller, PipeName pipe, byte? lane, UInt128 tag, ReadOnlySpan<byte> payload, Receipt waitFor, TimeSpan? ttl, Instant now)
    {
        if (tag != UInt128.Zero && node.Buffer.TryFindTag(tag, out uint stored, out ulong known))
            return AnswerKnown(caller, stored, known, waitFor);
        if (payload.Length > table.Room.MessageBytesMaxOf(pipe))
            return Reject(caller, pipe, $"a message of {payload.Length} bytes is more than pipe {pipe} takes ({table.Room.MessageBytesMaxOf(pipe)}); send less, or give the pipe's capacity more");
        if (payload.Length > table.Room.MessageBytesMax)
            return Reject(caller, pipe, $"a message of {payload.Length} bytes is more than this journal takes ({table.Room.MessageBytesMax}); send less, or give journal.capacity more");
        if (!table.Outputs.ContainsKey(pipe) && table.Outputs.Count >= Limits.PipesMax)
            return Reject(caller, pipe, $"there are already {Limits.PipesMax} pipes");
        if (_callers.Count >= Limits.CallersMax)
            return false;
        var output = table.Output(pipe);
        byte priority = lane ?? output.Options.Priority;
        long? expiresAtMs = null;
        if ((ttl ?? output.Options.Ttl) is { } limit)
        {
            node.Clock.NoteAlong(now);
            expiresAtMs = node.Clock.After(limit, now);
        }
        if (!table.Room.TryMake(output, priority, payload.Length) || !TryAppend(output, priority, tag, payload, expiresAtMs, out var stream, out ulong sequence, out ulong ticket))
            return OnFull(output, payload.Length, caller);
        _callers[caller] = (stream, sequence);
        stream.Wait(sequence, caller, waitFor);
        table.Awaited.Accepted(ticket, stream, sequence);
        if (PipeOptions.IsUrgent(priority))
            node.Buffer.Hurry();
        return true;
    }

    public void ForgetCaller(CallerId caller)
    {
        if (_callers.Remove(caller, out var place))
            place.Stream.Waiters.Forget(caller, place.Sequence);
    }

    public void OnCallerDone(CallerId caller)
    {
        _callers.Remove(caller);
        // Whoever was turned away because too many waited may try again.
        if (_callers.Count == Limits.CallersMax - 1)
            table.Room.OnChanged();
    }

    private bool TryAppend(
        OutputPipe output, byte lane, UInt128 tag, ReadOnlySpan<byte> payload, long? expiresAtMs, out OutStream stream, out ulong sequence, out ulong ticket)
    {
        stream = output.Lanes[lane] ?? table.BeginLane(output, lane);
        sequence = stream.Next;
        long used = node.Buffer.UsedBytes(StreamDirection.Outgoing);
        stream.OnAppending(expiresAtMs);
        Span<byte> stamp = stackalloc byte[MessageStamp.Size(expiresAtMs)];
        MessageStamp.Write(stamp, expiresAtMs);
        int totalBytes = payload.Length + stamp.Length;
        int offset = 0;
        for (; payload.Length - offset > Limits.AppendBytesMax; offset += Limits.AppendBytesMax)
            if (!node.Buffer.TryAppend(stream.Stored, sequence, totalBytes, offset, payload.Slice(offset, Limits.AppendBytesMax), UInt128.Zero, out ticket))
                return offset == 0 ? false : throw NoRoomLeft(totalBytes, offset);
        // The tag goes with the last part: what is begun and not ended at a crash was never accepted.
        byte[] last = System.Buffers.ArrayPool<byte>.Shared.Rent(totalBytes - offset);
        payload[offset..].CopyTo(last);
        stamp.CopyTo(last.AsSpan(payload.Length - offset));
        bool appended = node.Buffer.TryAppend(stream.Stored, sequence, totalBytes, offset, last.AsSpan(0, totalBytes - offset), tag, out ticket);
        System.Buffers.ArrayPool<byte>.Shared.Return(last);
        if (!appended)
            return offset == 0 ? false : throw NoRoomLeft(totalBytes, offset);
        stream.OnUsed(used);
        stream.TakeSequence(expiresAtMs);
        return true;
    }

    private static InvalidOperationException NoRoomLeft(int totalBytes, int offset) => new($"the journal said it had room for {totalBytes} bytes and took {offset}");

    private bool OnFull(OutputPipe output, int payloadBytes, CallerId caller) =>
        output.Options.WhenFull == WhenFull.Reject && Reject(caller, output.Name, $"{FullWords(table.Room.LimitOf(output, payloadBytes), output.Name)}; whenFull of pipe {output.Name} is reject");

    private static string FullWords(RoomLimit limit, PipeName pipe) => limit switch
    {
        RoomLimit.Capacity => $"pipe {pipe} is full by its own capacity",
        RoomLimit.Share => "what room the journal has is kept free for other pipes by their share",
        _ => "the journal is full",
    };

    private bool AnswerKnown(CallerId caller, uint stored, ulong sequence, Receipt waitFor)
    {
        foreach (var output in table.Outputs.Values)
            foreach (var stream in output.Lanes)
                if (stream is not null && stream.Stored == stored)
                {
                    _callers[caller] = (stream, sequence);
                    stream.Wait(sequence, caller, waitFor);
                    return true;
                }
        return Reject(caller, default, "the client id belongs to a message of a pipe that is no longer here");
    }

    private bool Reject(CallerId caller, PipeName pipe, string reason)
    {
        node.Do(new ReceiptReached(caller, Receipt.Rejected, new StreamKey(node.Options.Peer, pipe, 0, default), 0, reason));
        return true;
    }
}
