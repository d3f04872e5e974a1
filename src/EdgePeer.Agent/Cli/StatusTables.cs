using System.Globalization;
using EdgePeer.Agent.Api;
using EdgePeer.Agent.Bridges;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace EdgePeer.Agent.Cli;

/// <summary>Draws what the agent says as tables.</summary>
internal static class StatusTables
{
    public static IRenderable Status(StatusView status) => new Rows(
        new Text(Invariant($"{status.Name}  {status.Peer}  up {Duration(status.UptimeSeconds)}")),
        Transports(status.Transports),
        Links(StatusViews.Links(status)),
        Pipes(status),
        Bridges(status.Bridges),
        Journal(status.Journal),
        Trouble(status.Journal),
        Damage(status.Recovery),
        Full(status));

    public static IRenderable Queue(StatusView status, string? pipe) => new Rows(
        Queue(StatusViews.Queue(status, pipe)),
        Full(status));

    public static IRenderable Peers(IReadOnlyList<PeerView> peers)
    {
        var table = Table("NAME*", "PEER", "LINKS*", "HEARD");
        foreach (var peer in peers)
            Row(table, peer.Name, peer.Peer, peer.Links.Count > 0 ? string.Join(", ", peer.Links.Select(link => link.Alive ? link.Transport : $"({link.Transport})")) : $"none; {TellerOf(peer, peers)}", Ago(peer.SecondsSinceHeard));
        return table;
    }

    public static IRenderable Links(IReadOnlyList<PeerLinkView> links)
    {
        var table = Table("PEER*", "LINK*", "STATE", "RTT", "LOSS", "WINDOW", "IN FLIGHT", "HEARD");
        foreach (var (_, name, link) in links)
            Row(
                table, name, link.Transport, link.Active ? "active" : link.Alive ? "standby" : "silent", Invariant($"{link.RttMs:0.0} ms"), Invariant($"{link.Loss * 100:0.0} %"),
                Bytes(link.WindowBytes), Bytes(link.InFlightBytes), Ago(link.SecondsSinceHeard));
        return table;
    }

    public static IRenderable Pipes(StatusView status) => new Rows([PipeTable(status), .. status.Pipes.Where(pipe => pipe.Lost > 0).Select(pipe => new Text(Invariant($"pipe {pipe.Name}: the flash did not give {pipe.Lost} received messages back: check the medium")))]);

    /// <summary>Where not all columns have room, those of messages that ended early stand in place of two others once they say something.</summary>
    private static ByWidth PipeTable(StatusView status) => new ByWidth(
        AllPipeColumns,
        Pipes(status, ["PIPE*", "ACCEPTED", "DELIVERED", "CONSUMED", "QUEUED", "EXPIRED", "DROPPED", "RECEIVED", "WAITING", "READ BY*"]),
        Pipes(status, status.Pipes.Any(pipe => pipe.Expired + pipe.Dropped > 0)
            ? ["PIPE*", "ACCEPTED", "DELIVERED", "QUEUED", "EXPIRED", "DROPPED", "WAITING", "READ BY*"]
            : ["PIPE*", "ACCEPTED", "DELIVERED", "CONSUMED", "QUEUED", "RECEIVED", "WAITING", "READ BY*"]));

    private static Table Pipes(StatusView status, string[] columns)
    {
        var table = Table(columns);
        foreach (var pipe in status.Pipes)
            Row(table, [.. columns.Select(column => column switch
            {
                "PIPE*" => pipe.Name,
                "ACCEPTED" => Number(pipe.Accepted),
                "DELIVERED" => Number(pipe.Delivered),
                "CONSUMED" => Number(pipe.Consumed),
                "QUEUED" => Number(pipe.Queued),
                "EXPIRED" => Number(pipe.Expired),
                "DROPPED" => Number(pipe.Dropped),
                "RECEIVED" => Number(pipe.Received),
                "WAITING" => Number(pipe.Waiting),
                _ => string.Join(", ", pipe.Endpoints.Select(endpoint => Reader(endpoint, status))),
            })]);
        return table;
    }

    private static Rows Bridges(IReadOnlyList<BridgeView> bridges)
    {
        if (bridges.Count == 0)
            return new Rows();
        var table = Table("BRIDGE*", "DIRECTION", "TOPIC*", "STATE", "MESSAGES", "ACKNOWLEDGED");
        foreach (var bridge in bridges)
            Row(
                table, bridge.Pipe, bridge.Direction, bridge.Topic, bridge.Up ? "up" : "down", Number(bridge.Published + bridge.Received), Number(bridge.Acknowledged));
        return new Rows([table, .. bridges.SelectMany(Words).Select(words => new Text(words))]);
    }

    private static IEnumerable<string> Words(BridgeView bridge)
    {
        if (!bridge.Up)
            yield return $"bridge of {bridge.Pipe} is down: {bridge.DownReason}";
        if (bridge.Replayed > 0)
            yield return Invariant($"bridge of {bridge.Pipe}: {bridge.Replayed} messages were given again to a broker that had forgotten them");
        if (bridge.Forgotten > 0)
            yield return Invariant($"bridge of {bridge.Pipe}: {bridge.Forgotten} messages were acknowledged by a broker that has forgotten them, and were beyond the replay window");
        if (bridge.Refused > 0)
            yield return Invariant($"bridge of {bridge.Pipe}: {bridge.Refused} messages were passed by: the log says why");
    }

