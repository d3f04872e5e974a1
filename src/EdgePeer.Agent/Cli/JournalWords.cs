using EdgePeer.Agent.Api;

namespace EdgePeer.Agent.Cli;

/// <summary>What a person is told of a journal that has no room.</summary>
internal static class JournalWords
{
    /// <returns>Null while both shares have room.</returns>
    public static string? Full(JournalView journal)
    {
        if (journal.SendsWaiting > 0)
            return $"the journal's share for outgoing messages is full, {Used(journal.OutgoingBytes, journal)}: {journal.SendsWaiting} wait for room; {OutgoingMend}";
        if (IsFull(journal.OutgoingBytes, journal))
            return $"the journal's share for outgoing messages is nearly full, {Used(journal.OutgoingBytes, journal)}; {OutgoingMend}";
        if (IsFull(journal.IncomingBytes, journal))
            return $"the journal's share for incoming messages is nearly full, {Used(journal.IncomingBytes, journal)}; read the pipes here (`edgepeer recv`), or give journal.capacity more";
        return null;
    }

    /// <summary>For a message that was not taken in time.</summary>
    public static string? NoRoom(JournalView journal, int payloadBytes) =>
        journal.SendsWaiting > 0 || journal.ShareBytes - journal.OutgoingBytes < Store.Journal.AppendCostBytes(payloadBytes)
            ? $"the journal's share for outgoing messages is full, {Used(journal.OutgoingBytes, journal)}; {OutgoingMend}"
            : null;

    private static bool IsFull(long used, JournalView journal) => used > journal.ShareBytes / 10 * 9;

    private static string Used(long used, JournalView journal) =>
        $"{StatusTables.Bytes(used)} of the {StatusTables.Bytes(journal.ShareBytes)} that each direction has of {StatusTables.Bytes(journal.CapacityBytes)}";

    private const string OutgoingMend = "read the pipes on the other peer, or give journal.capacity more";
}
