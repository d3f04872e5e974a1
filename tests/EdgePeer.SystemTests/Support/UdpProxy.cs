using System.Net;
using System.Net.Sockets;

namespace EdgePeer.SystemTests.Support;

/// <summary>
/// A cable between two peers on loopback, each of which sees the other at one of its two ends. It can lose datagrams, be cut,
/// be listened to, and carry what neither has sent.
/// </summary>
internal sealed class UdpProxy : IAsyncDisposable
{
    private readonly Side _a, _b;
    private readonly double _loss;
    private readonly int _bytesPerSecond;
    private readonly Random _random;
    private readonly Lock _lock = new();
    private readonly CancellationTokenSource _end = new();
    private readonly Task _carrying;

    /// <param name="portA">Where the peer listens that is to use <see cref="PortForA"/>.</param>
    /// <param name="bytesPerSecond">In each direction; 0 for as fast as it goes.</param>
    public UdpProxy(int portA, int portB, double loss = 0, int bytesPerSecond = 0)
    {
        _loss = loss;
        _bytesPerSecond = bytesPerSecond;
        _random = new Random(1);
        _a = new Side(portA);
        _b = new Side(portB);
        _carrying = Task.WhenAll(CarryAsync(_a, _b), CarryAsync(_b, _a));
    }

    /// <summary>The seed of A: where it sees B.</summary>
    public int PortForA => _a.Port;

    public int PortForB => _b.Port;

    public volatile bool Cut;

    public long BytesFromA => _a.Bytes;

    public long BytesFromB => _b.Bytes;

    public long Lost { get; private set; }

    /// <summary>Called with each datagram that is carried, on a thread of the pool.</summary>
    public Action<ReadOnlyMemory<byte>>? Tap { get; set; }

    /// <summary>Sends to A or B what seems to come from the other.</summary>
    public void Inject(bool toA, ReadOnlySpan<byte> datagram) => (toA ? _a : _b).Send(datagram);

    /// <summary>A port of loopback that nobody has now.</summary>
    public static int FreePort()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _carrying;
        _a.Dispose();
        _b.Dispose();
        _end.Dispose();
    }

    private async Task CarryAsync(Side from, Side to)
    {
        byte[] buffer = new byte[DatagramBytesMax];
        while (!_end.IsCancellationRequested)
        {
            int length;
            try
            {
                length = (await from.Socket.ReceiveFromAsync(buffer, SocketFlags.None, AnyAddress, _end.Token)).ReceivedBytes;
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionRefused)
            {
                // What was sent before found nobody: the peer is down.
                continue;
            }
            from.Bytes += length;
            await from.PaceAsync(length, _bytesPerSecond);
            Tap?.Invoke(buffer.AsMemory(0, length));
            if (!Cut && !Loses())
                to.Send(buffer.AsSpan(0, length));
        }
    }

    private bool Loses()
    {
        if (_loss == 0)
            return false;
        lock (_lock)
        {
            bool lost = _random.NextDouble() < _loss;
            Lost += lost ? 1 : 0;
            return lost;
        }
    }

    private sealed class Side : IDisposable
    {
        private readonly IPEndPoint _peer;
        private readonly System.Diagnostics.Stopwatch _clock = System.Diagnostics.Stopwatch.StartNew();
        private TimeSpan _freeAt;
        private long _bytes;

        public Side(int peerPort)
        {
            _peer = new IPEndPoint(IPAddress.Loopback, peerPort);
            Socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = 4 << 20 };
            Socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        }

        public Socket Socket { get; }

        public int Port => ((IPEndPoint)Socket.LocalEndPoint!).Port;

        public long Bytes
        {
            get => Volatile.Read(ref _bytes);
            set => Volatile.Write(ref _bytes, value);
        }

        /// <summary>Completes when a line of that rate has carried the datagram; the next ones wait in the socket.</summary>
        public async Task PaceAsync(int length, int bytesPerSecond)
        {
            if (bytesPerSecond == 0)
                return;
            var now = _clock.Elapsed;
            _freeAt = (_freeAt > now ? _freeAt : now) + TimeSpan.FromSeconds((double)length / bytesPerSecond);
            await Task.Delay(_freeAt - now).ConfigureAwait(false);
        }

        public void Send(ReadOnlySpan<byte> datagram)
        {
            try
            {
                Socket.SendTo(datagram, _peer);
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.ConnectionReset or SocketError.ConnectionRefused)
            {
                // Nobody listens there now: the datagram is lost, as on a real cable.
                return;
            }
        }

        public void Dispose() => Socket.Dispose();
    }

    private const int DatagramBytesMax = 65_536;
    private static readonly IPEndPoint AnyAddress = new(IPAddress.Any, 0);
}