    public static IRenderable Members(MembersView list)
    {
        var table = Table("NAME*", "PEER");
        foreach (var member in list.Members)
            Row(table, member.Name, member.Peer);
        return new Rows(new Text(Invariant($"group {list.Group}, version {list.Version}, {list.Members.Count} members")), table);
    }

    private static Table Queue(IReadOnlyList<QueueView> lanes)
    {
        var table = Table("PIPE*", "PRIORITY", "FIRST", "QUEUED", "STATE*");
        foreach (var lane in lanes.Where(lane => lane.Queued > 0))
            Row(table, lane.Pipe, Number(lane.Priority), lane.First.ToString(CultureInfo.InvariantCulture), lane.Queued.ToString(CultureInfo.InvariantCulture), lane.State);
        return table;
    }

    private static Rows Transports(IReadOnlyList<TransportView> transports)
    {
        var table = Table("TRANSPORT*", "TYPE", "STATE", "SENT", "RECEIVED", "DROPPED");
        foreach (var transport in transports)
            Row(
                table, transport.Name, transport.Type, transport.Up ? "up" : "down",
                Invariant($"{transport.FramesSent} ({Bytes(transport.BytesSent)})"), Invariant($"{transport.FramesReceived} ({Bytes(transport.BytesReceived)})"), Number(transport.FramesDropped));
        // A reason is a sentence: it takes a line of its own.
        return new Rows([table, .. transports.Where(transport => !transport.Up).Select(transport => new Text($"{transport.Name} is down: {transport.DownReason}"))]);
    }

    private static Text Journal(JournalView journal) => new(Invariant(
        $"journal: outgoing {Bytes(journal.OutgoingBytes)}, room for {Bytes(journal.OutgoingRoomBytes)}; incoming {Bytes(journal.IncomingBytes)}, room for {Bytes(journal.IncomingRoomBytes)}; {Bytes(journal.BytesWritten)} written, {journal.Syncs} syncs"));

    private static Rows Trouble(JournalView journal) => journal.Trouble is not { } trouble ? new Rows()
        : new Rows(new Text($"the flash takes no writes: {trouble}; what was given to the journal waits, and it is tried again"));

    private static Rows Damage(RecoveryView recovery) => recovery.Damaged.Count == 0 ? new Rows()
        : new Rows(new Text(Invariant($"the journal was damaged when the agent started: {recovery.Damaged[0]}{(recovery.Damaged.Count > 1 ? Invariant($"; and in {recovery.Damaged.Count - 1} other places") : "")}; the log says what is missing")));

    private static Rows Full(StatusView status) => new(RoomWords.Full(status).Select(line => new Text(line)));

    private static string TellerOf(PeerView peer, IReadOnlyList<PeerView> peers) =>
        peer.Advertisement is not { } advertisement ? "its links are gone"
        : advertisement.ToldBy == peer.Peer ? "it was linked before"
        : $"{(peers.FirstOrDefault(other => other.Peer == advertisement.ToldBy)?.Name is { Length: > 0 } name ? name : advertisement.ToldBy)} tells of it";

    /// <summary>An endpoint that is named after its peer, by the beginning of its id, is shown by that peer's name.</summary>
    private static string Reader(EndpointView endpoint, StatusView status)
    {
        string name = !endpoint.Peer.StartsWith(endpoint.Name, StringComparison.Ordinal) ? endpoint.Name
            : endpoint.Local ? status.Name
            : status.Peers.FirstOrDefault(peer => peer.Peer == endpoint.Peer)?.Name is { Length: > 0 } known ? known
            : endpoint.Name;
        return endpoint.Local ? $"{name} (here)" : name;
    }

    /// <param name="columns">Headings; a star stands behind those whose cells may wrap where the terminal is narrow.</param>
    private static Table Table(params ReadOnlySpan<string> columns)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (string column in columns)
            table.AddColumn(new TableColumn(new Text(column.TrimEnd('*'), new Style(decoration: Decoration.Bold))) { NoWrap = !column.EndsWith('*'), Padding = new Padding(0, 0, 2, 0) });
        return table;
    }

    // As texts, not markup: what stands in them was written by others.
    private static void Row(Table table, params string[] cells) => table.AddRow(cells.Select(cell => new Text(cell)));

    // A name of ten letters, numbers of seven digits, a reader of ten letters.
    private const int AllPipeColumns = 104;

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    internal static string Bytes(long bytes) => bytes switch
    {
        < 10 << 10 => Invariant($"{bytes} B"),
        < 10 << 20 => Invariant($"{bytes >> 10} KiB"),
        _ => Invariant($"{bytes >> 20} MiB"),
    };

    private static string Ago(double? seconds) => seconds is { } known ? $"{Duration(known)} ago" : "not yet";

    internal static string Duration(double seconds) => seconds switch
    {
        < 10 => Invariant($"{seconds:0.0}s"),
        < 120 => Invariant($"{seconds:0}s"),
        < 7200 => Invariant($"{seconds / 60:0}m"),
        < 172800 => Invariant($"{seconds / 3600:0}h"),
        _ => Invariant($"{seconds / 86400:0}d"),
    };

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
