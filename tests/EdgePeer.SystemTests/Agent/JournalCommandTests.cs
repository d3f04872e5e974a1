using System.Text.Json.Nodes;
using EdgePeer.SystemTests.Flash;
using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.Agent;

/// <summary><c>edgepeer journal</c>, and what the log says of a damaged journal.</summary>
public sealed class JournalCommandTests
{
    [Fact]
    public async Task Wear_counts_by_cause_what_the_kernel_counts_for_the_process()
    {
        await using var peers = TwoPeers.Make(capacity: "16MiB");
        var a = await peers.StartAsync("a");
        await a.CommandAsync(["send", "p", "--lines"], string.Concat(Enumerable.Range(0, 20_000).Select(i => $"reading {i:00000000000000000000000000000000000000000000000000000000000}\n")));
        var wear = JsonNode.Parse((await a.CommandAsync(["journal", "wear", "--endurance", "10TB", "--json"])).Output)!;
        long written = wear["bytesWritten"]!.GetValue<long>();
        long causes = wear["written"]!.AsObject().Sum(cause => cause.Value!.GetValue<long>()) + wear["bytesPreallocated"]!.GetValue<long>();
        Assert.Equal(written, causes);
        Assert.InRange(wear["writeAmplification"]!.GetValue<double>(), 1, 3);
        Assert.True(wear["yearsLeft"]!.GetValue<double>() > 0);
        if (wear["kernel"] is not { } kernel)
            return;
        Assert.InRange(wear["kernelShare"]!.GetValue<double>(), 0.95, 1);
        // Where the temporary directory lies in memory, nothing is made dirty.
        long dirtied = kernel["dirtied"]!.GetValue<long>();
        Assert.True(dirtied == 0 || dirtied >= written, $"{written} bytes by the journal's own count, {dirtied} by the kernel's");
        string text = (await a.CommandAsync(["journal", "wear", "--endurance", "10TB"])).Output;
        Assert.Contains("a day at that rate", text, StringComparison.Ordinal);
        Assert.Contains("the endurance stated lasts", text, StringComparison.Ordinal);
        Assert.Equal(2, (await a.CommandAsync(["journal", "wear", "--endurance", "much"])).ExitCode);
    }

    [Fact]
    public async Task A_damaged_message_is_named_by_verify_and_in_the_log_and_the_agent_runs()
    {
        await using var peers = TwoPeers.Make(capacity: "16MiB");
        var a = await peers.StartAsync("a");
        await a.CommandAsync(["send", "p", "--lines"], "first\nsecond\nthird\n");
        await a.CommandAsync(["send", "p", "last"]);
        await a.CommandAsync(["send", "p", "very last"]);
        var whole = await Edgepeer.RunAsync(["journal", "verify", "--config", peers.Configuration("a")]);
        Assert.Equal(0, whole.ExitCode);
        Assert.Contains("all check", whole.Output, StringComparison.Ordinal);
        await a.KillAsync();

        string segment = Path.Combine(peers.File("a"), "000001.journal");
        byte[] bytes = await File.ReadAllBytesAsync(segment, TestContext.Current.CancellationToken);
        bytes[bytes.AsSpan().IndexOf("second"u8)] ^= 1;
        await File.WriteAllBytesAsync(segment, bytes, TestContext.Current.CancellationToken);

        var damaged = await Edgepeer.RunAsync(["journal", "verify", "--directory", peers.File("a")]);
        Assert.Equal(1, damaged.ExitCode);
        Assert.Contains("segment 1 at ", damaged.Output, StringComparison.Ordinal);
        Assert.Contains("message 1 of pipe p", damaged.Output, StringComparison.Ordinal);
        a = await peers.StartAsync("a");
        Assert.Contains(a.Log, line => line.Contains("journal: segment 1 at ", StringComparison.Ordinal));
        Assert.Contains(a.Log, line => line.Contains("message 1 of pipe p", StringComparison.Ordinal));
    }

    public static TheoryData<string> LostEnds => ["removed", "emptied", "cut", "zeroed", "zeroed to the end"];

