using EdgePeer.Wire;

namespace EdgePeer.Transports;

/// <summary>
/// One configured network interface of a peer. It has its own thread or callbacks, starts on <see cref="Start"/>, and lives
/// with whatever the world does: a port that goes is "down" until it is "up" again.
/// </summary>
public interface ITransport : IAsyncDisposable
{
    /// <summary>The name in the configuration.</summary>
    string Name { get; }

    /// <summary>The type in the configuration: "ethernet", "serial", "mqtt".</summary>
    string Type { get; }

    TransportCounters Counters { get; }

    /// <summary>Called once. Events go to the sink from the transport's own thread.</summary>
    void Start(ITransportSink sink);

    /// <summary>
    /// Sends one frame; called only by the node's loop and only while the transport has said there is room. The bytes are copied.
    /// </summary>
    /// <param name="more">The node has another frame ready; when false a half-duplex transport yields the line after this one.</param>
    void Send(in LinkAddress to, ReadOnlySpan<byte> frame, bool more);

    /// <summary>The address the node chose for itself, on transports with <see cref="TransportTraits.ChosenAddresses"/>.</summary>
    void UseAddress(in LinkAddress address);
}

/// <summary>Where a transport reports. All calls are thread-safe and return at once.</summary>
public interface ITransportSink
{
    void Up(ITransport transport, TransportTraits traits);

    /// <param name="reason">One line for a person: what, where, the mend.</param>
    void Down(ITransport transport, string reason);

    /// <param name="frame">Lent for the call.</param>
    void Received(ITransport transport, in LinkAddress from, ReadOnlySpan<byte> frame);

    /// <summary>That many frames may be sent now, in place of any number said before.</summary>
    void Room(ITransport transport, int frames);

    void PathMtu(ITransport transport, in LinkAddress to, int frameBytesMax);

    /// <summary>A line for the log.</summary>
    void Warn(ITransport transport, string text);
}

/// <summary>Counted since the start; read from any thread.</summary>
public sealed class TransportCounters
{
    private long _framesSent, _framesReceived, _bytesSent, _bytesReceived, _framesDropped;

    public long FramesSent => Interlocked.Read(ref _framesSent);

    public long FramesReceived => Interlocked.Read(ref _framesReceived);

    public long BytesSent => Interlocked.Read(ref _bytesSent);

    public long BytesReceived => Interlocked.Read(ref _bytesReceived);

    public long FramesDropped => Interlocked.Read(ref _framesDropped);

    /// <param name="bytes">On the wire, framing included.</param>
    public void CountSent(int bytes)
    {
        Interlocked.Increment(ref _framesSent);
        Interlocked.Add(ref _bytesSent, bytes);
    }

    /// <param name="bytes">On the wire, framing included.</param>
    public void CountReceived(int bytes)
    {
        Interlocked.Increment(ref _framesReceived);
        Interlocked.Add(ref _bytesReceived, bytes);
    }

    public void CountDropped() => Interlocked.Increment(ref _framesDropped);
}
