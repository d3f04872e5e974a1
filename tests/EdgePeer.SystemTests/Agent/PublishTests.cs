using System.Diagnostics;
using System.Globalization;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Agent;

/// <summary>The file that devices get: trimming can cut what only a start shows.</summary>
public sealed class PublishTests
{
    [Fact]
    public async Task The_published_file_is_small_starts_and_carries_a_message()
    {
        using var directory = new TemporaryDirectory();
        string published = directory.File("out");
        await Tool.Run(Path.Combine(Repository.Root, "cross-build", "publish-linux-x64"), published);
        string program = Path.Combine(published, "edgepeer");

        long bytes = Directory.GetFiles(published).Sum(file => new FileInfo(file).Length);
        Assert.InRange(bytes, 1, PublishedBytesMax);

        string configuration = Path.Combine(directory.Path, "here", "edgepeer.json");
        await Tool.Run(program, "init", "--dir", directory.File("here"));
        var starts = new List<Idle>();
        for (int start = 0; start < Starts; start++)
            starts.Add(await StartAsync(program, configuration, directory.File("s")));
        TestContext.Current.TestOutputHelper!.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"published: {bytes / 1e6:0.0} MB; ready in {Median(starts, one => one.ReadyMs)} ms, idle with {Median(starts, one => one.ResidentKiB) / 1024.0:0.0} MB resident, {Median(starts, one => one.AnonymousKiB) / 1024.0:0.0} MB of it anonymous (medians of {Starts})"));
    }

    private static async Task<Idle> StartAsync(string program, string configuration, string socket)
    {
        long began = Stopwatch.GetTimestamp();
        using var agent = Edgepeer.Start(program, ["run", "--config", configuration, "--socket", socket]);
        try
        {
            string? line = await agent.StandardOutput.ReadLineAsync(TestContext.Current.CancellationToken);
            long readyMs = (long)Stopwatch.GetElapsedTime(began).TotalMilliseconds;
            Assert.StartsWith("ready ", line, StringComparison.Ordinal);

            // The commands, the API and the JSON of the trimmed file, each used once.
            await Tool.Run(program, "send", "p", "one", "--socket", socket);
            Assert.Contains("\"accepted\":", await Tool.Run(program, "status", "--json", "--socket", socket), StringComparison.Ordinal);
            Assert.Contains("journal:", await Tool.Run(program, "status", "--socket", socket), StringComparison.Ordinal);
            return new Idle(readyMs, Memory(agent.Id, "VmRSS:"), Memory(agent.Id, "RssAnon:"));
        }
        finally
        {
            agent.Kill();
            await agent.WaitForExitAsync(TestContext.Current.CancellationToken);
        }
    }

    private static long Memory(int process, string field)
    {
        string line = File.ReadLines($"/proc/{process}/status").Single(line => line.StartsWith(field, StringComparison.Ordinal));
        return long.Parse(line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
    }

    private static long Median(List<Idle> starts, Func<Idle, long> of) => starts.Select(of).Order().ElementAt(starts.Count / 2);

    private readonly record struct Idle(long ReadyMs, long ResidentKiB, long AnonymousKiB);

    private const int Starts = 5;
    private const long PublishedBytesMax = 34_000_000;
}
