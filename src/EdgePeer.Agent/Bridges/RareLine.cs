namespace EdgePeer.Agent.Bridges;

/// <summary>A line of the log that others can bring about as often as they like: it stands there once a minute at most. One call at a time.</summary>
internal sealed class RareLine(Action<string> log)
{
    private long _againAt = long.MinValue;

    public void Say(string line)
    {
        long now = Environment.TickCount64;
        if (now < _againAt)
            return;
        _againAt = now + (long)Every.TotalMilliseconds;
        log(line);
    }

    private static readonly TimeSpan Every = TimeSpan.FromMinutes(1);
}
