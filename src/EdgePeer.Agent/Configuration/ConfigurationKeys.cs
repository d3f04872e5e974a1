using System.Collections.Immutable;

namespace EdgePeer.Agent.Configuration;

/// <summary>Which keys each kind of object may hold: one table for the loader, its suggestions and the test that holds the schema to it.</summary>
/// <param name="Known">What this version reads.</param>
/// <param name="Later">What other versions read: refused as "not in this version", so that nobody believes it in force.</param>
internal sealed record ConfigurationKeys(ImmutableArray<string> Known, ImmutableArray<string> Later)
{
    public static readonly ConfigurationKeys Root = new(
        ["$schema", "name", "stateDirectory", "group", "transports", "pipes", "bridges", "journal", "api", "statusPage"],
        ["devices"]);

    public static readonly ConfigurationKeys Group = new(["name", "secretFile", "authority", "membersFile"], []);

    public static readonly ConfigurationKeys Ethernet = new(["type", "listen", "multicast", "seeds", "cost"], []);

    public static readonly ConfigurationKeys Serial = new(["type", "port", "baud", "halfDuplex", "cost"], ["airtimePercent"]);

    public static readonly ConfigurationKeys Mqtt = new(["type", "broker", "topicRoot", "user", "passwordFile", "caFile", "certificateFile", "keyFile", "cost"], []);

    public static readonly ConfigurationKeys Pipe = new(["type", "priority", "ttl", "whenFull", "order", "capacity", "share"], []);

    public static readonly ConfigurationKeys FromBroker = new(["pipe", "transport", "topic", "direction", "sessionExpiry", "envelope"], []);

    public static readonly ConfigurationKeys ToBroker = new([.. FromBroker.Known, "retain", "contentType", "expiry", "replay", "replayMessages", "replayTime"], []);

    public static readonly ConfigurationKeys Journal = new(["capacity", "syncWindow"], []);

    public static readonly ConfigurationKeys Api = new(["mode", "group"], []);

    public static readonly ConfigurationKeys StatusPage = new(["listen", "tokenFile"], []);

    /// <summary>The known key that was probably meant, or null when none is near.</summary>
    public string? Nearest(string written)
    {
        string? nearest = null;
        int best = SuggestDistanceMax + 1;
        foreach (string key in Known)
        {
            int distance = Distance(written.ToUpperInvariant(), key.ToUpperInvariant());
            if (distance < best && distance < key.Length)
                (nearest, best) = (key, distance);
        }
        return nearest;
    }

    // Levenshtein, one row at a time.
    private static int Distance(string from, string to)
    {
        var row = new int[to.Length + 1];
        for (int column = 0; column <= to.Length; column++)
            row[column] = column;
        for (int line = 1; line <= from.Length; line++)
        {
            int diagonal = row[0];
            row[0] = line;
            for (int column = 1; column <= to.Length; column++)
            {
                int replace = diagonal + (from[line - 1] == to[column - 1] ? 0 : 1);
                diagonal = row[column];
                row[column] = Math.Min(replace, Math.Min(row[column - 1], diagonal) + 1);
            }
        }
        return row[to.Length];
    }

    // Two slips of the hand: more, and short keys resemble everything.
    private const int SuggestDistanceMax = 2;
}
