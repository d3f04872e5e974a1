using System.Diagnostics;
using System.Text;

namespace EdgePeer.SystemTests.Support;

/// <param name="Output">All of standard output.</param>
internal sealed record CommandResult(int ExitCode, string Output, string Errors)
{
    public string[] Lines => Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}

/// <summary>The command, as a person or a script would run it.</summary>
internal static class Edgepeer
{
    /// <param name="input">What standard input holds; null for an empty one.</param>
    public static async Task<CommandResult> RunAsync(IReadOnlyList<string> words, string? input = null)
    {
        using var process = Start(words);
        var output = process.StandardOutput.ReadToEndAsync();
        var errors = process.StandardError.ReadToEndAsync();
        try
        {
            await process.StandardInput.WriteAsync(input);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // It ended without reading all that it was given; its exit code says why.
        }
        using var limit = new CancellationTokenSource(Wait.Limit);
        try
        {
            await process.WaitForExitAsync(limit.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new TimeoutException($"edgepeer {string.Join(' ', words)} did not end; it printed: {await output} {await errors}");
        }
        return new CommandResult(process.ExitCode, await output, await errors);
    }

    /// <summary>Starts the program of this build.</summary>
    /// <param name="prefix">Words before the command, such as `ip netns exec NAME`.</param>
    public static Process Start(IReadOnlyList<string> words, IReadOnlyDictionary<string, string>? environment = null, IReadOnlyList<string>? prefix = null)
    {
        string program = Path.Combine(AppContext.BaseDirectory, "edgepeer.dll");
        string[] all = [.. prefix ?? [], "dotnet", program, .. words];
        return Start(all[0], all[1..], environment);
    }

    public static Process Start(string program, IReadOnlyList<string> words, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, words)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>())
            start.Environment[name] = value;
        return Process.Start(start)!;
    }
}
