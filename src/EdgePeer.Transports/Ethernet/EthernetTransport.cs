using System.Net;
using System.Net.Sockets;
using EdgePeer.Transports.Interop;
using EdgePeer.Wire;

namespace EdgePeer.Transports.Ethernet;

/// <summary>
/// UDP as a transport: ETHERNET.md. One thread receives on all sockets and looks at the interfaces every few seconds; frames
/// are sent by the caller's thread.
/// </summary>
public sealed class EthernetTransport : ITransport
{
    private readonly EthernetOptions _options;
    private readonly WakeEvent _wake = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Held while sockets are used for sending, opened or closed.</summary>
    private readonly Lock _lock = new();

    private readonly SocketSet _sockets;
    private readonly MonotonicClock _clock;
    private readonly byte[] _datagram = new byte[Limits.DatagramBytesMax + 1];
    private ITransportSink? _sink;
    private volatile bool _stopping, _up;
    private int _sentSinceRoom;

    /// <exception cref="ArgumentException">The options can't be used.</exception>
    public EthernetTransport(EthernetOptions options, TimeProvider? time = null)
    {
        options.Check();
        _options = options;
        _clock = new MonotonicClock(time ?? TimeProvider.System);
        _sockets = new SocketSet(options);
    }

    public string Name => _options.Name;

    public string Type => "ethernet";

    public TransportCounters Counters { get; } = new();

    /// <summary>Where the transport listens now, with the ports that the system chose.</summary>
    public IReadOnlyList<IPEndPoint> LocalEndPoints
    {
        get
        {
            lock (_lock)
                return [.. _sockets.Data.Select(socket => socket.Local)];
        }
    }

    public void Start(ITransportSink sink)
    {
        _sink = sink;
        new Thread(() => Run(sink)) { IsBackground = true, Name = $"ethernet {Name}" }.Start();
    }

    public void Send(in LinkAddress to, ReadOnlySpan<byte> frame, bool more)
    {
        if (_stopping || _sink is not { } sink)
            return;
        if (!_up || frame.Length > Limits.DatagramBytesMax || !TrySend(sink, to, frame))
            Counters.CountDropped();
        if (++_sentSinceRoom < Limits.RoomFrames / 2)
            return;
        _sentSinceRoom = 0;
        sink.Room(this, Limits.RoomFrames);
    }

    /// <summary>Does nothing: IP's addresses are not chosen by the node.</summary>
    public void UseAddress(in LinkAddress address)
    {
    }

    public async ValueTask DisposeAsync()
    {
        if (_stopping)
            return;
        _stopping = true;
        _wake.Set();
        if (_sink is not null)
            await _ended.Task.ConfigureAwait(false);
        lock (_lock)
            _sockets.Dispose();
        _wake.Dispose();
    }

    private bool TrySend(ITransportSink sink, in LinkAddress to, ReadOnlySpan<byte> frame)
    {
        lock (_lock)
        {
            if (to.IsBroadcast)
                return _sockets.TrySendToGroups(frame, Counters);
            if (_sockets.For(to) is not { } socket)
                return false;
            try
            {
                socket.Send(to, frame);
                Counters.CountSent(frame.Length + socket.HeaderBytes);
                return true;
            }
            catch (SocketException e)
            {
                // No route, no buffer, a firewall: a lost datagram like any other. Only a path that is too narrow is worth knowing.
                if (e.SocketErrorCode == SocketError.MessageSize && PathMtuProbe.FrameBytesMax(to) is { } frameBytesMax)
                    sink.PathMtu(this, to, frameBytesMax);
                return false;
            }
        }
    }

    private void Run(ITransportSink sink)
    {
        try
        {
            string said = "";
            while (!_stopping)
            {
                LookAround(sink, ref said);
                Receive(sink, _clock.Now + Limits.LookEvery);
            }
        }
        finally
        {
            _ended.TrySetResult();
        }
    }

    private void LookAround(ITransportSink sink, ref string said)
    {
        string trouble;
        TransportTraits? traits;
        // Outside the lock: it takes milliseconds, and the node's loop may want to send.
        var network = LocalNetwork.Look();
        lock (_lock)
            traits = _sockets.Follow(network, out trouble);
        bool wasUp = _up;
        _up = traits is not null;
        if (traits is not null && !wasUp)
        {
            sink.Up(this, traits);
            sink.Room(this, Limits.RoomFrames);
        }
        if (traits is null && (wasUp || trouble != said))
            sink.Down(this, trouble);
        else if (traits is not null && trouble != "" && trouble != said)
            sink.Warn(this, trouble);
        said = trouble;
    }

    private void Receive(ITransportSink sink, Instant until)
    {
        var sockets = _sockets.All.ToArray();
        var from = Array.ConvertAll(sockets, socket => new SocketAddress(socket.AddressFamily));
        var polls = new PollDescriptor[sockets.Length + 1];
        while (!_stopping)
        {
            int waitMs = (int)(until - _clock.Now).TotalMilliseconds;
            if (waitMs <= 0)
                return;
            polls[^1] = new PollDescriptor { Descriptor = _wake.Descriptor, Events = PollEvents.In };
            for (int i = 0; i < sockets.Length; i++)
                polls[i] = new PollDescriptor { Descriptor = (int)sockets[i].Handle, Events = PollEvents.In };
            // Fails only when a signal interrupts it, and then nothing is marked as ready.
            if (Libc.Poll(polls, (nuint)polls.Length, waitMs) <= 0)
                continue;
            if (polls[^1].Returned != 0)
                _wake.Clear();
            for (int i = 0; i < sockets.Length; i++)
                if (polls[i].Returned != 0)
                    ReceiveFrom(sockets[i], from[i], sink);
        }
    }

    private void ReceiveFrom(Socket socket, SocketAddress from, ITransportSink sink)
    {
        for (int i = 0; i < Limits.ReceivesInARow; i++)
        {
            int length;
            try
            {
                length = socket.ReceiveFrom(_datagram, SocketFlags.None, from);
            }
            catch (SocketException)
            {
                return; // A datagram with a wrong checksum woke us, or the network's answer to something sent: nothing to read.
            }
            var sender = IpLinkAddress.Of(from);
            if (length is 0 or > Limits.DatagramBytesMax)
                Counters.CountDropped();
            else if (!_sockets.IsOwn(sender))
            {
                Counters.CountReceived(length + (from.Family == AddressFamily.InterNetwork ? Limits.Ipv4HeaderBytes : Limits.Ipv6HeaderBytes));
                sink.Received(this, sender, _datagram.AsSpan(0, length));
            }
            if (socket.Available == 0)
                return;
        }
    }
}
