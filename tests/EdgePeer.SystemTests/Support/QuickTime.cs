namespace EdgePeer.SystemTests.Support;

/// <summary>The system's time, so many times as fast: for what a person waits half a minute for.</summary>
internal sealed class QuickTime(int times) : TimeProvider
{
    public override long GetTimestamp() => System.GetTimestamp() * times;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new Timer(times, callback, state, dueTime, period);

    private sealed class Timer : ITimer
    {
        private readonly int _times;
        private readonly ITimer _timer;

        public Timer(int times, TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            (_times, _timer) = (times, System.CreateTimer(callback, state, Of(dueTime, times), Of(period, times)));

        public bool Change(TimeSpan dueTime, TimeSpan period) => _timer.Change(Of(dueTime, _times), Of(period, _times));

        public void Dispose() => _timer.Dispose();

        public ValueTask DisposeAsync() => _timer.DisposeAsync();

        private static TimeSpan Of(TimeSpan time, int times) => time == Timeout.InfiniteTimeSpan ? time : time / times;
    }
}
