using EdgePeer.Wire;

namespace EdgePeer.Store;

/// <summary>When the next batch is due: the sync window, those who wait, and the pauses after failures.</summary>
internal sealed class CommitClock(TimeSpan window)
{
    private Instant? _since;
    private Instant _notBefore;
    private TimeSpan _pause;
    private bool _failedBefore;
    private bool _hurry;

    /// <summary>Someone waits.</summary>
    public void Hurry() => _hurry = true;

    /// <summary>When something that waits is due; the start of time when its window has not begun.</summary>
    public Instant Due => _hurry ? _notBefore : _since is { } since ? Instant.Later(_notBefore, since + window) : _notBefore;

    /// <summary>Begins the window when it has not begun, and says whether it is over.</summary>
    public bool IsDue(Instant now)
    {
        _since ??= now;
        return now >= Due;
    }

    public bool Paused(Instant now) => now < _notBefore;

    public Instant NotBefore => _notBefore;

    /// <summary>A batch leaves.</summary>
    /// <param name="more">Something that was due did not fit.</param>
    public void OnTaken(Instant now, bool more)
    {
        // What comes in while the batch is out has waited since now at most.
        _since = now;
        _hurry = more;
    }

    public void OnDone(bool waiting)
    {
        if (!waiting)
            _since = null;
        _failedBefore = false;
        _pause = TimeSpan.Zero;
        _notBefore = default;
    }

    /// <summary>The first failed write is tried again at once, elsewhere; a flash that refuses, or fails on, is left alone for a while.</summary>
    public void OnFailed(FlashOutcome outcome, Instant now)
    {
        _hurry = true;
        if (outcome == FlashOutcome.Failed && !_failedBefore)
        {
            _failedBefore = true;
            return;
        }
        _failedBefore = true;
        _pause = _pause == TimeSpan.Zero ? StoreLimits.RetryPauseMin
            : new TimeSpan(long.Min(2 * _pause.Ticks, StoreLimits.RetryPauseMax.Ticks));
        _notBefore = now + _pause;
    }
}
