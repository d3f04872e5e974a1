using System.Net;
using System.Net.Sockets;

namespace EdgePeer.Agent.Demo.Rig;

/// <summary>
/// The Ethernet between the peers: each finds each other at an address of this relay, which passes datagrams on until it is cut.
/// All of it is on the loopback interface.
/// </summary>
internal sealed class EmulatedCable : IAsyncDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly IPEndPoint[] _peers;
    private readonly Socket?[,] _sockets;
    private readonly List<Task> _pumps = [];
    private volatile bool _cut;

    public EmulatedCable(int peers)
    {
        _peers = [.. Enumerable.Range(0, peers).Select(_ => FreeEndPoint())];
        _sockets = new Socket?[peers, peers];
        for (int peer = 0; peer < peers; peer++)
            for (int other = 0; other < peers; other++)
                if (peer != other)
                    _sockets[peer, other] = Bound();
        for (int peer = 0; peer < peers; peer++)
            for (int other = 0; other < peers; other++)
                if (peer != other)
                    _pumps.Add(PumpAsync(_sockets[peer, other]!, _sockets[other, peer]!, _peers[other]));
    }

    public bool Cut
    {
        get => _cut;
        set => _cut = value;
    }

    /// <summary>Where the peer listens.</summary>
    public IPEndPoint Listen(int peer) => _peers[peer];

    /// <summary>Where the peer finds the other.</summary>
    public IPEndPoint Seed(int peer, int other) => (IPEndPoint)_sockets[peer, other]!.LocalEndPoint!;

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await Task.WhenAll(_pumps);
        foreach (var socket in _sockets)
            socket?.Dispose();
        _stopping.Dispose();
    }

    // A datagram leaves from the address at which the receiver finds its sender.
    private async Task PumpAsync(Socket from, Socket leaveBy, IPEndPoint to)
    {
        byte[] datagram = GC.AllocateUninitializedArray<byte>(DatagramBytesMax);
        var anyone = new IPEndPoint(IPAddress.Any, 0);
        try
        {
            while (true)
            {
                var received = await from.ReceiveFromAsync(datagram, SocketFlags.None, anyone, _stopping.Token);
                if (!_cut)
                    await leaveBy.SendToAsync(datagram.AsMemory(0, received.ReceivedBytes), SocketFlags.None, to, _stopping.Token);
            }
        }
        catch (OperationCanceledException)
        {
            // The demo is over; nothing is left to carry.
        }
    }

    // The port is free again when the peer takes it a moment later; the kernel hands ports out at random, so that nobody else is likely to have it by then.
    private static IPEndPoint FreeEndPoint()
    {
        using var socket = Bound();
        return (IPEndPoint)socket.LocalEndPoint!;
    }

    private static Socket Bound()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return socket;
    }

    private const int DatagramBytesMax = 65_536;
}
