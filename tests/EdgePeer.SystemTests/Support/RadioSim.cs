using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Xunit;

namespace EdgePeer.SystemTests.Support;

/// <summary>The emulated radio that stands beside the repository: ptys that share one medium.</summary>
internal sealed partial class RadioSim : IAsyncDisposable
{
    private readonly Process _process;
    private readonly string _directory;

    private RadioSim(Process process, string directory)
    {
        _process = process;
        _directory = directory;
    }

    /// <summary>Builds and starts it; skips the test where its source or a C compiler is missing.</summary>
    public static async Task<RadioSim> Start(int ports, int baud, params string[] more)
    {
        string source = Path.GetFullPath(Path.Combine(Repository.Root, "../shared/rig/radio-sim.c"));
        if (!File.Exists(source))
            Assert.Skip($"no radio to emulate: ../shared/rig/radio-sim.c is not beside the repository");
        Tool.Require("gcc", "gcc");
        string directory = Directory.CreateTempSubdirectory("edgepeer-air-").FullName;
        string program = Path.Combine(directory, "radio-sim");
        await Tool.Run("gcc", "-O2", "-o", program, source, "-lm");
        string[] arguments = ["--ports", $"{ports}", "--dir", directory, "--baud", $"{baud}", .. more];
        var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        Assert.StartsWith("radio-sim: ", await process.StandardOutput.ReadLineAsync(), StringComparison.Ordinal);
        return new RadioSim(process, directory);
    }

    public string Port(int number) => Path.Combine(_directory, $"port{number}");

    /// <summary>The statistics of all ports so far.</summary>
    public Task<JsonArray> Statistics() => Statistics(Usr1);

    /// <summary>The statistics so far; those of the next call begin here.</summary>
    public Task<JsonArray> Reset() => Statistics(Usr2);

    private async Task<JsonArray> Statistics(int signal)
    {
        Assert.Equal(0, Kill(_process.Id, signal));
        string line = (await _process.StandardOutput.ReadLineAsync())!;
        return JsonNode.Parse(line)!["ports"]!.AsArray();
    }

    public async ValueTask DisposeAsync()
    {
        _process.Kill();
        await _process.WaitForExitAsync();
        _process.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    private static partial int Kill(int process, int signal);

    private const int Usr1 = 10, Usr2 = 12;
}
