using System.Runtime.InteropServices;
using EdgePeer.Transports.Interop;

namespace EdgePeer.Transports.Mqtt.Mosquitto;

/// <summary>
/// Serves a client of the library, and waits for its socket. The library's own loop waits by select(), which takes no descriptor above 1,023: a process with
/// many clients, or many files, has higher ones. Why it costs a little: decision 0017.
/// </summary>
/// <param name="client">Owned by the caller.</param>
/// <param name="tls">TLS is agreed on before anything else is sent.</param>
internal sealed class MosquittoLoop(nint client, bool tls) : IDisposable
{
    private readonly WakeEvent _wake = new();
    private readonly PollDescriptor[] _polls = new PollDescriptor[2];
    private bool _listened = !tls, _reading, _whole;
    private ulong _receivedWhole;

    public nint Client => client;

    /// <summary>Something was given to the library that is to be sent. From any thread.</summary>
    public void Wake() => _wake.Set();

    /// <summary>Called from the library's callbacks.</summary>
    public void OnPacket() => _whole |= _reading;

    /// <summary>Waits until there is something to read or to write, for half a second at most, and lets the library do it. Its callbacks run within.</summary>
    /// <param name="answered">Whether the broker has answered: TLS, if any, is agreed on.</param>
    /// <param name="errno">Of the call that failed.</param>
    public MosquittoError Turn(bool answered, out int errno)
    {
        errno = 0;
        int socket = Libmosquitto.SocketOf(client);
        if (socket < 0)
            return MosquittoError.NoConnection;
        bool wantsWrite = Libmosquitto.WantsWrite(client), listening = wantsWrite && !_listened;
        _listened |= listening;
        _polls[0] = new PollDescriptor { Descriptor = socket, Events = wantsWrite && !listening ? (short)(PollEvents.In | PollEvents.Out) : PollEvents.In };
        _polls[1] = new PollDescriptor { Descriptor = _wake.Descriptor, Events = PollEvents.In };
        // Fails only when a signal interrupts it, and then nothing is marked as ready.
        if (Libc.Poll(_polls, 2, listening ? ListenMs : WaitMs) > 0 && _polls[1].Returned != 0)
            _wake.Clear();
        int ready = _polls[0].Returned;
        // Until TLS is agreed on, its reading sends too.
        bool read = (ready & ~PollEvents.Out) != 0 || (ready != 0 && !answered);
        var error = read ? Read(socket) : MosquittoError.None;
        if (error == MosquittoError.None && _listened && Libmosquitto.WantsWrite(client))
            error = (MosquittoError)Libmosquitto.Write(client, 1);
        errno = Marshal.GetLastPInvokeError();
        return error == MosquittoError.None && Libmosquitto.SocketOf(client) >= 0 ? (MosquittoError)Libmosquitto.KeepAlive(client) : error;
    }

    public void Dispose() => _wake.Dispose();

    /// <summary>
    /// The library makes room for as much as a packet says that it has, up to 256 MiB, and no option bounds that. Memory is taken as its bytes come: so they are
    /// counted, by the kernel, from one whole packet to the next.
    /// </summary>
    private MosquittoError Read(int socket)
    {
        (_reading, _whole) = (true, false);
        var error = (MosquittoError)Libmosquitto.Read(client, 1);
        _reading = false;
        var info = default(TcpInfo);
        uint infoBytes = TcpInfo.Bytes;
        if (error != MosquittoError.None || Libc.GetSocketOption(socket, SocketOptions.LevelTcp, SocketOptions.TcpInfo, ref info, ref infoBytes) != 0)
            return error;
        if (_whole)
            _receivedWhole = info.BytesReceived;
        return info.BytesReceived > _receivedWhole + Limits.PacketBytesMax ? MosquittoError.PacketTooLong : error;
    }

    private const int WaitMs = 500;

    // A broker that does not take our certificate says so when TLS has been agreed on here already, and what we send it then makes the kernel drop its word.
    private const int ListenMs = 50;
}
