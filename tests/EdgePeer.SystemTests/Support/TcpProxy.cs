using System.Net;
using System.Net.Sockets;

namespace EdgePeer.SystemTests.Support;

/// <summary>A way to a port of this machine that can be shut, and be slow; of several ports to the first that answers, as to a cluster.</summary>
internal sealed class TcpProxy : IAsyncDisposable
{
    private readonly int[] _targets;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly Lock _lock = new();
    private readonly List<TcpClient> _open = [];
    private readonly Task _accepting;
    private volatile bool _shut;

    public TcpProxy(params int[] targets)
    {
        _targets = targets;
        _listener.Start();
        _accepting = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>In each direction of each connection; 0 for as fast as it goes.</summary>
    public volatile int BytesPerSecond;

    /// <summary>Breaks all connections, and lets none through until it is opened.</summary>
    public void Shut()
    {
        _shut = true;
        lock (_lock)
        {
            foreach (var client in _open)
                client.Dispose();
            _open.Clear();
        }
    }

    public void Open() => _shut = false;

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        Shut();
        await _accepting;
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = CarryAsync(await _listener.AcceptTcpClientAsync(_end.Token));
        }
        catch (OperationCanceledException)
        {
            // The end.
        }
    }

    private async Task CarryAsync(TcpClient from)
    {
        using var to = new TcpClient();
        using (from)
        {
            try
            {
                await ConnectAsync(to);
                from.NoDelay = to.NoDelay = true;
                lock (_lock)
                {
                    if (_shut)
                        return;
                    _open.AddRange([from, to]);
                }
                await Task.WhenAny(CarryAsync(from.GetStream(), to.GetStream()), CarryAsync(to.GetStream(), from.GetStream()));
            }
            catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
            {
                // Either side has gone, and so goes the other.
            }
        }
    }

    private async Task ConnectAsync(TcpClient to)
    {
        foreach (int target in _targets[..^1])
            try
            {
                await to.ConnectAsync(IPAddress.Loopback, target, _end.Token);
                return;
            }
            catch (SocketException)
            {
                // The next.
            }
        await to.ConnectAsync(IPAddress.Loopback, _targets[^1], _end.Token);
    }

    private async Task CarryAsync(NetworkStream from, NetworkStream to)
    {
        try
        {
            byte[] buffer = new byte[4_096];
            while (await from.ReadAsync(buffer, _end.Token) is var read and > 0)
            {
                if (BytesPerSecond is var rate and > 0)
                    await Task.Delay(TimeSpan.FromSeconds((double)read / rate), _end.Token);
                await to.WriteAsync(buffer.AsMemory(0, read), _end.Token);
            }
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // Either side has gone.
        }
    }
}
