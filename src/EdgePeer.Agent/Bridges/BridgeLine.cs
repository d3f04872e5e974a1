using EdgePeer.Transports.Mqtt;

namespace EdgePeer.Agent.Bridges;

/// <summary>A bridge's own connection to its broker, made again and again on a thread of its own.</summary>
/// <param name="onDown">Told how each connection, or attempt, has ended, before the next begins; on that thread.</param>
internal sealed class BridgeLine(string name, IMqttClient client, IMqttHandler handler, Action<MqttEnd> onDown) : IAsyncDisposable
{
    private readonly Reconnection _reconnection = new(TimeProvider.System, Random.Shared.NextDouble);
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();

    public void Start() => new Thread(Run) { IsBackground = true, Name = $"bridge {name}" }.Start();

    public void OnConnected() => _reconnection.OnConnected();

    /// <summary>Cancelled when the line is to end for good.</summary>
    public CancellationToken Stopping => _stop.Token;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        client.Stop();
        await _ended.Task;
        client.Dispose();
        _stop.Dispose();
    }

    private void Run()
    {
        while (!_stop.IsCancellationRequested)
        {
            var end = client.Run(handler);
            onDown(end);
            if (!_stop.IsCancellationRequested)
                _stop.Token.WaitHandle.WaitOne(_reconnection.Pause(end.Kind));
        }
        _ended.TrySetResult();
    }
}
