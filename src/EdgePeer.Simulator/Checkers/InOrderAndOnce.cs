using EdgePeer.Protocol;
using EdgePeer.Simulator.Model;
using EdgePeer.Simulator.Peers;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Checkers;

/// <summary>
/// Law 2: a lane reaches its endpoint in order, without a gap, with the bytes that were sent, and never twice. A message comes
/// again only when nobody has consumed it: its reader was closed, or its device restarted before the consumption was on flash.
/// </summary>
internal sealed class InOrderAndOnce(World world) : Checker(Law.InOrderAndOnce)
{
    private readonly Dictionary<(SimPeer Peer, StreamKey Stream), Progress> _progress = [];
    private readonly Dictionary<SimPeer, List<Progress>> _byPeer = [];
    private readonly HashSet<SimPeer> _consumedLately = [];
    private readonly HashSet<SimPeer> _onOtherFlash = [];

    public override void OnDelivery(SimReader reader, Delivery delivery, SimMessage? message, ReadOnlySpan<byte> payload)
    {
        world.Reached.Deliveries++;
        world.Reached.OwnDeliveries += message is { IsOwn: true } ? 1 : 0;
        Require(message is not null, $"{reader.Peer} delivers {delivery.Stream} {delivery.Sequence}, which nobody sent");
        Require(message!.Pipe == reader.Pipe && delivery.Endpoint == reader.Pipe.Endpoint, $"{reader.Peer} delivers {message} to a reader of {reader.Pipe.Name}");
        Require(payload.Length == message.Length && delivery.TotalBytes == message.Length && Payload.Matches(message.Number, 0, payload),
            $"{reader.Peer} delivers other bytes for {message}: {delivery.TotalBytes} of them");
        var progress = ProgressOf(reader.Peer, delivery.Stream, delivery.Sequence);
        // What came back where it was written may end there before it is handed over again.
        if (message.IsOwn)
            progress.Returned.RemoveWhere(sequence => world.Ledger.FindSent(delivery.Stream, sequence) is { Ended: true });
        if (progress.Returned.Count > 0)
        {
            Require(progress.Returned.Min == delivery.Sequence, $"{reader.Peer} delivers {message}; {progress.Returned.Min} came back before and is not yet handed over again");
            progress.Returned.Remove(delivery.Sequence);
        }
        else
        {
            Require(delivery.Sequence >= progress.Next, $"{reader.Peer} delivers {message} where {progress.Next} is next");
            RequireDeclared(reader.Peer, delivery.Stream, progress.Next, delivery.Sequence);
            progress.Next = delivery.Sequence + 1;
        }
        progress.Held.Add(delivery.Sequence, reader.Id);
    }

    public override void OnConsume(SimReader reader, in StreamKey stream, ulong sequence)
    {
        var progress = _progress[(reader.Peer, stream)];
        foreach (var held in reader.Held)
        {
            if (held.Stream != stream)
                continue;
            progress.Held.Remove(held.Sequence);
            if (held.Sequence == sequence)
                break;
        }
        _consumedLately.Add(reader.Peer);
    }

    public override void OnReaderClosed(SimReader reader)
    {
        foreach (var progress in OfPeer(reader.Peer))
        {
            var returned = progress.Held.Where(h => h.Value == reader.Id).Select(h => h.Key).ToList();
            foreach (ulong one in returned)
            {
                progress.Held.Remove(one);
                progress.Returned.Add(one);
            }
        }
    }

    /// <summary>What the flash has for certain by now stays consumed, whatever happens: nothing is on its way to it, nothing waits.</summary>
    public override void OnIdle(SimPeer peer)
    {
        if (!_consumedLately.Contains(peer) || peer.Core is not { Ready: true } core || peer.Disk.Busy || core.Journal.CommitAt != Instant.Never)
            return;
        _consumedLately.Remove(peer);
        foreach (var progress in OfPeer(peer))
            progress.ConsumedForCertain = progress.ConsumedThrough;
    }

    /// <summary>What goes on under a new incarnation may come twice: only a past that is not certain is a reason.</summary>
    public override void OnReport(SimPeer peer, Report report)
    {
        if (report.Kind == ReportKind.NewIncarnation)
            Require(peer.Buffer!.PastUncertain || _onOtherFlash.Contains(peer), $"{peer} begins a new incarnation though its flash has lost nothing: {report.Text}");
    }

    public override void OnReady(SimPeer peer)
    {
        if (peer.FlashReplaced)
            _onOtherFlash.Add(peer);
        var streams = peer.Buffer!.Streams();
        foreach (var stream in streams)
            if (stream.Direction == StreamDirection.Incoming)
                Restart(peer, stream.Key, stream.Base);
        foreach (var pipe in peer.Node!.Status(peer.LocalNow).Pipes)
            foreach (var lane in pipe.Lanes)
                Restart(peer, new StreamKey(peer.Id, pipe.Name, lane.Lane, lane.Incarnation), lane.Base);
    }

    /// <param name="first">The first sequence that was not consumed, as the peer now knows it.</param>
    private void Restart(SimPeer peer, in StreamKey stream, ulong first)
    {
        if (!_progress.TryGetValue((peer, stream), out var progress))
            return;
        Require(first >= progress.ConsumedForCertain, $"{peer} restarts with {stream} at {first}, though all below {progress.ConsumedForCertain} had been consumed, on flash");
        RequireDeclared(peer, stream, progress.Next, first);
        _consumedLately.Remove(peer);
        progress.Held.Clear();
        progress.Returned.Clear();
        progress.Next = first;
    }

    private Progress ProgressOf(SimPeer peer, in StreamKey stream, ulong first)
    {
        if (_progress.TryGetValue((peer, stream), out var known))
            return known;
        var progress = new Progress { Next = first };
        RequireDeclared(peer, stream, Math.Min(first, first - 1), first);
        _progress.Add((peer, stream), progress);
        OfPeer(peer).Add(progress);
        return progress;
    }

    /// <summary>What is passed by must have been given up by its sender.</summary>
    private void RequireDeclared(SimPeer peer, in StreamKey stream, ulong from, ulong to)
    {
        for (ulong sequence = from; sequence < to; sequence++)
            if (world.Ledger.FindSent(stream, sequence) is { Ending: null, State: not MessageState.DeclaredLost } missing)
                Require(false, $"{peer} goes on in {stream} at {to}, and {missing} was neither handed over before nor given up");
    }

    private List<Progress> OfPeer(SimPeer peer)
    {
        if (!_byPeer.TryGetValue(peer, out var all))
            _byPeer.Add(peer, all = []);
        return all;
    }

    /// <summary>How far a stream has come at its endpoint.</summary>
    private sealed class Progress
    {
        /// <summary>The first that was not handed over in this life.</summary>
        public ulong Next { get; set; }

        /// <summary>Handed over and not consumed, and to whom.</summary>
        public SortedDictionary<ulong, ReaderId> Held { get; } = [];

        /// <summary>Handed over to a reader that is closed: they come again, before any new one.</summary>
        public SortedSet<ulong> Returned { get; } = [];

        public ulong ConsumedForCertain { get; set; }

        /// <summary>All below are consumed.</summary>
        public ulong ConsumedThrough
        {
            get
            {
                ulong first = Next;
                foreach (ulong held in Held.Keys)
                {
                    first = held;
                    break;
                }
                return Returned.Count > 0 ? Math.Min(Returned.Min, first) : first;
            }
        }
    }
}
