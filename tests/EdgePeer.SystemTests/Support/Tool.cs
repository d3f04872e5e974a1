using System.Diagnostics;
using Xunit;

namespace EdgePeer.SystemTests.Support;

/// <summary>Programs of the machine that a test needs.</summary>
internal static class Tool
{
    /// <summary>Skips the test, naming what is missing.</summary>
    public static void Require(string program, string package)
    {
        string[] places = [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':'), "/usr/sbin", "/sbin"];
        if (!places.Any(place => File.Exists(Path.Combine(place, program))))
            Assert.Skip($"{program} is missing: install Debian's package {package}");
    }

    /// <returns>What the program printed.</returns>
    /// <exception cref="InvalidOperationException">It failed; holds what it said.</exception>
    public static async Task<string> Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        var errors = process.StandardError.ReadToEndAsync();
        string output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {process.ExitCode} {await errors}");
    }
}
