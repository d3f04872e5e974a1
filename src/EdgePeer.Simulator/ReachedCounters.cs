using System.Globalization;
using EdgePeer.Core;
using EdgePeer.Simulator.Peers;

namespace EdgePeer.Simulator;

/// <summary>What a run has met: a checker proves nothing about what never happened.</summary>
internal sealed class ReachedCounters
{
    public long Messages { get; set; }
    public long Deliveries { get; set; }
    public long Crashes { get; private set; }
    public long CrashesInRecovery { get; private set; }
    public long PowerCuts { get; set; }
    public long Partitions { get; set; }
    public long TornTails { get; private set; }
    public long Reclaims { get; private set; }
    public long ClosedWindows { get; private set; }

    /// <summary>Times that a node had no room for what an application wanted to send.</summary>
    public long FullJournals { get; set; }

    public long FailedSyncs { get; private set; }
    public long HeardNotKept { get; private set; }
    public long SentAgain { get; private set; }
    public long Moves { get; private set; }

    /// <summary>Words of what is kept that give the low byte only.</summary>
    public long ShortWords { get; set; }

    /// <summary>Messages that ended because their time was over.</summary>
    public long Expired { get; set; }

    /// <summary>Messages that ended because their pipe was full.</summary>
    public long Dropped { get; set; }

    /// <summary>Of these such as had been sent, and not kept.</summary>
    public long SettledGaps { get; set; }

    /// <summary>Messages that were sent before older ones of their lane.</summary>
    public long Overtook { get; set; }

    /// <summary>Messages that were handed over to a reader where they were written.</summary>
    public long OwnDeliveries { get; set; }

    /// <summary>Adds what the process counted; its counters go with it.</summary>
    public void EndOfLife(SimPeer peer, PeerCore core)
    {
        Crashes++;
        if (!core.Ready)
            CrashesInRecovery++;
        Count(peer, core);
    }

    public void Count(SimPeer peer, PeerCore core)
    {
        var journal = core.Journal.Counters;
        TornTails += journal.TornTails;
        Reclaims += journal.SegmentsReclaimed;
        FailedSyncs += journal.FailedSyncs;
        if (core.Node is not { } node)
            return;
        var counters = node.Status(peer.LocalNow).Counters;
        ClosedWindows += counters.WindowsClosed;
        HeardNotKept += counters.HeardNotKept;
        SentAgain += counters.Retransmissions;
        Moves += counters.Moves;
    }

    public void Add(ReachedCounters other)
    {
        Messages += other.Messages;
        Deliveries += other.Deliveries;
        Crashes += other.Crashes;
        CrashesInRecovery += other.CrashesInRecovery;
        PowerCuts += other.PowerCuts;
        Partitions += other.Partitions;
        TornTails += other.TornTails;
        Reclaims += other.Reclaims;
        ClosedWindows += other.ClosedWindows;
        FullJournals += other.FullJournals;
        FailedSyncs += other.FailedSyncs;
        HeardNotKept += other.HeardNotKept;
        SentAgain += other.SentAgain;
        Moves += other.Moves;
        ShortWords += other.ShortWords;
        Expired += other.Expired;
        Dropped += other.Dropped;
        SettledGaps += other.SettledGaps;
        Overtook += other.Overtook;
        OwnDeliveries += other.OwnDeliveries;
    }

    /// <summary>What must have been met over many seeds, by name, and was not.</summary>
    public IEnumerable<string> Missing()
    {
        foreach (var (name, count) in Required())
            if (count == 0)
                yield return name;
    }

    public override string ToString()
    {
        var required = string.Join(", ", Required().Select(r => string.Create(CultureInfo.InvariantCulture, $"{r.Name} {r.Count}")));
        return string.Create(CultureInfo.InvariantCulture, $"messages {Messages}, deliveries {Deliveries}, crashes {Crashes}, power cuts {PowerCuts}, partitions {Partitions}, sent again {SentAgain}, moves {Moves}, {required}");
    }

    private (string Name, long Count)[] Required() =>
    [
        ("torn tail", TornTails), ("reclaim", Reclaims), ("closed window", ClosedWindows), ("full journal", FullJournals),
        ("failed sync", FailedSyncs), ("crash during recovery", CrashesInRecovery), ("heard and not kept", HeardNotKept),
        ("short words", ShortWords), ("expired", Expired), ("dropped", Dropped), ("settled gaps", SettledGaps), ("overtook", Overtook), ("own deliveries", OwnDeliveries),
    ];
}
