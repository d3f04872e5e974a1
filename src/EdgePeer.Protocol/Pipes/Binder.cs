using EdgePeer.Protocol.Sessions;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>
/// Binds pipes that are written here to endpoints elsewhere, and endpoints here to pipes elsewhere, by query, offer, bind and
/// bound. What a binding rests on is on flash before the other end hears of it.
/// </summary>
internal sealed class Binder
{
    private readonly NodeContext _node;
    private readonly PipeTable _pipes;
    private readonly Queue<(ulong Ticket, Action Then)> _afterDurable = new();
    private readonly List<Session> _sessions = [];

    public Binder(NodeContext node, PipeTable pipes)
    {
        _node = node;
        _pipes = pipes;
        pipes.RefreshDigest();
        pipes.LaneBegun = stream => BindLane(stream);
        pipes.PipeBegun = QueryEveryone;
        pipes.EndpointBegun = OfferEveryone;
    }

    public void OnSessionUp(Session session)
    {
        _sessions.Add(session);
        Span<byte> body = stackalloc byte[96];
        var writer = new WireWriter(body);
        new HelloItem(_node.Options.Name, _node.Options.SyncWindow, session.Id, _node.Options.Members?.Version ?? 0).Write(ref writer);
        session.Say(ItemKind.Hello, writer.Written);
        foreach (var output in _pipes.Outputs.Values)
            if (!output.IsBound)
                Query(session, output);
            else if (output.Peer == session.Peer)
                BindAll(output, session);
    }

    public void OnSessionLost(Session session)
    {
        _sessions.Remove(session);
        foreach (var output in _pipes.Outputs.Values)
        {
            if (output.Session != session)
                continue;
            output.Session = null;
            foreach (var stream in output.Lanes)
                stream?.OnSessionLost();
        }
        foreach (var channel in session.In.Values)
            if (channel.Stream.Channel == channel)
                channel.Stream.Channel = null;
    }

    public void OnQuery(Session session, in QueryItem query)
    {
        if (_pipes.Inputs.TryGetValue(query.Pipe, out var input))
            Offer(session, input);
    }

    public void OnOffer(Session session, in OfferItem offer)
    {
        if (!_pipes.Outputs.TryGetValue(offer.Pipe, out var output))
            return;
        if (!output.IsBound)
        {
            output.BindTo(offer.Endpoint, session.Peer);
            output.BindingTicket = PipeFacts.PutBinding(_node.Buffer, output.Name, offer.Endpoint, session.Peer);
            _node.Report(ReportKind.Bound, $"pipe {output.Name} is bound to endpoint {offer.Endpoint} at {Who(session)}");
        }
        if (output.Peer == session.Peer && output.Endpoint == offer.Endpoint)
            BindAll(output, session);
        else
            Refuse(session, offer.Pipe, offer.Endpoint, RefusalReason.AlreadyBound);
    }

    public void OnBind(Session session, BindItem bind)
    {
        if (!_pipes.Inputs.TryGetValue(bind.Pipe, out var input) || input.Name != bind.Endpoint)
        {
            Refuse(session, bind.Pipe, bind.Endpoint, RefusalReason.NoSuchEndpoint);
            return;
        }
        var key = new StreamKey(session.Peer, bind.Pipe, bind.Lane, bind.Incarnation);
        if ((session.In.TryGetValue(bind.Channel, out var known) && known.Stream.Key != key) || _pipes.OpenIncoming(key, bind.Base, out bool fresh) is not { } stream)
        {
            Refuse(session, bind.Pipe, bind.Endpoint, RefusalReason.TooMany);
            return;
        }
        if (fresh)
            stream.PutOrigin();
        if (bind.Base > stream.KeptNext)
            stream.SkipTo(bind.Base, bind.Life);
        // A stream has one channel a session: a sender that was refused binds again under another number.
        if (known is null && stream.Channel is { } before && before.Session == session)
            session.In.Remove(before.Number);
        var channel = known ?? new InChannel(_node, _pipes, session, stream, bind.Channel, bind.Life);
        session.In[bind.Channel] = channel;
        stream.Channel = channel;
        // What the cursor rests on must be on flash before it is told, to whoever asks first; as a rule it has long been.
        AfterDurable(stream.OriginTicket, () =>
        {
            session.Say(new ControlItem(ItemKind.Bound, channel.Bound(fresh, bind.Base)));
            channel.TellKept(important: false);
        });
    }

    public void OnBound(Session session, in BoundItem bound, Instant now)
    {
        foreach (var channel in session.Out)
        {
            if (channel.Number != bound.Channel)
                continue;
            var stream = channel.Stream;
            if (stream.Channel != channel)
                return;
            if (OldCopy(stream, session, bound) is { } why)
            {
                _pipes.Renew(stream, why);
                stream.Channel = null;
                session.Out.Remove(channel);
                BindLane(stream);
                return;
            }
            if (bound.Fresh && stream.Delivered > 0 && !stream.Renewed && channel.State == ChannelState.Binding)
                _node.Report(ReportKind.Gap, $"{stream.Key}: the endpoint at {Who(session)} knows nothing of the {stream.Delivered} messages it had kept");
            stream.Renewed = false;
            channel.OnBound(bound, now);
            return;
        }
    }

