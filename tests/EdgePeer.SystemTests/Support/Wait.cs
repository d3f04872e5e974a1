namespace EdgePeer.SystemTests.Support;

/// <summary>Waits for what must become true, and says what did not.</summary>
internal static class Wait
{
    /// <summary>Far beyond what a slow machine needs; only a failing test waits so long.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    /// <param name="atMost">Null for <see cref="Limit"/>.</param>
    public static async Task UntilAsync(string what, Func<Task<bool>> holds, TimeSpan? atMost = null)
    {
        var limit = atMost ?? Limit;
        long end = Environment.TickCount64 + (long)limit.TotalMilliseconds;
        while (!await holds())
        {
            if (Environment.TickCount64 > end)
                throw new TimeoutException($"in {limit.TotalSeconds} s it did not come true that {what}");
            await Task.Delay(LookEveryMs);
        }
    }

    public static Task UntilAsync(string what, Func<bool> holds, TimeSpan? atMost = null) => UntilAsync(what, () => Task.FromResult(holds()), atMost);

    private const int LookEveryMs = 20;
}
