using EdgePeer.SystemTests.Support;

namespace EdgePeer.SystemTests.EndToEnd;

/// <summary>
/// Sends numbered messages through an agent, in batches; posts a batch again, under the same client ids, until each of it has a
/// durable receipt.
/// </summary>
internal sealed class SendingApplication(Station station, NumberedMessages messages)
{
    private int _durable;

    /// <summary>All below have a durable receipt.</summary>
    public int Durable => Volatile.Read(ref _durable);

    /// <summary>Posts that were made again.</summary>
    public int Retries { get; private set; }

    public async Task SendAsync(int count, int batch, CancellationToken cancellation)
    {
        int end = Durable + count;
        while (Durable < end)
        {
            var posts = Enumerable.Range(Durable, Math.Min(batch, end - Durable)).Select(number => (messages.ClientId(number), messages.Payload(number))).ToList();
            try
            {
                Volatile.Write(ref _durable, Durable + await AgentApi.PostAsync(station.Http, Station.Pipe, posts, cancellation));
            }
            catch (Exception e) when (e is HttpRequestException or IOException)
            {
                cancellation.ThrowIfCancellationRequested();
                Retries++;
                await Task.Delay(RetryAfter, cancellation);
            }
        }
    }

    /// <summary>Sends batch after batch; the last one is finished when it is enough.</summary>
    public async Task SendUntilAsync(CancellationToken enough, int batch = 20)
    {
        while (!enough.IsCancellationRequested)
            await SendAsync(batch, batch, CancellationToken.None);
    }

    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(20);
}
