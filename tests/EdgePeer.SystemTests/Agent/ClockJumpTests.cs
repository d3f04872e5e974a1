using System.Diagnostics;
using System.Globalization;
using EdgePeer.SystemTests.EndToEnd;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Agent;

/// <summary>
/// Times to live on a device whose calendar is wrong: libfaketime lets the calendar that .NET gives jump, and leaves the running time alone. It does not
/// reach what a program asks the C library itself: that asks for CLOCK_BOOTTIME alone.
/// </summary>
[Collection(EndToEndCollection.Name)]
public sealed class ClockJumpTests
{
    [Fact]
    public async Task A_calendar_that_jumps_a_year_ends_no_message_early_and_none_late()
    {
        string library = Directory.Exists("/usr/lib") ? Directory.GetFiles("/usr/lib", "libfaketimeMT.so.1", Deep).FirstOrDefault() ?? "" : "";
        if (library.Length == 0)
            Assert.Skip("libfaketime is missing: install Debian's package faketime");
        await using var peers = TwoPeers.Make();
        void Jump(string by)
        {
            File.WriteAllText(peers.File("next"), by + "\n");
            File.Move(peers.File("next"), peers.File("clock"), overwrite: true);
        }
        Jump("+0");
        var environment = new Dictionary<string, string>
        {
            ["LD_PRELOAD"] = library,
            ["FAKETIME_TIMESTAMP_FILE"] = peers.File("clock"),
            ["FAKETIME_NO_CACHE"] = "1",
            ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1",
        };
        Task<RunningAgent> StartAsync() => RunningAgent.StartAsync(peers.Configuration("a"), peers.Socket("a"), environment);

        var agent = await StartAsync();
        try
        {
            var sent = Stopwatch.StartNew();
            Assert.Equal(0, (await agent.CommandAsync(["send", "readings", "short", "--ttl", Invariant($"{Ttl.TotalSeconds}s")])).ExitCode);
            Assert.Equal(0, (await agent.CommandAsync(["send", "readings", "long", "--ttl", "1h"])).ExitCode);
            foreach (string by in (string[])["+366d", "-366d"])
            {
                Jump(by);
                // In each of the two lives, and across the start between them.
                await AssertNoneEndedAsync(agent, sent);
                await agent.KillAsync();
                string then = DateTime.UtcNow.AddDays(by[0] == '+' ? 366 : -366).ToString("yyyy-", CultureInfo.InvariantCulture);
                agent = await StartAsync();
                await AssertNoneEndedAsync(agent, sent);
                Assert.Contains(agent.Log, line => line.StartsWith(then, StringComparison.Ordinal));
            }
            await Wait.UntilAsync("the short one has expired", async () => (long)(await agent.PipeAsync("readings"))!["expired"]! == 1);
            Assert.InRange(sent.Elapsed, Ttl, Ttl + Late);
            Assert.Equal(1, (long)(await agent.PipeAsync("readings"))!["queued"]!);
        }
        finally
        {
            await agent.DisposeAsync();
        }
    }

    private static async Task AssertNoneEndedAsync(RunningAgent agent, Stopwatch sent)
    {
        await Task.Delay(TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        var pipe = (await agent.PipeAsync("readings"))!;
        Assert.True(sent.Elapsed < Ttl, "the machine is too busy: the time is over before the jumps are");
        Assert.Equal((2, 0), ((long)pipe["queued"]!, (long)pipe["expired"]!));
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private static readonly EnumerationOptions Deep = new() { RecurseSubdirectories = true, MaxRecursionDepth = 3, IgnoreInaccessible = true };

    private static readonly TimeSpan Ttl = TimeSpan.FromSeconds(30);

    // What a busy machine takes to ask, and the second or so that a start may not be able to prove.
    private static readonly TimeSpan Late = TimeSpan.FromSeconds(10);
}
