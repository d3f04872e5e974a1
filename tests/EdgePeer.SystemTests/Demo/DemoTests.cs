using System.Diagnostics;
using EdgePeer.Agent.Demo.Rig;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Demo;

public sealed class DemoTests
{
    [Fact]
    public async Task The_demo_ends_with_every_message_once_and_in_order_and_leaves_nothing_behind()
    {
        var scratch = Directory.CreateTempSubdirectory("edgepeer-demotest-");
        try
        {
            var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "edgepeer"), ["demo", "--messages", "400"])
            {
                RedirectStandardOutput = true,
                Environment = { ["TMPDIR"] = scratch.FullName },
            };
            using var demo = Process.Start(start)!;
            string output = await demo.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await demo.WaitForExitAsync(TestContext.Current.CancellationToken);

            Assert.True(demo.ExitCode == 0, output);
            Assert.Contains("every message arrived once, in order", output, StringComparison.Ordinal);
            Assert.Contains("field is killed (SIGKILL)", output, StringComparison.Ordinal);
            if (LocalBroker.MissingPackage is { } package)
                Assert.Contains($"no broker, only cable and radio: Debian's package {package} is not installed", output, StringComparison.Ordinal);
            else
                Assert.Contains("broker, cable", output, StringComparison.Ordinal);
            Assert.DoesNotContain("\e[", output, StringComparison.Ordinal);
            Assert.Empty(scratch.EnumerateFileSystemInfos());
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task The_peers_of_a_killed_demo_end_too()
    {
        var scratch = Directory.CreateTempSubdirectory("edgepeer-demotest-");
        try
        {
            var start = new ProcessStartInfo(Path.Combine(AppContext.BaseDirectory, "edgepeer"), ["demo", "--messages", "400"])
            {
                RedirectStandardOutput = true,
                Environment = { ["TMPDIR"] = scratch.FullName },
            };
            using var demo = Process.Start(start)!;
            // The broker's command names a file there, and so does that of the shell that ends it.
            int count = LocalBroker.MissingPackage is null ? 5 : 3;
            await Wait.UntilAsync("its peers run", () => PeersIn(scratch) == count);
            demo.Kill();
            await demo.WaitForExitAsync(TestContext.Current.CancellationToken);

            await Wait.UntilAsync("its peers have ended", () => PeersIn(scratch) == 0);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Without_the_library_of_the_broker_it_says_so_and_goes_on()
    {
        Tool.Require("unshare", "util-linux");
        MosquittoBroker.Require();
        if (!Environment.IsPrivilegedProcess)
            Assert.Skip("hiding a library from one process takes root");
        using var demo = Process.Start(new ProcessStartInfo("unshare", [.. MosquittoBroker.WithoutLibrary, Path.Combine(AppContext.BaseDirectory, "edgepeer"), "demo", "--messages", "40"]) { RedirectStandardOutput = true })!;
        var lines = new List<string>();
        while (await demo.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken) is { } line && !line.Contains("messages flow, by the cable", StringComparison.Ordinal))
            lines.Add(line);
        RunningAgent.SendSignal(demo.Id, InterruptSignal);
        await demo.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Single(lines, line => line.EndsWith("no broker, only cable and radio: Debian's package libmosquitto1 is not installed", StringComparison.Ordinal));
    }

    private const int InterruptSignal = 2;

    /// <summary>Processes whose command names something in the directory.</summary>
    private static int PeersIn(DirectoryInfo directory) => Directory.EnumerateDirectories("/proc").Count(process => Named(process, directory.FullName));

    private static bool Named(string process, string path)
    {
        try
        {
            return File.ReadAllText(Path.Combine(process, "cmdline")).Contains(path, StringComparison.Ordinal);
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
