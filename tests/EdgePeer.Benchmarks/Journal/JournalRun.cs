using EdgePeer.Runtime.Flash;
using EdgePeer.Store;
using EdgePeer.Wire;

namespace EdgePeer.Benchmarks.Journal;

/// <summary>A journal on real files, its batches run on the calling thread.</summary>
internal sealed class JournalRun : IDisposable
{
    private readonly FileFlash _flash;

    public JournalRun(string directory, long capacityBytes)
    {
        _flash = FileFlash.Open(directory);
        Journal = new Store.Journal(new JournalOptions { CapacityBytes = capacityBytes }, _flash, new SystemRandom());
        while (!Journal.Ready)
            Sync();
    }

    public Store.Journal Journal { get; }

    /// <summary>Runs all that waits to the medium.</summary>
    public void Sync()
    {
        Journal.Hurry();
        while (Journal.CommitAt < Instant.Never && Journal.TakeBatch(default) is { } batch)
        {
            var outcome = _flash.Execute(batch, out string? reason);
            if (outcome != FlashOutcome.Done)
                throw new IOException(reason);
            Journal.OnBatchDone(batch, outcome, default);
            Journal.Hurry();
        }
    }

    public void Dispose() => _flash.Dispose();
}
