using System.Diagnostics;
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
            Assert.Contains("is killed (SIGKILL)", output, StringComparison.Ordinal);
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
            await Wait.UntilAsync("its peers run", () => PeersIn(scratch) == 3);
            demo.Kill();
            await demo.WaitForExitAsync(TestContext.Current.CancellationToken);

            await Wait.UntilAsync("its peers have ended", () => PeersIn(scratch) == 0);
        }
        finally
        {
            scratch.Delete(recursive: true);
        }
    }

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
