using System.Diagnostics;
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
}