    [Theory]
    [MemberData(nameof(LostEnds))]
    public async Task A_lost_end_is_named_by_verify_in_the_log_and_by_status_and_the_agent_runs(string how)
    {
        await using var peers = TwoPeers.Make(capacity: "16MiB");
        var a = await peers.StartAsync("a");
        for (int i = 0; i < 4; i++)
            await a.CommandAsync(["send", "p", $"message {i}"]);
        Assert.Equal(0, await a.StopAsync());
        var whole = await Edgepeer.RunAsync(["journal", "verify", "--directory", peers.File("a")]);
        Assert.Contains("all check", whole.Output, StringComparison.Ordinal);
        Assert.Equal(0, whole.ExitCode);

        string segment = Path.Combine(peers.File("a"), "000001.journal");
        LoseEnd(segment, how);
        // With the last message in it at least.
        Assert.True(!File.Exists(segment) || (await File.ReadAllBytesAsync(segment, TestContext.Current.CancellationToken)).AsSpan().IndexOf("message 3"u8) < 0);

        var verified = await Edgepeer.RunAsync(["journal", "verify", "--directory", peers.File("a")]);
        Assert.Equal(1, verified.ExitCode);
        Assert.Contains("segment 1 at ", verified.Output, StringComparison.Ordinal);
        a = await peers.StartAsync("a");
        Assert.Contains(a.Log, line => line.Contains("journal: segment 1 at ", StringComparison.Ordinal));
        Assert.Contains("the journal was damaged when the agent started: segment 1 at ", (await a.CommandAsync(["status"])).Output, StringComparison.Ordinal);
        Assert.True((bool)(await a.StatusAsync())["recovery"]!["pastUncertain"]!);
        Assert.Equal(0, (await a.CommandAsync(["send", "p", "after the loss"])).ExitCode);
        Assert.Equal(0, await a.StopAsync());
    }

    private static void LoseEnd(string segment, string how)
    {
        using var file = File.Open(segment, FileMode.Open, FileAccess.ReadWrite);
        byte[] bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        // The block of the last message begins there.
        int last = bytes.AsSpan().IndexOf("message 3"u8) & -4096;
        switch (how)
        {
            case "removed":
                File.Delete(segment);
                break;
            case "emptied":
                file.SetLength(0);
                break;
            case "cut":
                file.SetLength(last);
                break;
            default:
                int from = how == "zeroed" ? 0 : last;
                file.Position = from;
                file.Write(new byte[bytes.Length - from]);
                break;
        }
    }

    [Fact]
    public async Task Verify_of_a_directory_without_a_journal_fails_and_says_so()
    {
        using var directory = new TemporaryDirectory();
        Directory.CreateDirectory(directory.File("empty"));
        var verified = await Edgepeer.RunAsync(["journal", "verify", "--directory", directory.File("empty")]);
        Assert.Equal(1, verified.ExitCode);
        Assert.Equal("", verified.Output);
        Assert.Contains($"there is no journal in {directory.File("empty")}", verified.Errors, StringComparison.Ordinal);
        Assert.Empty(Directory.GetFileSystemEntries(directory.File("empty")));
        var missing = await Edgepeer.RunAsync(["journal", "verify", "--directory", directory.File("nowhere")]);
        Assert.Equal(1, missing.ExitCode);
        Assert.Contains(directory.File("nowhere"), missing.Errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Verify_reads_a_journal_on_a_card_that_takes_no_writes()
    {
        await using var flash = await FlashImage.MakeAsync(megabytes: 48);
        await using var peers = TwoPeers.Make(capacity: "16MiB");
        string onCard = Path.Combine(flash.Path, "a");
        Directory.CreateDirectory(onCard);
        foreach (string file in Directory.GetFiles(peers.File("a")))
            File.Copy(file, Path.Combine(onCard, Path.GetFileName(file)));
        Directory.Delete(peers.File("a"), recursive: true);
        File.CreateSymbolicLink(peers.File("a"), onCard);
        var a = await peers.StartAsync("a");
        await a.CommandAsync(["send", "p", "kept"]);
        Assert.Equal(0, await a.StopAsync());
        await flash.ProtectAsync();

        var verified = await Edgepeer.RunAsync(["journal", "verify", "--directory", onCard]);
        Assert.True(verified.ExitCode == 0, verified.Errors + verified.Output);
        Assert.Contains("all check", verified.Output, StringComparison.Ordinal);
        // Without the file of the lock too, as in a copy of the segments alone.
        await flash.MountAgainAsync();
        File.Delete(Path.Combine(onCard, "lock"));
        await flash.ProtectAsync();
        Assert.Equal(0, (await Edgepeer.RunAsync(["journal", "verify", "--directory", onCard])).ExitCode);
    }

    [Fact]
    public async Task A_state_directory_in_memory_is_warned_of()
    {
        if (!Directory.Exists("/dev/shm"))
            Assert.Skip("there is no /dev/shm");
        await using var peers = TwoPeers.Make();
        string memory = Path.Combine("/dev/shm", $"edgepeer-{Environment.ProcessId}");
        Directory.Move(peers.File("a"), peers.File("kept"));
        Directory.CreateDirectory(memory);
        try
        {
            foreach (string file in Directory.GetFiles(peers.File("kept")))
                File.Copy(file, Path.Combine(memory, Path.GetFileName(file)));
            File.CreateSymbolicLink(peers.File("a"), memory);
            var a = await peers.StartAsync("a");
            Assert.Contains(a.Log, line => line.Contains("lies in memory (tmpfs)", StringComparison.Ordinal));
        }
        finally
        {
            Directory.Delete(memory, recursive: true);
        }
    }
}
