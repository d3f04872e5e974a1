using EdgePeer.Agent.Api;

namespace EdgePeer.Agent.Cli;

/// <summary>What a person is told of a journal that has no room.</summary>
internal static class JournalWords
{
    /// <returns>Null while both directions have room.</returns>
    public static string? Full(JournalView journal)
    {
        if (journal.SendsWaiting > 0)
            return $"the journal has no room for outgoing messages, {Held(journal)}: {journal.SendsWaiting} wait for it; {Mend(journal)}";
        if (IsNearlyFull(journal.OutgoingBytes, journal.OutgoingRoomBytes))
            return $"the journal has nearly no room for outgoing messages, {Held(journal)}; {Mend(journal)}";
        if (IsNearlyFull(journal.IncomingBytes, journal.IncomingRoomBytes))
            return $"the journal has nearly no room for incoming messages, {Held(journal)}; {Mend(journal)}";
        return null;
    }

    /// <summary>For a message that was not taken in time.</summary>
    public static string? NoRoom(JournalView journal, int payloadBytes) =>
        journal.SendsWaiting > 0 || journal.OutgoingRoomBytes < Store.Journal.AppendCostBytes(payloadBytes)
            ? $"the journal has no room for outgoing messages, {Held(journal)}; {Mend(journal)}"
            : null;

    private static bool IsNearlyFull(long used, long room) => room < (used + room) / 10;

    private static string Held(JournalView journal) =>
        $"it holds {StatusTables.Bytes(journal.OutgoingBytes)} of outgoing and {StatusTables.Bytes(journal.IncomingBytes)} of incoming ones, of {StatusTables.Bytes(journal.CapacityBytes)} in all";

    // Whatever fills it, of that more has to leave.
    private static string Mend(JournalView journal) =>
        journal.OutgoingBytes >= journal.IncomingBytes
            ? "read the pipes on the other peer, or give journal.capacity more"
            : "read the pipes here (`edgepeer recv`), or give journal.capacity more";
}
