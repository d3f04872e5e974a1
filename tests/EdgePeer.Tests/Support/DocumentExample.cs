using System.Runtime.CompilerServices;
using Xunit;

namespace EdgePeer.Tests.Support;

/// <summary>The worked examples of the format documents: fenced blocks that begin with <c>```hex</c> or <c>```text</c> and a name.</summary>
public static class DocumentExample
{
    public const string Wire = "EdgePeer.Wire/WIRE.md";
    public const string Serial = "EdgePeer.Wire/SERIAL.md";
    public const string Mqtt = "EdgePeer.Transports/Mqtt/MQTT.md";
    public const string Members = "EdgePeer.Protocol/Groups/MEMBERS.md";

    /// <param name="document">Below <c>src</c>.</param>
    /// <returns>The bytes of the one block of that name, over however many lines.</returns>
    public static byte[] Hex(string document, string name) =>
        Convert.FromHexString(string.Concat(Lines(document, $"```hex {name}")).Replace(" ", "", StringComparison.Ordinal));

    /// <returns>The lines of the one block of that name, each with its line feed.</returns>
    public static string Text(string document, string name) => string.Concat(Lines(document, $"```text {name}").Select(line => line + "\n"));

    private static string[] Lines(string document, string head)
    {
        string[] lines = File.ReadAllLines(Path.Combine(Path.GetDirectoryName(Here())!, "../../../src", document));
        int start = Array.IndexOf(lines, head);
        Assert.True(start >= 0 && start == Array.LastIndexOf(lines, head), $"{document} has not one example that begins with '{head}'");
        int end = Array.IndexOf(lines, "```", start);
        return lines[(start + 1)..end];
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
