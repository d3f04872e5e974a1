using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>All pipes of this peer, written or read here: submission, durability, readers, books. Binding is the <see cref="Binder"/>'s.</summary>
internal sealed class PipeTable
{
    private readonly NodeContext _node;
    private readonly Queue<AwaitedOut> _awaitedOut = new();
    private readonly Queue<AwaitedIn> _awaitedIn = new();
    private readonly Queue<AwaitedConsumed> _awaitedConsumed = new();
    private readonly Queue<(ulong Ticket, Action Then)> _awaitedEnds = new();
    private readonly Queue<(ulong Ticket, InStream Stream, ulong Start, ulong End)> _awaitedGaps = new();
    private readonly List<OutStream> _lanes = [];
    private readonly SortedDictionary<ReaderId, InputEndpoint> _readers = [];
    private readonly Dictionary<CallerId, (OutStream Stream, ulong Sequence)> _callers = [];
    private long _incomingReserved;
    private bool _ownRead;

    /// <summary>Takes up what the buffer holds.</summary>
    public PipeTable(NodeContext node)
    {
        _node = node;
        IncomingReserved = 0;
        foreach (var (pipe, endpoint) in PipeFacts.Endpoints(node.Buffer))
            Inputs[pipe] = new InputEndpoint(node, pipe, endpoint);
        // Before the lanes: what of them may have been sent depends on it.
        foreach (var (pipe, endpoint, peer) in PipeFacts.Bindings(node.Buffer))
            Output(pipe).BindTo(endpoint, peer);
        foreach (var stored in node.Buffer.Streams())
            if (stored.Direction == StreamDirection.Outgoing)
                RecoverOut(stored);
            else
                RecoverIn(stored);
        foreach (var output in Outputs.Values)
            ReadOwn(output);
        foreach (var pipe in node.Options.Pipes.Keys)
            Output(pipe);
    }

    public PeerId Self => _node.Options.Peer;

    public SortedDictionary<PipeName, OutputPipe> Outputs { get; } = [];

    /// <summary>Options of pipes have changed; what is queued stays in its lane.</summary>
    public void Use(IReadOnlyDictionary<PipeName, PipeOptions> pipes)
    {
        _node.UsePipes(pipes);
        foreach (var output in Outputs.Values)
            output.Options = OptionsOf(output.Name);
        foreach (var lane in _lanes)
            lane.Ends.Mark.Keep(lane.Ends.KeepsMark);
        foreach (var pipe in pipes.Keys)
            Output(pipe);
        OnRoom();
    }

    public SortedDictionary<PipeName, InputEndpoint> Inputs { get; } = [];

