using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;

namespace EdgePeer.SystemTests.Support;

/// <summary>Someone on a loopback port who takes each connection and does as told with it.</summary>
internal sealed class FakeListener : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    // Who waits for nothing is collected with its connection, unless somebody holds it.
    private readonly ConcurrentBag<Task> _serving = [];
    private int _accepted;

    public FakeListener(Func<Socket, Task> serve)
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync(serve);
    }

    public int Port { get; }

    public int Accepted => Volatile.Read(ref _accepted);

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync(Func<Socket, Task> serve)
    {
        try
        {
            while (true)
            {
                var socket = await _listener.AcceptSocketAsync().ConfigureAwait(false);
                Interlocked.Increment(ref _accepted);
                _serving.Add(ServeAsync(serve, socket));
            }
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private static async Task ServeAsync(Func<Socket, Task> serve, Socket socket)
    {
        try
        {
            await serve(socket).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException)
        {
            // The other side has had enough of it.
        }
        finally
        {
            socket.Dispose();
        }
    }
}
