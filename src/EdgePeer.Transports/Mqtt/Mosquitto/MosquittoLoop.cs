using System.Runtime.InteropServices;
using EdgePeer.Transports.Interop;
using EdgePeer.Transports.Mqtt.Checking;
using EdgePeer.Transports.Mqtt.Connecting;

namespace EdgePeer.Transports.Mqtt.Mosquitto;

/// <summary>
/// Serves a client of the library, and stands between it and the broker: what comes is checked first (decision 0022), what goes is passed on as it is. All on
/// one thread, which waits for the broker by poll(). The library's own loop waits by select(), which takes no descriptor above 1,023: a process with
/// many clients, or many files, has higher ones (decision 0017).
/// </summary>
/// <param name="client">Joined to <paramref name="pair"/>. All are owned by the caller.</param>
internal sealed class MosquittoLoop(nint client, LocalPair pair, IBrokerLink link, PacketCheck check, WakeEvent wake) : IDisposable
{
    private readonly PollDescriptor[] _polls = new PollDescriptor[3];
    private byte[] _held = [];
    private int _heldBytes;

    // Written by the library, and not known to have left.
    private bool _mayHold;

    private bool _cut;

    public nint Client => client;

    /// <summary>What the broker takes at once; from any thread.</summary>
    public uint PacketBytesMax => check.PacketBytesMax;

    /// <summary>Something was given to the library that is to be sent. From any thread.</summary>
    public void Wake() => wake.Set();

    /// <summary>Nothing more is sent, and what comes is not looked at. Called from the library's callbacks.</summary>
    public void CutOff() => _cut = true;

    public bool IsCut => _cut;

    /// <summary>Waits until there is something to read or to write, for half a second at most, and lets the library do it. Its callbacks run within.</summary>
    /// <param name="fault">What was found in what the broker sent; the connection is to be ended.</param>
    /// <exception cref="IOException">The connection has broken; and so <see cref="System.Net.Sockets.SocketException"/>.</exception>
    public MosquittoError Turn(out PacketFault? fault)
    {
        fault = null;
        // CONNECT is there before anybody wakes this.
        var error = Write();
        int library = Libmosquitto.SocketOf(client);
        if (error != MosquittoError.None || library < 0)
            return error == MosquittoError.None ? MosquittoError.NoConnection : error;
        short ready = Wait(library, link.HasMore ? 0 : WaitMs);
        link.OnReady(ready);
        if (_polls[2].Returned != 0)
            error = Read();
        if (error == MosquittoError.None && ((ready & ~PollEvents.Out) != 0 || link.HasMore))
            error = Receive(out fault);
        if (error == MosquittoError.None && fault is null && Libmosquitto.SocketOf(client) >= 0)
            error = (MosquittoError)Libmosquitto.KeepAlive(client);
        return error == MosquittoError.None && fault is null ? Write() : error;
    }

    /// <summary>Lets what the library has written last leave.</summary>
    /// <param name="goOn">Asked from time to time.</param>
    public void Finish(Func<bool> goOn)
    {
        if (_cut)
            return;
        Drain();
        while (link.HasUnsent && goOn())
        {
            link.OnReady(Wait(-1, WaitMs));
            Drain();
        }
    }

    public void Dispose() => Release();

    private short Wait(int library, int waitMs)
    {
        _polls[0] = new PollDescriptor { Descriptor = link.Descriptor, Events = link.HasUnsent ? (short)(PollEvents.In | PollEvents.Out) : PollEvents.In };
        _polls[1] = new PollDescriptor { Descriptor = wake.Descriptor, Events = PollEvents.In };
        _polls[2] = new PollDescriptor { Descriptor = library, Events = PollEvents.In };
        // Fails only when a signal interrupts it, and then nothing is marked as ready.
        if (Libc.Poll(_polls, 3, waitMs) > 0 && _polls[1].Returned != 0)
            wake.Clear();
        return _polls[0].Returned;
    }

