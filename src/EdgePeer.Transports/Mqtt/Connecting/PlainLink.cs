using System.Buffers;
using System.Net.Sockets;
using EdgePeer.Transports.Interop;

namespace EdgePeer.Transports.Mqtt.Connecting;

/// <summary>A TCP connection as it is.</summary>
/// <param name="socket">Connected, and not blocking; owned from now on.</param>
internal sealed class PlainLink(Socket socket) : IBrokerLink
{
    private byte[] _unsent = [];
    private int _from, _count;

    public int Descriptor => (int)socket.Handle;

    public bool HasUnsent => _count > 0;

    public bool HasMore => false;

    public void OnReady(short events)
    {
        if ((events & ~PollEvents.In) == 0 || !HasUnsent)
            return;
        int sent = TrySend(_unsent.AsSpan(_from, _count));
        (_from, _count) = (_from + sent, _count - sent);
        if (_count == 0)
            Release();
    }

    public int Receive(Memory<byte> into)
    {
        int received = socket.Receive(into.Span, SocketFlags.None, out var error);
        if (error == SocketError.WouldBlock)
            return IBrokerLink.NothingNow;
        if (error != SocketError.Success)
            throw new SocketException((int)error);
        AcknowledgeAtOnce();
        return received;
    }

    public void Send(ReadOnlyMemory<byte> bytes)
    {
        int sent = HasUnsent ? 0 : TrySend(bytes.Span);
        if (sent < bytes.Length)
            Keep(bytes.Span[sent..]);
    }

    public void Dispose()
    {
        socket.Dispose();
        Release();
    }

    private int TrySend(ReadOnlySpan<byte> bytes)
    {
        int sent = socket.Send(bytes, SocketFlags.None, out var error);
        return error switch
        {
            SocketError.Success => sent,
            SocketError.WouldBlock => 0,
            _ => throw new SocketException((int)error),
        };
    }

    private void Keep(ReadOnlySpan<byte> bytes)
    {
        if (_from + _count + bytes.Length > _unsent.Length)
        {
            byte[] larger = BrokerBuffers.Pool.Rent(_count + bytes.Length);
            _unsent.AsSpan(_from, _count).CopyTo(larger);
            int count = _count;
            Release();
            (_unsent, _count) = (larger, count);
        }
        bytes.CopyTo(_unsent.AsSpan(_from + _count));
        _count += bytes.Length;
    }

    private void Release()
    {
        if (_unsent.Length > 0)
            BrokerBuffers.Pool.Return(_unsent);
        (_unsent, _from, _count) = ([], 0, 0);
    }

    /// <summary>
    /// A broker that leaves TCP its delay, as mosquitto does unless told otherwise, holds a second packet back until the first is acknowledged, which
    /// the kernel here puts off for 40 ms. It forgets the option, so it is said each time.
    /// </summary>
    private void AcknowledgeAtOnce() => _ = Libc.SetSocketOption(Descriptor, SocketOptions.LevelTcp, SocketOptions.TcpQuickAcknowledgement, 1, sizeof(int));
}

/// <summary>What stands between a broker and the library for a moment. .NET's shared pool keeps some for each thread, and a process may have a thousand of these.</summary>
internal static class BrokerBuffers
{
    public static ArrayPool<byte> Pool { get; } = ArrayPool<byte>.Create(BytesMax, ArraysMax);

    private const int BytesMax = 1 << 20;
    private const int ArraysMax = 8;
}
