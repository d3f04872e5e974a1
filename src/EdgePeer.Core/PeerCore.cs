using System.Diagnostics.CodeAnalysis;
using EdgePeer.Protocol;
using EdgePeer.Store;
using EdgePeer.Wire;

namespace EdgePeer.Core;

/// <summary>
/// Node and journal joined: the part of an agent that the simulator runs unchanged. The node is made when recovery's own
/// batch is done; until then only <see cref="TakeBatch"/> and <see cref="OnBatchDone"/> do anything.
/// </summary>
public sealed class PeerCore
{
    private readonly NodeOptions _options;
    private readonly IRandom _random;

    /// <summary>Recovers the journal.</summary>
    public PeerCore(NodeOptions options, JournalOptions journalOptions, IFlash flash, IRandom random)
    {
        _options = options;
        _random = random;
        Journal = new Journal(journalOptions, flash, random);
    }

    public Journal Journal { get; }

    /// <summary>Null until the journal has recovered and what it kept is synced.</summary>
    public Node? Node { get; private set; }

    [MemberNotNullWhen(true, nameof(Node))]
    public bool Ready => Node is not null;

    /// <summary>When <see cref="OnDeadline"/> and <see cref="TakeBatch"/> must be called next.</summary>
    public Instant NextDeadline => Instant.Earlier(Journal.CommitAt, Node?.NextDeadline ?? Instant.Never);

    public void OnDeadline(Instant now)
    {
        if (Node is { } node && node.NextDeadline <= now)
            node.OnDeadline(now);
    }

    public JournalBatch? TakeBatch(Instant now)
    {
        MakeNode(now);
        var before = Journal.DurableThrough;
        var batch = Journal.TakeBatch(now);
        // Moves here only with JournalFaults.DurableBeforeSync, which the checkers have to catch.
        if (Journal.DurableThrough != before)
            Node?.OnDurable(Journal.DurableThrough.Value, now);
        return batch;
    }

    public void OnBatchDone(JournalBatch batch, FlashOutcome outcome, Instant now)
    {
        Journal.OnBatchDone(batch, outcome, now);
        if (Node is { } node)
            node.OnDurable(Journal.DurableThrough.Value, now);
        else
            MakeNode(now);
    }

    private void MakeNode(Instant now)
    {
        if (Node is null && Journal.Ready)
            Node = new Node(_options, new JournalBuffer(Journal), _random, now);
    }
}