    private MosquittoError Receive(out PacketFault? fault)
    {
        fault = null;
        MosquittoError error;
        do
        {
            MakeRoom();
            int received = link.Receive(_held.AsMemory(_heldBytes));
            _heldBytes += Math.Max(0, received);
            error = received switch
            {
                0 => MosquittoError.ConnectionLost,
                IBrokerLink.NothingNow => MosquittoError.None,
                _ => Pass(out fault),
            };
        }
        while (error == MosquittoError.None && fault is null && link.HasMore);
        if (_heldBytes == 0)
            Release();
        return error;
    }

    /// <summary>Gives the library what has been found good, and keeps the rest.</summary>
    private MosquittoError Pass(out PacketFault? fault)
    {
        int from = 0, passed;
        var error = MosquittoError.None;
        do
        {
            passed = check.Pass(_held.AsSpan(from, _heldBytes - from), out fault);
            error = Give(_held.AsSpan(from, passed));
            from += passed;
        }
        while (passed > 0 && fault is null && error == MosquittoError.None && from < _heldBytes);
        _held.AsSpan(from, _heldBytes - from).CopyTo(_held);
        _heldBytes -= from;
        return error;
    }

    private MosquittoError Give(ReadOnlySpan<byte> bytes)
    {
        var error = MosquittoError.None;
        while (!bytes.IsEmpty && error == MosquittoError.None)
        {
            bytes = bytes[pair.Write(bytes)..];
            error = Read();
        }
        return error;
    }

    /// <summary>Lets the library read until it finds nothing more. Where that is not noticed, the next wait ends at once.</summary>
    private MosquittoError Read()
    {
        while (true)
        {
            var error = (MosquittoError)Libmosquitto.Read(client, 1);
            int errno = Marshal.GetLastPInvokeError();
            if (_cut)
                return MosquittoError.ConnectionLost;
            if (error != MosquittoError.None || Libmosquitto.SocketOf(client) < 0)
                return error;
            // An acknowledgement of what is durable here does not wait for what comes behind it.
            error = Write();
            if (error != MosquittoError.None || errno == Errno.TryAgain || Libmosquitto.SocketOf(client) < 0)
                return error;
        }
    }

    private MosquittoError Write()
    {
        Drain();
        var error = MosquittoError.None;
        while (error == MosquittoError.None && !link.HasUnsent && Libmosquitto.WantsWrite(client) && Libmosquitto.SocketOf(client) >= 0)
        {
            error = (MosquittoError)Libmosquitto.Write(client, 1);
            _mayHold = true;
            Drain();
        }
        return error;
    }

    /// <summary>Passes on what the library has written, while the broker takes it.</summary>
    private void Drain()
    {
        if (!_mayHold || link.HasUnsent)
            return;
        byte[] buffer = BrokerBuffers.Pool.Rent(ChunkBytes);
        try
        {
            int read;
            do
            {
                read = pair.Read(buffer);
                link.Send(buffer.AsMemory(0, read));
            }
            while (read == buffer.Length && !link.HasUnsent);
            _mayHold = read == buffer.Length;
        }
        finally
        {
            BrokerBuffers.Pool.Return(buffer);
        }
    }

    private void MakeRoom()
    {
        if (_held.Length - _heldBytes >= ChunkBytes / 2)
            return;
        byte[] larger = BrokerBuffers.Pool.Rent(Math.Max(ChunkBytes, 2 * _heldBytes));
        _held.AsSpan(0, _heldBytes).CopyTo(larger);
        int bytes = _heldBytes;
        Release();
        (_held, _heldBytes) = (larger, bytes);
    }

    private void Release()
    {
        if (_held.Length > 0)
            BrokerBuffers.Pool.Return(_held);
        (_held, _heldBytes) = ([], 0);
    }

    private const int WaitMs = 500;
    private const int ChunkBytes = 16 << 10;
}
