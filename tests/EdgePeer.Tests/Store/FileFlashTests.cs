using System.Collections.Concurrent;
using EdgePeer.Runtime;
using EdgePeer.Runtime.Flash;
using EdgePeer.Store;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Store;

public sealed class FileFlashTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("edgepeer-flash-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_journal_on_files_holds_its_messages_over_a_restart()
    {
        byte[] payload = JournalRig.Payload(1, 5000);
        using (var flash = FileFlash.Open(_directory))
        {
            var journal = new Journal(JournalRig.Small, flash, new SeededRandom(1));
            Commit(journal, flash);
            var stream = journal.Open(JournalShare.Outgoing, "s"u8);
            Assert.True(journal.TryAppend(stream.Id, 0, payload.Length, 0, payload, 0, out var ticket));
            Commit(journal, flash);
            Assert.Equal(ticket, journal.DurableThrough);
        }
        using (var flash = FileFlash.Open(_directory))
        {
            var journal = new Journal(JournalRig.Small, flash, new SeededRandom(2));
            Assert.False(journal.Recovery.PastUncertain);
            Commit(journal, flash);
            var read = new byte[payload.Length];
            Assert.True(journal.TryRead(Assert.Single(journal.Streams()).Id, 0, 0, read));
            Assert.Equal(payload, read);
        }
    }

    [Fact]
    public void A_second_agent_on_the_directory_is_refused_until_the_first_has_gone()
    {
        using (FileFlash.Open(_directory))
            Assert.Contains(_directory, Assert.Throws<StateDirectoryBusyException>(() => FileFlash.Open(_directory)).Message, StringComparison.Ordinal);
        FileFlash.Open(_directory).Dispose();
    }

    [Fact]
    public void Segments_are_made_of_zeros_written_and_deleted()
    {
        using var flash = FileFlash.Open(_directory);
        Assert.Equal(FlashOutcome.Done, Execute(flash, new FlashCommand(FlashCommandKind.Create, 3, 0, 300_000, default)));
        Assert.Equal([3u], flash.Segments());
        Assert.Equal(300_000, flash.Length(3));
        var bytes = new byte[8];
        Assert.Equal(8, flash.Read(3, 299_992, bytes));
        Assert.All(bytes, part => Assert.Equal(0, part));
        Assert.Equal(FlashOutcome.Done, Execute(flash,
            new FlashCommand(FlashCommandKind.Write, 3, 4096, 0, new byte[] { 1, 2, 3 }),
            new FlashCommand(FlashCommandKind.Sync, 3, 0, 0, default),
            new FlashCommand(FlashCommandKind.SyncDirectory, 0, 0, 0, default)));
        Assert.Equal(8, flash.Read(3, 4095, bytes));
        Assert.Equal([0, 1, 2, 3, 0, 0, 0, 0], bytes);
        Assert.Equal(4, flash.Read(3, 299_996, bytes));
        Assert.Equal(FlashOutcome.Done, Execute(flash, new FlashCommand(FlashCommandKind.Delete, 3, 0, 0, default)));
        Assert.Empty(flash.Segments());
        Assert.Empty(Directory.GetFiles(_directory, "*.journal"));
    }

    [Fact]
    public void A_full_device_is_no_space_and_names_the_segment()
    {
        // Every write to this device fails with ENOSPC.
        File.CreateSymbolicLink(Path.Combine(_directory, "000001.journal"), "/dev/full");
        using var flash = FileFlash.Open(_directory);
        var batch = Batch(new FlashCommand(FlashCommandKind.Write, 1, 0, 0, new byte[] { 1 }));
        Assert.Equal(FlashOutcome.NoSpace, flash.Execute(batch, out string? reason));
        Assert.Contains("segment 1", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void The_writer_runs_batches_on_its_own_thread_and_calls_back()
    {
        using var flash = FileFlash.Open(_directory);
        using var outcomes = new BlockingCollection<(JournalBatch, FlashOutcome, int)>();
        using var writer = new FlashWriter(flash, (batch, outcome, _) => outcomes.Add((batch, outcome, Environment.CurrentManagedThreadId)));
        foreach (uint segment in (uint[])[1, 2])
        {
            var batch = Batch(new FlashCommand(FlashCommandKind.Create, segment, 0, 4096, default));
            writer.Submit(batch);
            Assert.True(outcomes.TryTake(out var done, TimeSpan.FromSeconds(30)));
            Assert.Equal((batch, FlashOutcome.Done), (done.Item1, done.Item2));
            Assert.NotEqual(Environment.CurrentManagedThreadId, done.Item3);
        }
        Assert.Equal([1u, 2u], flash.Segments());
    }

    private static void Commit(Journal journal, FileFlash flash)
    {
        while (journal.CommitAt != Instant.Never)
            if (journal.TakeBatch(journal.CommitAt) is { } batch)
                journal.OnBatchDone(batch, flash.Execute(batch, out _), journal.CommitAt);
    }

    private static FlashOutcome Execute(FileFlash flash, params FlashCommand[] commands) => flash.Execute(Batch(commands), out _);

    private static JournalBatch Batch(params FlashCommand[] commands) => new() { Commands = commands, Through = default };
}
