using System.Runtime.CompilerServices;
using Xunit;

namespace EdgePeer.Tests.Support;

/// <summary>The worked examples of the format documents: fenced blocks that begin with <c>```hex</c> and a name.</summary>
public static class DocumentExample
{
    public const string Wire = "EdgePeer.Wire/WIRE.md";
    public const string Serial = "EdgePeer.Wire/SERIAL.md";

    /// <param name="document">Below <c>src</c>.</param>
    /// <returns>The bytes of the one block of that name, over however many lines.</returns>
    public static byte[] Hex(string document, string name)
    {
        string[] lines = File.ReadAllLines(Path.Combine(Path.GetDirectoryName(Here())!, "../../../src", document));
        int start = Array.IndexOf(lines, $"```hex {name}");
        Assert.True(start >= 0 && start == Array.LastIndexOf(lines, $"```hex {name}"), $"{document} has not one example named '{name}'");
        int end = Array.IndexOf(lines, "```", start);
        return Convert.FromHexString(string.Concat(lines[(start + 1)..end]).Replace(" ", "", StringComparison.Ordinal));
    }

    private static string Here([CallerFilePath] string path = "") => path;
}