    public SortedDictionary<StreamKey, InStream> Incoming { get; } = [];

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
                OnRoom();
        }
    }

    public long IncomingFree => _node.Buffer.RoomBytes(StreamDirection.Incoming) - IncomingReserved;

    /// <summary>What messages out of order leave free for the next in order.</summary>
    public long HeadReserve => _node.Buffer.CostBytes(MessageBytesMax);

    public ulong RoomVersion { get; private set; }

    /// <summary>A digest of the input endpoints here, for beacons.</summary>
    public uint Digest { get; private set; }

    /// <summary>Called when a lane begins, so that it is bound if its pipe is.</summary>
    public Action<OutStream>? LaneBegun { get; set; }

    /// <summary>Called when a pipe is written for the first time, or an endpoint opened.</summary>
    public Action<OutputPipe>? PipeBegun { get; set; }

    public Action<InputEndpoint>? EndpointBegun { get; set; }

    /// <summary>The longest message, either way: with its records it fits into what is reserved, so that it never waits for the other direction.</summary>
    public int MessageBytesMax =>
        (int)Math.Min(Limits.MessageBytesMax, _node.Buffer.ReservedBytes / 8 * 7 - _node.Buffer.CostBytes(MessageStamp.BytesMax));

    /// <summary>When messages expire next, or the running time is to be noted for their sake.</summary>
    public Instant NextDeadline
    {
        get
        {
            var next = Instant.Never;
            foreach (var lane in _lanes)
                next = Instant.Earlier(next, lane.Ends.ExpireAt);
            if (next != Instant.Never)
                next = Instant.Earlier(next, _node.Clock.NoteAt);
            foreach (var lane in _lanes)
                next = Instant.Earlier(next, lane.Ends.ReadAgainAt);
            return next;
        }
    }

    public void OnDeadline(Instant now)
    {
        bool any = false, readAgain = false;
        foreach (var lane in _lanes)
        {
            any |= lane.Ends.ExpireAt != Instant.Never;
            readAgain |= lane.Pipe.IsOwn && lane.Ends.ReadAgainAt <= now;
            lane.Ends.Expire(now);
        }
        if (any && _node.Clock.NoteAt <= now)
            _node.Clock.Note(now);
        if (!readAgain)
            return;
        foreach (var input in Inputs.Values)
            input.Pump(now);
    }

    /// <param name="ttl">Null takes the pipe's.</param>
    public bool TrySubmit(CallerId caller, PipeName pipe, byte? lane, UInt128 tag, ReadOnlySpan<byte> payload, Receipt waitFor, TimeSpan? ttl, Instant now)
    {
        if (tag != UInt128.Zero && _node.Buffer.TryFindTag(tag, out uint stored, out ulong known))
            return AnswerKnown(caller, stored, known, waitFor);
        if (payload.Length > MessageBytesMaxOf(pipe))
            return Reject(caller, pipe, $"a message of {payload.Length} bytes is more than pipe {pipe} takes ({MessageBytesMaxOf(pipe)}); send less, or give the pipe's capacity more");
        if (payload.Length > MessageBytesMax)
            return Reject(caller, pipe, $"a message of {payload.Length} bytes is more than this journal takes ({MessageBytesMax}); send less, or give journal.capacity more");
        if (!Outputs.ContainsKey(pipe) && Outputs.Count >= Limits.PipesMax)
            return Reject(caller, pipe, $"there are already {Limits.PipesMax} pipes");
        if (_callers.Count >= Limits.CallersMax)
            return false;
        var output = Output(pipe);
        byte priority = lane ?? output.Options.Priority;
        long? expiresAtMs = null;
        if ((ttl ?? output.Options.Ttl) is { } limit)
        {
            _node.Clock.NoteAlong(now);
            expiresAtMs = _node.Clock.After(limit, now);
        }
        if (!MakeRoom(output, priority, payload.Length) || !TryAppend(output, priority, tag, payload, expiresAtMs, out var stream, out ulong sequence, out ulong ticket))
            return OnFull(output, caller);
        _callers[caller] = (stream, sequence);
        stream.Wait(sequence, caller, waitFor);
        _awaitedOut.Enqueue(new AwaitedOut(ticket, stream, sequence));
        if (PipeOptions.IsUrgent(priority))
            _node.Buffer.Hurry();
        return true;
    }

    public void ForgetCaller(CallerId caller)
    {
        if (_callers.Remove(caller, out var place))
            place.Stream.ForgetCaller(caller, place.Sequence);
    }

    public void OnCallerDone(CallerId caller)
    {
        _callers.Remove(caller);
        // Whoever was turned away because too many waited may try again.
        if (_callers.Count == Limits.CallersMax - 1)
            OnRoom();
    }

    public void OnRoom() => RoomVersion++;

    /// <summary>Messages have left the buffer: of either direction, both may take what they took.</summary>
    public void OnFreed()
    {
        OnRoom();
        foreach (var stream in Incoming.Values)
            stream.Channel?.OnRoom();
    }

    /// <summary>Does it once the ticket is on flash.</summary>
    public void AwaitEnded(ulong ticket, Action then)
    {
        if (ticket <= _node.DurableThrough)
            then();
        else
            _awaitedEnds.Enqueue((ticket, then));
    }

    public void AwaitGap(ulong ticket, InStream stream, ulong start, ulong end) => _awaitedGaps.Enqueue((ticket, stream, start, end));

    public void AwaitDurable(ulong ticket, InStream stream, ulong sequence, int offset, int length) =>
        _awaitedIn.Enqueue(new AwaitedIn(ticket, stream, sequence, offset, length));

    public void OnDurable(ulong ticket, Instant now)
    {
        while (_awaitedOut.TryPeek(out var sent) && sent.Ticket <= ticket)
        {
            _awaitedOut.Dequeue();
            sent.Stream.OnDurable(sent.Sequence);
        }
        while (_awaitedConsumed.TryPeek(out var taken) && taken.Ticket <= ticket)
        {
            _awaitedConsumed.Dequeue();
            taken.Stream.ConsumedNext = taken.Next;
            ConsumedChanged = true;
        }
        while (_awaitedEnds.TryPeek(out var ended) && ended.Ticket <= ticket)
            _awaitedEnds.Dequeue().Then();
        foreach (var lane in Turned)
            lane.ReleaseKeptTurns();
        // A lane that is read here goes on with what became durable, and with what may now count as sent.
        bool kept = _ownRead;
        while (_awaitedIn.TryPeek(out var came) && came.Ticket <= ticket)
        {
            _awaitedIn.Dequeue();
            came.Stream.OnDurable(came.Sequence, came.Offset, came.Length);
            kept = true;
        }
        while (_awaitedGaps.TryPeek(out var gap) && gap.Ticket <= ticket)
        {
            _awaitedGaps.Dequeue();
            gap.Stream.OnGapDurable(gap.Start, gap.End);
            kept = true;
        }
        if (!kept)
            return;
        foreach (var input in Inputs.Values)
            input.Pump(now);
    }

    /// <param name="own">What is written here is read too, unless another endpoint reads it already.</param>
    public void OpenReader(ReaderId reader, PipeName pipe, EndpointName name, int window, bool own, Instant now)
    {
        if (_readers.Count >= Limits.ReadersMax)
        {
            _node.Do(new ReaderEnded(reader, $"there are already {Limits.ReadersMax} readers"));
            return;
        }
        if (!Inputs.TryGetValue(pipe, out var input))
        {
            if (Inputs.Count >= Limits.PipesMax)
            {
                _node.Do(new ReaderEnded(reader, $"there are already {Limits.PipesMax} pipes read here"));
                return;
            }
            Inputs[pipe] = input = new InputEndpoint(_node, pipe, name);
            PipeFacts.PutEndpoint(_node.Buffer, pipe, name);
            RefreshDigest();
            EndpointBegun?.Invoke(input);
        }
        else if (input.Name != name)
        {
            _node.Do(new ReaderEnded(reader, $"pipe {pipe} is read here as {input.Name}; one endpoint a pipe in this version: read it --as {input.Name}"));
            return;
        }
        _readers[reader] = input;
        if (own)
            BindOwn(pipe, name);
        input.Open(reader, window);
        input.Pump(now);
    }

    /// <summary>Pipes that are written here and were bound here go to whoever else reads them, but for those named.</summary>
    public void UnbindOwn(IReadOnlyCollection<PipeName> but)
    {
        foreach (var output in Outputs.Values)
        {
            if (!output.IsOwn || but.Contains(output.Name))
                continue;
            output.Unbind();
            PipeFacts.RemoveBinding(_node.Buffer, output.Name);
            if (Inputs.TryGetValue(output.Name, out var input))
                input.RemoveOwn();
            PipeBegun?.Invoke(output);
        }
        _ownRead = Outputs.Values.Any(output => output.IsOwn);
    }

    private void BindOwn(PipeName pipe, EndpointName name)
    {
        var output = Output(pipe);
        if (!output.IsBound)
        {
            output.BindTo(name, Self);
            PipeFacts.PutBinding(_node.Buffer, pipe, name, Self);
            _node.Report(ReportKind.Bound, $"pipe {pipe} is bound to endpoint {name} of this peer");
        }
        else if (!output.IsOwn)
        {
            _node.Report(ReportKind.Warning, $"what is written here to pipe {pipe} goes to endpoint {output.Endpoint} of peer {output.Peer.ToShortString()}, which was the first to read it; endpoint {name} gets what other peers write");
        }
        ReadOwn(output);
    }

    /// <summary>Lanes of a pipe that is bound here are handed over as streams of others are.</summary>
    private void ReadOwn(OutputPipe output)
    {
        if (!output.IsOwn || !Inputs.TryGetValue(output.Name, out var input))
            return;
        _ownRead = true;
        foreach (var lane in output.Lanes)
            if (lane is not null)
                input.AddOwn(lane);
    }

    public void Consume(ReaderId reader, in StreamKey stream, ulong sequence, Instant now)
    {
        if (!_readers.TryGetValue(reader, out var input))
            return;
        input.Consume(reader, stream, sequence);
        input.Pump(now);
    }

    public void PassBy(ReaderId reader, in StreamKey stream, ulong sequence, Instant now)
    {
        if (!_readers.TryGetValue(reader, out var input))
            return;
        input.PassBy(reader, stream, sequence, now);
        input.Pump(now);
    }

    public void CloseReader(ReaderId reader, Instant now)
    {
        if (!_readers.Remove(reader, out var input))
            return;
        input.Close(reader);
        input.Pump(now);
    }

    public void HandOverAgain(InStream stream, ulong sequence, int totalBytes)
    {
        if (Inputs.TryGetValue(stream.Key.Pipe, out var input))
            input.HandOverAgain(stream, sequence, totalBytes);
    }

    public void OnConsumed(InStream stream, ulong ticket)
    {
        _awaitedConsumed.Enqueue(new AwaitedConsumed(ticket, stream, stream.Base));
        if (stream.Retired)
            ForgetDrained();
        OnFreed();
    }

    /// <summary>Drops retired streams of which nothing waits any more; their books go on in a fact of the pipe.</summary>
    private void ForgetDrained()
    {
        foreach (var stream in new List<InStream>(Incoming.Values))
        {
            if (!stream.Retired || stream.Waiting > 0)
                continue;
            long before = PipeFacts.GetPastReceived(_node.Buffer, stream.Key.Pipe);
            PipeFacts.PutPastReceived(_node.Buffer, stream.Key.Pipe, before + stream.Received);
            PipeFacts.RemoveOrigin(_node.Buffer, stream.Stored);
            _node.Buffer.Forget(stream.Stored);
            Incoming.Remove(stream.Key);
            if (Inputs.TryGetValue(stream.Key.Pipe, out var input))
                input.Remove(stream);
        }
    }

    /// <summary>Lanes with turns.</summary>
    public IEnumerable<OutStream> Turned => _lanes.Where(lane => lane.Turns is not null);

    /// <summary>Something was taken since this was last looked at: senders may be told.</summary>
    public bool ConsumedChanged { get; set; }

    public bool TryReadPayload(in StreamKey key, ulong sequence, int offset, Span<byte> into)
    {
        if (Incoming.TryGetValue(key, out var incoming))
            return _node.Buffer.TryRead(incoming.Stored, sequence, offset, into);
        return key.Sender == Self && Outputs.TryGetValue(key.Pipe, out var output) && output.Lanes[key.Lane] is { } lane && lane.Incarnation == key.Incarnation
            && lane.TryReadBytes(sequence, offset, into);
    }

    /// <summary>The stream of another peer, taken up or begun; null when there are too many.</summary>
    public InStream? OpenIncoming(in StreamKey key, ulong @base, out bool fresh)
    {
        fresh = false;
        if (Incoming.TryGetValue(key, out var stream))
            return stream;
        if (Incoming.Count >= Limits.IncomingStreamsMax || !Inputs.TryGetValue(key.Pipe, out var input))
            return null;
        fresh = true;
        foreach (var other in Incoming.Values)
            if (other.Key.Sender == key.Sender && other.Key.Pipe == key.Pipe && other.Key.Lane == key.Lane)
                other.Retire();
        ForgetDrained();
        var stored = _node.Buffer.Open(StreamDirection.Incoming, key);
        var origin = new StreamOrigin(@base, []);
        if (@base > 0)
        {
            _node.Buffer.Release(stored.Id, @base);
            PipeFacts.PutOrigin(_node.Buffer, stored.Id, origin);
            stored = stored with { Base = @base, Next = @base };
        }
        Incoming[key] = stream = new InStream(_node, this, stored, origin);
        input.Add(stream);
        return stream;
    }

    public OutputPipe Output(PipeName name)
    {
        if (Outputs.TryGetValue(name, out var output))
            return output;
        Outputs[name] = output = new OutputPipe(this, name, OptionsOf(name));
        PipeBegun?.Invoke(output);
        return output;
    }

    public InputBooks InputBooks(PipeName pipe)
    {
        long received = PipeFacts.GetPastReceived(_node.Buffer, pipe), waiting = 0;
        foreach (var stream in Incoming.Values)
            if (stream.Key.Pipe == pipe)
            {
                received += stream.Received;
                waiting += stream.Waiting;
            }
        return new InputBooks(Inputs.TryGetValue(pipe, out var input) ? input.Name : null, received, received - waiting);
    }

    /// <summary>The sequence numbers of a lane begin a new life: what is queued goes on under it.</summary>
    public void Renew(OutStream stream, string why)
    {
        var before = stream.Key;
        stream.Incarnation = new Incarnation(_node.Random.NextUInt64());
        stream.IncarnationTicket = PipeFacts.PutLane(_node.Buffer, stream.Pipe.Name, stream.Lane, stream.Fact);
        _node.Report(ReportKind.NewIncarnation, $"{before} goes on as {stream.Incarnation}: {why}; of its {stream.Queued} queued messages some may come twice");
    }

    public long OutgoingShareBytes => _node.Buffer.ShareBytes;

    /// <summary>The pipe itself has no room for the message, however much the journal has.</summary>
    public bool IsFull(PipeName pipe, int payloadBytes) =>
        Outputs.TryGetValue(pipe, out var output) && output.UsedBytes + _node.Buffer.AppendCostBytes(payloadBytes + MessageStamp.BytesMax) > output.CapacityBytes;

    public bool HasOwnRoom(PipeName pipe, int payloadBytes) =>
        OptionsOf(pipe).ShareBytes is > 0 and var share && (Outputs.TryGetValue(pipe, out var output) ? output.UsedBytes : 0) + _node.Buffer.AppendCostBytes(payloadBytes + MessageStamp.BytesMax) <= share;

    private long MessageBytesMaxOf(PipeName pipe) =>
        OptionsOf(pipe).CapacityBytes is { } capacity ? Math.Max(0, capacity / Limits.MessageShareDivisor - _node.Buffer.CostBytes(MessageStamp.BytesMax)) : long.MaxValue;

    /// <summary>Room for messages of the pipe: what others have a right to is left to them.</summary>
    private long RoomBytes(OutputPipe output)
    {
        long room = _node.Buffer.RoomBytes(StreamDirection.Outgoing);
        foreach (var other in Outputs.Values)
            if (other != output && other.Options.ShareBytes > 0)
                room -= Math.Max(0, other.Options.ShareBytes - other.UsedBytes);
        return Math.Min(room, output.CapacityBytes - output.UsedBytes);
    }

    /// <summary>Makes room in the way of the pipe's policy.</summary>
    private bool MakeRoom(OutputPipe output, byte lane, int payloadBytes)
    {
        long cost = _node.Buffer.AppendCostBytes(payloadBytes + MessageStamp.BytesMax);
        while (RoomBytes(output) < cost)
            if (output.Options.WhenFull != WhenFull.DropOldest || !TryDropOldest(output, lane))
                return false;
        return true;
    }

    private static bool TryDropOldest(OutputPipe output, byte lane)
    {
        for (int i = 0; i <= lane; i++)
            if (output.Lanes[i]?.Ends.TryDropOldest() == true)
                return true;
        return false;
    }

    private bool OnFull(OutputPipe output, CallerId caller) =>
        output.Options.WhenFull == WhenFull.Reject && Reject(caller, output.Name, $"{(output.Options.CapacityBytes is null ? "the journal" : "the pipe, or the journal,")} is full; whenFull of pipe {output.Name} is reject");

    private bool TryAppend(
        OutputPipe output, byte lane, UInt128 tag, ReadOnlySpan<byte> payload, long? expiresAtMs, out OutStream stream, out ulong sequence, out ulong ticket)
    {
        stream = output.Lanes[lane] ?? BeginLane(output, lane);
        sequence = stream.Next;
        long used = _node.Buffer.UsedBytes(StreamDirection.Outgoing);
        stream.OnAppending(expiresAtMs);
        Span<byte> stamp = stackalloc byte[MessageStamp.Size(expiresAtMs)];
        MessageStamp.Write(stamp, expiresAtMs);
        int totalBytes = payload.Length + stamp.Length;
        int offset = 0;
        for (; payload.Length - offset > Limits.AppendBytesMax; offset += Limits.AppendBytesMax)
            if (!_node.Buffer.TryAppend(stream.Stored, sequence, totalBytes, offset, payload.Slice(offset, Limits.AppendBytesMax), UInt128.Zero, out ticket))
                return offset == 0 ? false : throw NoRoomLeft(totalBytes, offset);
        // The tag goes with the last part: what is begun and not ended at a crash was never accepted.
        byte[] last = System.Buffers.ArrayPool<byte>.Shared.Rent(totalBytes - offset);
        payload[offset..].CopyTo(last);
        stamp.CopyTo(last.AsSpan(payload.Length - offset));
        bool appended = _node.Buffer.TryAppend(stream.Stored, sequence, totalBytes, offset, last.AsSpan(0, totalBytes - offset), tag, out ticket);
        System.Buffers.ArrayPool<byte>.Shared.Return(last);
        if (!appended)
            return offset == 0 ? false : throw NoRoomLeft(totalBytes, offset);
        stream.OnUsed(used);
        stream.TakeSequence(expiresAtMs);
        return true;
    }

    private static InvalidOperationException NoRoomLeft(int totalBytes, int offset) => new($"the journal said it had room for {totalBytes} bytes and took {offset}");

    private OutStream BeginLane(OutputPipe output, byte lane)
    {
        var stored = _node.Buffer.Open(StreamDirection.Outgoing, OutgoingKey(output.Name, lane));
        var stream = new OutStream(_node, output, lane, new LaneFact(new Incarnation(_node.Random.NextUInt64()), 0, 0), stored);
        stream.IncarnationTicket = PipeFacts.PutLane(_node.Buffer, output.Name, lane, stream.Fact);
        stream.Ends.Mark.Keep(stream.Ends.KeepsMark);
        output.Lanes[lane] = stream;
        _lanes.Add(stream);
        ReadOwn(output);
        LaneBegun?.Invoke(stream);
        return stream;
    }

    private bool AnswerKnown(CallerId caller, uint stored, ulong sequence, Receipt waitFor)
    {
        foreach (var output in Outputs.Values)
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
        _node.Do(new ReceiptReached(caller, Receipt.Rejected, new StreamKey(_node.Options.Peer, pipe, 0, default), 0, reason));
        return true;
    }

    private void RecoverOut(MessageStream stored)
    {
        var output = Output(stored.Key.Pipe);
        // A message of which only some parts became durable was never accepted.
        if (stored.Next > stored.Base && _node.Buffer.TryFind(stored.Id, stored.Next - 1, out var last) && !last.Complete)
        {
            stored = stored with { Next = stored.Next - 1 };
            _node.Buffer.Truncate(stored.Id, stored.Next);
        }
        var known = PipeFacts.GetLane(_node.Buffer, stored.Key.Pipe, stored.Key.Lane);
        var fact = known ?? new LaneFact(new Incarnation(_node.Random.NextUInt64()), 0, 0);
        if (fact.StampedFrom == ulong.MaxValue)
            fact = fact with { StampedFrom = stored.Next };
        var stream = new OutStream(_node, output, stored.Key.Lane, fact, stored);
        output.Lanes[stored.Key.Lane] = stream;
        _lanes.Add(stream);
        stream.Ends.Recover();
        if (known != fact)
            stream.IncarnationTicket = PipeFacts.PutLane(_node.Buffer, stored.Key.Pipe, stored.Key.Lane, stream.Fact);
        if (known is not null && _node.Buffer.PastUncertain)
            Renew(stream, "the journal was damaged");
    }

    private void RecoverIn(MessageStream stored)
    {
        if (_node.Has(NodeFaults.CursorNotPersisted) || !Inputs.TryGetValue(stored.Key.Pipe, out var input))
        {
            _node.Buffer.Forget(stored.Id);
            return;
        }
        var stream = new InStream(_node, this, stored, PipeFacts.GetOrigin(_node.Buffer, stored.Id));
        // Stored numbers grow: of one lane the last opened is the one that lives.
        foreach (var other in Incoming.Values)
            if (other.Key.Sender == stream.Key.Sender && other.Key.Pipe == stream.Key.Pipe && other.Key.Lane == stream.Key.Lane)
                (other.Stored < stream.Stored ? other : stream).Retire();
        Incoming[stored.Key] = stream;
        input.Add(stream);
    }

    public void RefreshDigest()
    {
        uint digest = 0;
        foreach (var input in Inputs.Values)
            digest = Crc32C.Compute(System.Text.Encoding.ASCII.GetBytes($"{input.Pipe}:{input.Name}"), digest);
        Digest = digest;
    }

    private PipeOptions OptionsOf(PipeName name) => _node.Options.Pipes.TryGetValue(name, out var options) ? options : new PipeOptions();

    private StreamKey OutgoingKey(PipeName pipe, byte lane) => new(_node.Options.Peer, pipe, lane, default);

    private readonly record struct AwaitedOut(ulong Ticket, OutStream Stream, ulong Sequence);

    private readonly record struct AwaitedConsumed(ulong Ticket, InStream Stream, ulong Next);

    private readonly record struct AwaitedIn(ulong Ticket, InStream Stream, ulong Sequence, int Offset, int Length);
}
