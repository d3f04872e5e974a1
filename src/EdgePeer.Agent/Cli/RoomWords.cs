using EdgePeer.Agent.Api;

namespace EdgePeer.Agent.Cli;

/// <summary>What a person is told of pipes, and a journal, that have no room.</summary>
internal static class RoomWords
{
    /// <returns>Nothing while all have room.</returns>
    public static IEnumerable<string> Full(StatusView status)
    {
        var journal = status.Journal;
        int waiting = journal.SendsWaiting;
        foreach (var pipe in status.Pipes)
            if (pipe.SendsWaiting > 0 && OfPipe(pipe, journal, LeastBytes) is { } words)
            {
                yield return $"{words.What}: {Waiting(pipe.SendsWaiting)}; {words.Mend}";
                waiting -= pipe.SendsWaiting;
            }
        if (waiting > 0)
            yield return $"the journal has no room for outgoing messages, {Held(journal)}: {Waiting(waiting)}; {Mend(journal)}";
        else if (IsNearlyFull(journal.OutgoingBytes, journal.OutgoingRoomBytes))
            yield return $"the journal has nearly no room for outgoing messages, {Held(journal)}; {Mend(journal)}";
        else if (IsNearlyFull(journal.IncomingBytes, journal.IncomingRoomBytes))
            yield return $"the journal has nearly no room for incoming messages, {Held(journal)}; {Mend(journal)}";
    }

    /// <summary>For a message that was not taken in time.</summary>
    public static string? NoRoom(StatusView status, string pipe, int payloadBytes)
    {
        var journal = status.Journal;
        long cost = Store.Journal.AppendCostBytes(payloadBytes);
        var full = status.Pipes.FirstOrDefault(one => one.Name == pipe && (one.SendsWaiting > 0 || one.RoomBytes < cost));
        if (full is not null && OfPipe(full, journal, cost) is { } words)
            return $"{words.What}; {words.Mend}";
        return full is not null || journal.OutgoingRoomBytes < cost
            ? $"the journal has no room for outgoing messages, {Held(journal)}; {Mend(journal)}"
            : null;
    }

    /// <returns>Null where it is the journal that has no room.</returns>
    private static (string What, string Mend)? OfPipe(PipeView pipe, JournalView journal, long cost) => pipe.RoomBy switch
    {
        "capacity" => ($"pipe {pipe.Name} is full by its own capacity", "read it on the other peer, or give the pipe's capacity more"),
        "share" when journal.OutgoingRoomBytes >= cost => (
            $"pipe {pipe.Name} has no room: what the journal has left, {StatusTables.Bytes(journal.OutgoingRoomBytes)}, is kept free for other pipes by their share",
            "read it on the other peer, give it a share too or the others less, or give journal.capacity more"),
        _ => null,
    };

    private static string Waiting(int count) => count == 1 ? "1 message waits for it" : $"{count} messages wait for it";

    private static bool IsNearlyFull(long used, long room) => room < (used + room) / 10;

    private static string Held(JournalView journal) =>
        $"it holds {StatusTables.Bytes(journal.OutgoingBytes)} of outgoing and {StatusTables.Bytes(journal.IncomingBytes)} of incoming ones, of {StatusTables.Bytes(journal.CapacityBytes)} in all";

    // Whatever fills it, of that more has to leave.
    private static string Mend(JournalView journal) =>
        journal.OutgoingBytes >= journal.IncomingBytes
            ? "read the pipes on the other peer, or give journal.capacity more"
            : "read the pipes here (`edgepeer recv`), or give journal.capacity more";

    // What waits is not known by its length.
    private const long LeastBytes = 1 << 10;
}
