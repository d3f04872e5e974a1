using EdgePeer.Protocol;
using EdgePeer.Protocol.Pipes;
using EdgePeer.Simulator.Model;
using EdgePeer.Simulator.Peers;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Checkers;

/// <summary>
/// Law 4: accepted = delivered + queued + expired + dropped, per pipe, at all times and across restarts; and what a node says
/// that it accepted and delivered is what the model knows.
/// </summary>
internal sealed class BooksBalance(World world) : Checker(Law.BooksBalance)
{
    private readonly Dictionary<(SimPeer Peer, PipeName Pipe), (int Life, PipeStatus Status)> _before = [];
    private int _idles;

    public override void OnIdle(SimPeer peer)
    {
        if (++_idles % IdlesPerCheck == 0)
            Check(peer);
    }

    public override void OnReady(SimPeer peer) => Check(peer);

    public override void OnCrash(SimPeer peer) => Check(peer);

    public override void OnSettled()
    {
        foreach (var peer in world.Peers)
        {
            Check(peer);
            CheckEnds(peer);
        }
    }

    private void Check(SimPeer peer)
    {
        if (peer.Node is not { } node)
            return;
        foreach (var pipe in node.Status(peer.LocalNow).Pipes)
        {
            Require(pipe.Accepted == pipe.Delivered + pipe.Queued + pipe.Expired + pipe.Dropped, $"{peer}: {pipe}");
            Require(pipe.Queued >= 0 && pipe.Waiting >= 0 && pipe.Received >= pipe.Waiting && pipe.Delivered >= 0 && pipe.Consumed >= 0, $"{peer}: {pipe}");
            CheckAgainstModel(peer, pipe);
            CheckAgainstBefore(peer, pipe);
        }
    }

    private void CheckAgainstModel(SimPeer peer, PipeStatus pipe)
    {
        long durable = 0, inDoubt = 0;
        foreach (var message in world.Ledger.Messages)
            if (message.Sender == peer && message.Pipe.Name == pipe.Name && !message.OffTheBooks)
            {
                if (message.State is MessageState.Durable or MessageState.DeclaredLost)
                    durable++;
                else if (message.State == MessageState.InDoubt)
                    inDoubt++;
            }
        Require(pipe.Accepted >= durable && pipe.Accepted <= durable + inDoubt, $"{peer} has accepted {durable} and perhaps {inDoubt} messages, and says {pipe}");
    }

    /// <summary>All has settled: the books say of each message what became of it.</summary>
    private void CheckEnds(SimPeer peer)
    {
        foreach (var pipe in peer.Node!.Status(peer.LocalNow).Pipes)
        {
            long expired = 0, dropped = 0, sent = 0;
            foreach (var message in world.Ledger.Messages)
                if (message.Sender == peer && message.Pipe.Name == pipe.Name && !message.OffTheBooks && message.State == MessageState.Durable)
                {
                    sent++;
                    expired += message is { Ended: true, Ending: EndReason.Expired } ? 1 : 0;
                    dropped += message is { Ended: true, Ending: EndReason.Dropped } ? 1 : 0;
                }
            if (sent > 0)
                Require(pipe.Expired == expired && pipe.Dropped == dropped, $"{peer}: {expired} messages expired and {dropped} were dropped, and it says {pipe}");
        }
    }

    private void CheckAgainstBefore(SimPeer peer, PipeStatus pipe)
    {
        if (_before.TryGetValue((peer, pipe.Name), out var before) && before.Life == peer.Life)
            Require(pipe.Accepted >= before.Status.Accepted && pipe.Delivered >= before.Status.Delivered && pipe.Received >= before.Status.Received && pipe.Consumed >= before.Status.Consumed
                && pipe.Expired >= before.Status.Expired && pipe.Dropped >= before.Status.Dropped,
                $"{peer} takes back: {before.Status}, and then {pipe}");
        _before[(peer, pipe.Name)] = (peer.Life, pipe);
    }

    // A look at the status costs a hundred times what a step does.
    private const int IdlesPerCheck = 200;
}
