using EdgePeer.SystemTests.Support;

namespace EdgePeer.SystemTests.EndToEnd;

/// <summary>Reads the pipe of an agent into a ledger, and goes on when the agent comes back.</summary>
internal sealed class ReadingApplication : IAsyncDisposable
{
    private readonly CancellationTokenSource _end = new();
    private readonly Task _reading;

    public ReadingApplication(Station station, NumberedMessages messages, int window = 64)
    {
        Ledger = new DeliveryLedger(messages);
        _reading = ReadAsync(station, window);
    }

    public DeliveryLedger Ledger { get; }

    /// <summary>Waits until so many have come; ends early when one of them is wrong.</summary>
    public async Task UntilAsync(int count, TimeSpan atMost)
    {
        try
        {
            await Wait.UntilAsync("they have come", () => Ledger.Next >= count || _reading.IsFaulted, atMost);
        }
        catch (TimeoutException e)
        {
            Ledger.AssertInOrder();
            throw new TimeoutException($"{Ledger.Next} of {count} messages have come: {e.Message}");
        }
        if (_reading.IsFaulted)
            await _reading;
        Ledger.AssertInOrder();
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _end.Dispose();
    }

    private async Task ReadAsync(Station station, int window)
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                await AgentApi.ReadAsync(station.Http, Station.Pipe, window, Ledger.Take, _end.Token);
            }
            catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException)
            {
                // The agent is away: killed, or not started yet.
                await Task.Delay(ReconnectAfter).ConfigureAwait(false);
            }
        }
    }

    private static readonly TimeSpan ReconnectAfter = TimeSpan.FromMilliseconds(20);
}
