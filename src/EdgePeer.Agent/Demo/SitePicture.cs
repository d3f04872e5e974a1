using Spectre.Console;
using Spectre.Console.Rendering;

namespace EdgePeer.Agent.Demo;

/// <summary>Peers and links as a small picture in colours: green is up, red is down.</summary>
internal static class SitePicture
{
    public static IRenderable Draw(DemoRun run)
    {
        var site = run.Site;
        bool cable = !site.Cable.Cut, radio = !site.Radio.Cut;
        string[] colours = [.. site.Peers.Select(peer => peer.Running ? "green" : peer.Started ? "red" : "grey")];
        string[] faces = [.. site.Peers.Select(peer => peer.Running || !peer.Started ? peer.Name : "killed")];
        string wire = cable ? "green" : "red", air = radio ? "green" : "red";
        char line = cable ? '═' : '╌', joint = site.Broker is null ? '╤' : '╪';
        string stretch = new(line, 15);
        List<IRenderable> rows =
        [
            new Markup($"[{wire}]cable {new string(line, 5)}{joint}{stretch}{joint}{stretch}{joint}{new string(line, 5)}  {(cable ? "up" : "cut")}[/]"),
            Boxes(colours, "┌────┴────┐", "┌────┴────┐", "┌────┴────┐"),
            Boxes(colours, [.. faces.Select(face => $"│{Centre(face, 9)}│")]),
            Boxes(colours, "└────┬────┘", "└────┬────┘", "└─────────┘"),
            new Markup($"           [{air}]└╌╌╌╌ radio ╌╌╌╌┘  {(radio ? "up" : "cut")}[/] [grey](57,600 baud, one bit in 100,000 wrong)[/]"),
        ];
        if (site.Broker is { } broker)
            rows.Insert(0, Broker(broker.Running));
        return new Rows(rows);
    }

    // Its lines go on down, across the cable.
    private static Markup Broker(bool running)
    {
        string stretch = new('┄', 15);
        return new Markup($"[{(running ? "green" : "red")}]broker┄┄┄┄┄┬{stretch}┬{stretch}┬┄┄┄┄┄  {(running ? "up" : "killed")}[/] [grey](mosquitto, MQTT)[/]");
    }

    private static Markup Boxes(string[] colours, params string[] parts) =>
        new("      " + string.Join("     ", parts.Select((part, place) => $"[{colours[place]}]{part}[/]")));

    private static string Centre(string text, int width) => text.PadLeft((width + text.Length) / 2).PadRight(width);
}
