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
        char line = cable ? '═' : '╌';
        string stretch = new(line, 15);
        return new Rows(
            new Markup($"[{wire}]cable {new string(line, 5)}╤{stretch}╤{stretch}╤{new string(line, 5)}  {(cable ? "up" : "cut")}[/]"),
            Boxes(colours, "┌────┴────┐", "┌────┴────┐", "┌────┴────┐"),
            Boxes(colours, [.. faces.Select(face => $"│{Centre(face, 9)}│")]),
            Boxes(colours, "└────┬────┘", "└────┬────┘", "└─────────┘"),
            new Markup($"           [{air}]└╌╌╌╌ radio ╌╌╌╌┘  {(radio ? "up" : "cut")}[/] [grey](57,600 baud, one bit in 100,000 wrong)[/]"));
    }

    private static Markup Boxes(string[] colours, params string[] parts) =>
        new("      " + string.Join("     ", parts.Select((part, place) => $"[{colours[place]}]{part}[/]")));

    private static string Centre(string text, int width) => text.PadLeft((width + text.Length) / 2).PadRight(width);
}
