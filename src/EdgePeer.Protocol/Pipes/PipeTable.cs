using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>All pipes of this peer, written or read here, with their lanes, streams, readers and books. Binding is the <see cref="Binder"/>'s.</summary>
internal sealed class PipeTable
{
    private readonly NodeContext _node;
    private readonly List<OutStream> _lanes = [];
    private readonly SortedDictionary<ReaderId, InputEndpoint> _readers = [];
    private bool _ownRead;

    /// <summary>Takes up what the buffer holds.</summary>
    public PipeTable(NodeContext node)
    {
        _node = node;
        Awaited = new Awaited(node);
        Room = new PipeRoom(node, Outputs);
        Sends = new Submissions(node, this);
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

    public Awaited Awaited { get; }

    public PipeRoom Room { get; }

    public Submissions Sends { get; }

    public SortedDictionary<PipeName, OutputPipe> Outputs { get; } = [];

    /// <summary>Options of pipes have changed; what is queued stays in its lane.</summary>
    public void Use(IReadOnlyDictionary<PipeName, PipeOptions> pipes)
    {
        _node.UsePipes(pipes);
        foreach (var output in Outputs.Values)
            output.Options = _node.OptionsOf(output.Name);
        foreach (var lane in _lanes)
            lane.Ends.Mark.Keep(lane.Ends.KeepsMark);
        foreach (var pipe in pipes.Keys)
            Output(pipe);
        Room.OnChanged();
    }

    public SortedDictionary<PipeName, InputEndpoint> Inputs { get; } = [];

    public SortedDictionary<StreamKey, InStream> Incoming { get; } = [];

    /// <summary>A digest of the input endpoints here, for beacons.</summary>
    public uint Digest { get; private set; }

    /// <summary>Called when a lane begins, so that it is bound if its pipe is.</summary>
    public Action<OutStream>? LaneBegun { get; set; }

    /// <summary>Called when a pipe is written for the first time, or an endpoint opened.</summary>
    public Action<OutputPipe>? PipeBegun { get; set; }

    public Action<InputEndpoint>? EndpointBegun { get; set; }

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

    /// <summary>Messages have left the buffer: of either direction, both may take what they took.</summary>
    public void OnFreed()
    {
        Room.OnChanged();
        foreach (var stream in Incoming.Values)
            stream.Channel?.OnRoom();
    }

    public void OnDurable(ulong ticket, Instant now)
    {
        // A lane that is read here goes on with what became durable, and with what may now count as sent.
        if (!Awaited.OnDurable(ticket, Turned) && !_ownRead)
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

    public void NoteCounts()
    {
        foreach (var output in Outputs.Values)
            foreach (var stream in output.Lanes)
                stream?.NoteConsumed();
    }

    public void OnConsumed(InStream stream, ulong ticket)
    {
        Awaited.Consumed(ticket, stream, stream.Base);
        if (stream.Retired)
            ForgetDrained();
        OnFreed();
    }

    /// <summary>Drops retired streams of which nothing waits any more; their books go on in a fact of the pipe.</summary>
    private void ForgetDrained()
    {
        foreach (var stream in new List<InStream>(Incoming.Values))
        {
            if (!stream.Retired || !stream.Drained)
                continue;
            var before = PipeFacts.GetPastReceived(_node.Buffer, stream.Key.Pipe);
            PipeFacts.PutPastReceived(_node.Buffer, stream.Key.Pipe, before.Messages + stream.Received, before.Lost + stream.Lost);
            PipeFacts.RemoveOrigin(_node.Buffer, stream.Stored);
            PipeFacts.RemoveLost(_node.Buffer, stream.Stored);
            _node.Buffer.Forget(stream.Stored);
            Incoming.Remove(stream.Key);
            if (Inputs.TryGetValue(stream.Key.Pipe, out var input))
                input.Remove(stream);
        }
    }

    /// <summary>Lanes with turns.</summary>
    public IEnumerable<OutStream> Turned => _lanes.Where(lane => lane.Turns is not null);

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
        var origin = new StreamOrigin(@base, [], LaneLife.Unknown);
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
        Outputs[name] = output = new OutputPipe(this, name, _node.OptionsOf(name));
        PipeBegun?.Invoke(output);
        return output;
    }

    public InputBooks InputBooks(PipeName pipe)
    {
        var (received, lost) = PipeFacts.GetPastReceived(_node.Buffer, pipe);
        long waiting = 0;
        foreach (var stream in Incoming.Values)
            if (stream.Key.Pipe == pipe)
            {
                received += stream.Received;
                waiting += stream.Waiting;
                lost += stream.Lost;
            }
        return new InputBooks(Inputs.TryGetValue(pipe, out var input) ? input.Name : null, received, waiting, lost);
    }

    /// <summary>The sequence numbers of a lane begin a new life: what is queued goes on under it.</summary>
    public void Renew(OutStream stream, string why)
    {
        var before = stream.Key;
        stream.Incarnation = new Incarnation(_node.Random.NextUInt64());
        stream.Lives.Forget();
        stream.Renewed = true;
        stream.IncarnationTicket = PipeFacts.PutLane(_node.Buffer, stream.Pipe.Name, stream.Lane, stream.Fact);
        _node.Report(ReportKind.NewIncarnation, $"{before} goes on as {stream.Incarnation}: {why}; of its {stream.Queued} queued messages some may come twice");
    }

    public OutStream BeginLane(OutputPipe output, byte lane)
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
        stream.Advance();
    }

    public void RefreshDigest()
    {
        uint digest = 0;
        foreach (var input in Inputs.Values)
            digest = Crc32C.Compute(System.Text.Encoding.ASCII.GetBytes($"{input.Pipe}:{input.Name}"), digest);
        Digest = digest;
    }

    private StreamKey OutgoingKey(PipeName pipe, byte lane) => new(_node.Options.Peer, pipe, lane, default);
}
