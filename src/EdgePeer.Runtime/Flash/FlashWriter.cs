using EdgePeer.Store;

namespace EdgePeer.Runtime.Flash;

/// <summary>A thread of its own that runs the journal's batches, so that the core never waits for flash.</summary>
public sealed class FlashWriter : IDisposable
{
    private readonly FileFlash _flash;
    private readonly Action<JournalBatch, FlashOutcome, string?> _done;
    private readonly Thread _thread;
    private readonly object _gate = new();
    private JournalBatch? _next;
    private bool _stopped;

    /// <param name="done">Called on the writer's thread with each batch's outcome and, when it failed, the reason in words.</param>
    public FlashWriter(FileFlash flash, Action<JournalBatch, FlashOutcome, string?> done)
    {
        _flash = flash;
        _done = done;
        _thread = new Thread(Run) { Name = "journal", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Hands over a batch; the one before must have come back.</summary>
    public void Submit(JournalBatch batch)
    {
        lock (_gate)
        {
            if (_next is not null || _stopped)
                throw new InvalidOperationException(_stopped ? "the writer has stopped" : "one batch at a time");
            _next = batch;
            Monitor.Pulse(_gate);
        }
    }

    /// <summary>Ends the batch that is running, with its call back, and then the thread.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.Pulse(_gate);
        }
        if (Thread.CurrentThread != _thread)
            _thread.Join();
    }

    private void Run()
    {
        while (Take() is { } batch)
        {
            var outcome = _flash.Execute(batch, out string? reason);
            lock (_gate)
                _next = null;
            _done(batch, outcome, reason);
        }
    }

    private JournalBatch? Take()
    {
        lock (_gate)
        {
            while (_next is null && !_stopped)
                Monitor.Wait(_gate);
            return _next;
        }
    }
}
