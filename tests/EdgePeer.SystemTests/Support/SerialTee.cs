namespace EdgePeer.SystemTests.Support;

/// <summary>A serial line between two ports, and all bytes that went over it, each way.</summary>
internal sealed class SerialTee : IAsyncDisposable
{
    private readonly Pty _a = new(), _b = new();
    private readonly CancellationTokenSource _end = new();
    private readonly MemoryStream _fromA = new(), _fromB = new();
    private Task _carrying = Task.CompletedTask;

    public string PortA => _a.Path;

    public string PortB => _b.Path;

    /// <summary>Begins to carry, once both ports are open: a pty that nobody has opened echoes.</summary>
    public void Start() => _carrying = Task.WhenAll(CarryAsync(_a, _b, _fromA), CarryAsync(_b, _a, _fromB));

    /// <summary>Ends the line.</summary>
    /// <returns>What went over it.</returns>
    public async Task<(byte[] FromA, byte[] FromB)> StopAsync()
    {
        await _end.CancelAsync();
        await _carrying;
        return (_fromA.ToArray(), _fromB.ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _a.Dispose();
        _b.Dispose();
        _end.Dispose();
    }

    private Task CarryAsync(Pty from, Pty to, MemoryStream heard) => Task.Factory.StartNew(
        () =>
        {
            while (!_end.IsCancellationRequested)
            {
                if (!from.WaitForOutput(LookEveryMs))
                    continue;
                byte[] bytes = from.Read();
                heard.Write(bytes);
                to.Write(bytes);
            }
        },
        CancellationToken.None,
        TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    private const int LookEveryMs = 20;
}
