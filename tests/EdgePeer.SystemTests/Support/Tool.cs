using System.Diagnostics;
using Xunit;

namespace EdgePeer.SystemTests.Support;

/// <summary>Programs of the machine that a test needs.</summary>
internal static class Tool
{
    /// <summary>Skips the test, naming what is missing.</summary>
    public static void Require(string program, string package)
    {
        if (Find(program) is null)
            Assert.Skip($"{program} is missing: install Debian's package {package}");
    }

    /// <summary>Where it is, also where only an administrator's shell looks; null when it is nowhere.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(["/usr/sbin", "/sbin"]).Select(place => Path.Combine(place, program)).FirstOrDefault(File.Exists);

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