    /// <returns>What shows that this journal is an old copy; null when nothing does.</returns>
    private static string? OldCopy(OutStream stream, Session session, in BoundItem bound)
    {
        if (bound.Next > stream.EndSequence)
            return $"{Who(session)} has kept messages up to {bound.Next}, this journal only knows of {stream.EndSequence}";
        if (stream.Lives.CanHaveSent(bound.Life, bound.Next))
            return null;
        return bound.Life == LaneLife.Nobodys
            ? $"{Who(session)} has been sent messages of a later incarnation"
            : $"{Who(session)} has kept messages up to {bound.Next} that are not those of this journal, which numbers up to {stream.EndSequence}: it is an older copy that went on by itself";
    }

    public void OnSkip(Session session, SkipItem skip)
    {
        if (!session.In.TryGetValue(skip.Channel, out var channel) || !channel.Stream.TrySkip(skip.First, skip.Last + 1, skip.Base))
            return;
        AfterDurable(channel.Stream.OriginTicket, () =>
        {
            if (session.In.TryGetValue(skip.Channel, out var still) && still == channel)
                channel.TellSkipped(skip.First, skip.Last);
        });
    }

    public static void OnSkipped(Session session, in SkippedItem skipped)
    {
        foreach (var channel in session.Out)
            if (channel.Number == skipped.Channel)
            {
                channel.OnSkipped(skipped);
                return;
            }
    }

    public void OnRefused(Session session, in RefusedItem refused)
    {
        if (refused.Reason == RefusalReason.AlreadyBound)
        {
            _node.Report(ReportKind.Refused, $"pipe {refused.Pipe} of {Who(session)} is already read by another endpoint; one a pipe in this version");
            return;
        }
        if (!_pipes.Outputs.TryGetValue(refused.Pipe, out var output) || output.Session != session)
            return;
        _node.Report(ReportKind.Refused, $"{Who(session)} refuses endpoint {refused.Endpoint} of pipe {refused.Pipe}: {(refused.Reason == RefusalReason.TooMany ? "it has too many streams" : "nobody has read it there since its journal began")}");
        output.Session = null;
        foreach (var stream in output.Lanes)
            if (stream?.Channel is { } channel)
            {
                channel.Refuse();
                session.Out.Remove(channel);
                stream.Channel = null;
            }
    }

    public void OnDurable(ulong ticket)
    {
        while (_afterDurable.TryPeek(out var waiting) && waiting.Ticket <= ticket)
            _afterDurable.Dequeue().Then();
    }

    private void BindAll(OutputPipe output, Session session)
    {
        output.Session = session;
        foreach (var stream in output.Lanes)
            if (stream is not null)
                BindLane(stream);
    }

    private void BindLane(OutStream stream)
    {
        if (stream.Pipe.Session is not { } session || stream.Channel is not null)
            return;
        if (session.NextChannel > Channels.NumberMax)
        {
            _node.Report(ReportKind.Warning, $"too many streams are bound to {Who(session)}");
            return;
        }
        stream.Lives.Begin(stream.FirstSequence);
        var channel = new OutChannel(_node, session, stream, session.NextChannel++);
        stream.Channel = channel;
        session.Out.Add(channel);
        session.Out.Sort((a, b) => a.Stream.Lane != b.Stream.Lane ? b.Stream.Lane.CompareTo(a.Stream.Lane) : a.Number.CompareTo(b.Number));
        AfterDurable(Math.Max(Math.Max(stream.IncarnationTicket, stream.Lives.Ticket), stream.Pipe.BindingTicket), () =>
        {
            if (stream.Channel == channel)
                channel.Bind();
        });
    }

    private void AfterDurable(ulong ticket, Action then)
    {
        if (ticket <= _node.DurableThrough)
        {
            then();
            return;
        }
        // Tickets come in order but for those of the past, which were run at once.
        _afterDurable.Enqueue((ticket, then));
        _node.Buffer.Hurry();
    }

    private void QueryEveryone(OutputPipe output)
    {
        foreach (var session in _sessions)
            Query(session, output);
    }

    private void OfferEveryone(InputEndpoint input)
    {
        foreach (var session in _sessions)
            Offer(session, input);
    }

    private static void Query(Session session, OutputPipe output)
    {
        Span<byte> body = stackalloc byte[80];
        var writer = new WireWriter(body);
        new QueryItem(output.Name).Write(ref writer);
        session.Say(ItemKind.Query, writer.Written);
    }

    private static void Offer(Session session, InputEndpoint input)
    {
        Span<byte> body = stackalloc byte[160];
        var writer = new WireWriter(body);
        new OfferItem(input.Pipe, input.Name).Write(ref writer);
        session.Say(ItemKind.Offer, writer.Written);
    }

    private static void Refuse(Session session, PipeName pipe, EndpointName endpoint, RefusalReason reason)
    {
        Span<byte> body = stackalloc byte[160];
        var writer = new WireWriter(body);
        new RefusedItem(pipe, endpoint, reason).Write(ref writer);
        session.Say(ItemKind.Refused, writer.Written);
    }

    private static string Who(Session session) => session.Name.Length > 0 ? session.Name : session.Peer.ToShortString();
}
