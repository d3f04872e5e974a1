using EdgePeer.Agent.Api;
using EdgePeer.Agent.Bridges;
using EdgePeer.Agent.Cli;
using Spectre.Console;
using Spectre.Console.Rendering;
using Xunit;

namespace EdgePeer.SystemTests.Agent;

public sealed class StatusTablesTests
{
    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public void A_busy_agents_tables_fit_a_terminal_with_their_cells_whole(int width)
    {
        foreach (var (table, cells) in new (IRenderable, string[])[]
        {
            (StatusTables.Status(Busy), ["barn-3", "down", "123456789", "the port is not there", "CONSUMED", "READ BY", "9999999", "readings", "gateway", "nearly no room", "from-broker", "ACKNOWLEDGED", "farm/{name}/readings", "9999998", "bridge of commands is down", "4711 messages were passed by", "12 messages were given again", "bridge of readings: 345678 messages"]),
            (StatusTables.Peers(Busy.Peers), [Other, "gateway", "HEARD", "3.5s ago"]),
            (StatusTables.Peers([.. Busy.Peers, new PeerView(Own, "shed", [], new AdvertisementView(65_536, 86_400, Other))]), [Own, "shed", "none", "gateway tells"]),
            (StatusTables.Links(StatusViews.Links(Busy)), ["IN FLIGHT", "standby", "8191 KiB", "100.0 %", "119s ago", "not yet"]),
            (StatusTables.Pipes(Busy), ["DELIVERED", "gateway", "barn-3", "(here)", "did not give 2 received messages back"]),
            (StatusTables.Queue(Busy, null), ["PRIORITY", "QUEUED", "9999999"]),
        })
        {
            string text = Render(table, width);
            Assert.All(text.Split('\n'), line => Assert.True(line.TrimEnd().Length <= width, line));
            Assert.All(cells, cell => Assert.Contains(cell, text, StringComparison.Ordinal));
        }
    }

    [Theory]
    [InlineData(80)]
    [InlineData(120)]
    public void What_expired_or_was_dropped_is_seen_at_any_width(int width)
    {
        var busy = Busy with { Pipes = [Busy.Pipes[0] with { Expired = 4711, Dropped = 123 }] };

        string text = Render(StatusTables.Pipes(busy), width);

        Assert.All(text.Split('\n'), line => Assert.True(line.TrimEnd().Length <= width, line));
        Assert.All(["EXPIRED", "4711", "DROPPED", "123 ", "QUEUED", "9999999", "gateway", "(here)"], cell => Assert.Contains(cell, text, StringComparison.Ordinal));
    }

    private static string Render(IRenderable table, int width)
    {
        using var written = new StringWriter();
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Ansi = AnsiSupport.No, Out = new AnsiConsoleOutput(written) });
        console.Profile.Width = width;
        console.Write(table);
        return written.ToString();
    }

    private const string Own = "4ZEX381CT-VZCKVWQKJ-PBY8RN2EN";
    private const string Other = "7ABC381CT-VZCKVWQKJ-PBY8RN2EN";

    private static StatusView Busy { get; } = new(
        Own, "barn-3", 123456,
        [
            new TransportView("radio", "serial", false, 123456789, 123456789, 1L << 34, 1L << 34, 1234567, 576, 57600, "the port is not there: plug the modem in, or name another port"),
            new TransportView("cloud", "mqtt", false, 123456789, 123456789, 1L << 34, 1L << 34, 1234567, 8192, 0, "no connection to mqtts://broker.example:8883: Connection refused; check host and port, and that a broker runs there"),
            new TransportView("lan", "ethernet", true, 123456789, 123456789, 1L << 34, 1L << 34, 1234567, 1400, 0, null),
        ],
        [
            new PeerView(Other, "gateway",
            [
                new LinkView("radio", "0x2a", true, false, 1234.5, 1, 8191 << 10, 8191 << 10, 576, null, 1, 0, 1),
                new LinkView("cloud", "0123456789abcdef", true, false, 1234.5, 1, 8191 << 10, 8191 << 10, 8192, 119, 1, 1, 1),
                new LinkView("lan", "127.0.0.1:1", true, true, 0.1, 0, 8191 << 10, 8191 << 10, 1400, 119, 1, 1, 1),
            ], new AdvertisementView(65_536, 86_400, Other)) { SecondsSinceHeard = 3.5 },
        ],
        [
            new PipeView(
                "readings", "reliable", 9999999, 9999999, 9999999, 9999999, 0, 0, 9999999, 9999999, 2, 9999999,
                [new LaneView(3, "0123456789abcdef", 0, 9999999, 0, "the endpoint's peer is away")],
                [new EndpointView(Other[..9], Other, false, "away"), new EndpointView(Own[..9], Own, true, "reads")]),
        ],
        new JournalView(1L << 34, 1L << 34, 123456789, 16 << 20, 9 << 20, 0, 0, 0, 0, 4500 << 10, 0, 100 << 10, 700 << 10, 0) { Written = new() },
        new RecoveryView(0, 0, 0, false, []),
        new CountersView(0, 0, 0, 0, 0, 0, 0))
    {
        Bridges =
        [
            new BridgeView("readings", "cloud", "mqtts://broker.example:8883", "to-broker", "farm/{name}/readings", true, null, 9999999, 9999998, 100, 1000, 12, 345678, 0, 0),
            new BridgeView(
                "commands", "cloud", "mqtts://broker.example:8883", "from-broker", "farm/{name}/commands/#", false,
                "mqtts://broker.example:8883 does not let this peer read \"farm/barn-3/commands/#\" (Not authorized): allow its user to read there", 0, 9999999, 0, 0, 0, 0, 4711, 9999999),
        ],
    };
}
