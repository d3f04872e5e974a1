using System.Security.Cryptography;
using EdgePeer.Runtime;
using EdgePeer.Wire;

namespace EdgePeer.Benchmarks.Mqtt;

/// <summary>Sends as many programs do that post at once, or one that posts batches.</summary>
internal static class Posting
{
    /// <summary>Over when all are durable.</summary>
    public static async Task SendAsync(PeerHost host, PipeName pipe, int messages)
    {
        byte[] payload = RandomNumberGenerator.GetBytes(MqttRivals.MessageBytes);
        using var waiting = new SemaphoreSlim(WaitingMax);
        for (int i = 0; i < messages; i++)
        {
            await waiting.WaitAsync().ConfigureAwait(false);
            _ = host.SendAsync(pipe, payload, new SendOptions()).ContinueWith(_ => waiting.Release(), TaskScheduler.Default);
        }
        for (int i = 0; i < WaitingMax; i++)
            await waiting.WaitAsync().ConfigureAwait(false);
    }

    private const int WaitingMax = 1_000;
}
