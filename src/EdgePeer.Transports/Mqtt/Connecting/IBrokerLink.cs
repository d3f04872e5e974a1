namespace EdgePeer.Transports.Mqtt.Connecting;

/// <summary>A connection to a broker, plain or by TLS, of one thread that waits for it by poll(). No call waits. A connection that breaks is a <see cref="System.Net.Sockets.SocketException"/> or an <see cref="IOException"/>.</summary>
internal interface IBrokerLink : IDisposable
{
    /// <summary>For poll.</summary>
    int Descriptor { get; }

    /// <summary>Something that was sent is not yet with the kernel: it waits for <see cref="Interop.PollEvents.Out"/>.</summary>
    bool HasUnsent { get; }

    /// <summary>There may be something to receive of which poll does not tell.</summary>
    bool HasMore { get; }

    /// <param name="events">What poll has said.</param>
    void OnReady(short events);

    /// <returns>How many bytes; 0 when the other side has ended the connection; <see cref="NothingNow"/>.</returns>
    int Receive(Memory<byte> into);

    /// <summary>Takes all of it.</summary>
    void Send(ReadOnlyMemory<byte> bytes);

    const int NothingNow = -1;
}
