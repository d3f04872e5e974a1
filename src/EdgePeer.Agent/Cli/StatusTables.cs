using System.Globalization;
using EdgePeer.Agent.Api;
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
        Pipes(status.Pipes),
        new Text(Invariant($"journal: {Bytes(status.Journal.UsedBytes)} of {Bytes(status.Journal.CapacityBytes)} in use, {Bytes(status.Journal.BytesWritten)} written, {status.Journal.Syncs} syncs")));

    public static IRenderable Peers(IReadOnlyList<PeerView> peers)
    {
        var table = Table("NAME", "PEER", "LINKS");
        foreach (var peer in peers)
            Row(table, peer.Name, peer.Peer, string.Join(", ", peer.Links.Select(link => link.Alive ? link.Transport : $"({link.Transport})")));
        return table;
    }

    public static IRenderable Links(IReadOnlyList<PeerLinkView> links)
    {
        var table = Table("PEER", "LINK", "STATE", "RTT", "LOSS", "WINDOW", "IN FLIGHT", "HEARD");
        foreach (var (_, name, link) in links)
            Row(
                table, name, link.Transport, link.Active ? "active" : link.Alive ? "standby" : "silent", Invariant($"{link.RttMs:0.0} ms"), Invariant($"{link.Loss * 100:0.0} %"),
                Bytes(link.WindowBytes), Bytes(link.InFlightBytes), Invariant($"{Duration(link.SecondsSinceHeard)} ago"));
        return table;
    }

    public static IRenderable Pipes(IReadOnlyList<PipeView> pipes)
    {
        var table = Table("PIPE", "TYPE", "ACCEPTED", "DELIVERED", "CONSUMED", "QUEUED", "RECEIVED", "WAITING", "SENT AGAIN", "READ BY");
        foreach (var pipe in pipes)
            Row(
                table, pipe.Name, pipe.Type, Number(pipe.Accepted), Number(pipe.Delivered), Number(pipe.Consumed), Number(pipe.Queued),
                Number(pipe.Received), Number(pipe.Waiting), Number(pipe.SentAgain), string.Join(", ", pipe.Endpoints.Select(endpoint => endpoint.Name)));
        return table;
    }

    public static IRenderable Queue(IReadOnlyList<QueueView> lanes)
    {
        var table = Table("PIPE", "PRIORITY", "FIRST", "QUEUED", "STATE");
        foreach (var lane in lanes.Where(lane => lane.Queued > 0))
            Row(table, lane.Pipe, Number(lane.Priority), lane.First.ToString(CultureInfo.InvariantCulture), lane.Queued.ToString(CultureInfo.InvariantCulture), lane.State);
        return table;
    }

    private static Table Transports(IReadOnlyList<TransportView> transports)
    {
        var table = Table("TRANSPORT", "TYPE", "STATE", "SENT", "RECEIVED", "DROPPED");
        foreach (var transport in transports)
            Row(
                table, transport.Name, transport.Type, transport.Up ? "up" : $"down: {transport.DownReason}",
                Invariant($"{transport.FramesSent} ({Bytes(transport.BytesSent)})"), Invariant($"{transport.FramesReceived} ({Bytes(transport.BytesReceived)})"), Number(transport.FramesDropped));
        return table;
    }

    private static Table Table(params ReadOnlySpan<string> columns)
    {
        var table = new Table { Border = TableBorder.None };
        foreach (string column in columns)
            table.AddColumn(new TableColumn(new Text(column, new Style(decoration: Decoration.Bold))) { NoWrap = true, Padding = new Padding(0, 0, 2, 0) });
        return table;
    }

    // As texts, not markup: what stands in them was written by others.
    private static void Row(Table table, params string[] cells) => table.AddRow(cells.Select(cell => new Text(cell)));

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string Bytes(long bytes) => bytes switch
    {
        < 10 << 10 => Invariant($"{bytes} B"),
        < 10 << 20 => Invariant($"{bytes >> 10} KiB"),
        _ => Invariant($"{bytes >> 20} MiB"),
    };

    private static string Duration(double seconds) => seconds switch
    {
        < 10 => Invariant($"{seconds:0.0}s"),
        < 120 => Invariant($"{seconds:0}s"),
        < 7200 => Invariant($"{seconds / 60:0}m"),
        < 172800 => Invariant($"{seconds / 3600:0}h"),
        _ => Invariant($"{seconds / 86400:0}d"),
    };

    private static string Invariant(FormattableString text) => FormattableString.Invariant(text);
}
