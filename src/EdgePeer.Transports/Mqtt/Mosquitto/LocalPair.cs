using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using EdgePeer.Transports.Interop;
using Microsoft.Win32.SafeHandles;

namespace EdgePeer.Transports.Mqtt.Mosquitto;

/// <summary>
/// Joins the library to this process in place of a broker. The library has no way to be given a connection, only to make one: so it begins one to a port
/// of the loopback interface at which nobody listens or can, and gets one end of a socket pair under the number that it holds then. Nobody else can be
/// at either end, and nothing lies in a directory.
/// </summary>
internal sealed class LocalPair : IDisposable
{
    private readonly SafeFileHandle _ours;
    private SafeFileHandle? _theirs;

    /// <exception cref="IOException">There are no descriptors left.</exception>
    public LocalPair()
    {
        Span<int> pair = stackalloc int[2];
        if (Libc.SocketPair(SocketKinds.LocalFamily, SocketKinds.Stream | SocketKinds.NonBlocking | SocketKinds.CloseOnExec, 0, pair) != 0)
            throw new IOException($"cannot make a socket pair: {Libc.Describe(Marshal.GetLastPInvokeError())}");
        (_ours, _theirs) = (Libc.Own(pair[0]), Libc.Own(pair[1]));
        // What waits between library and kernel can no longer be overtaken by something urgent.
        _ = Libc.SetSocketOption(pair[1], SocketOptions.LevelSocket, SocketOptions.SendBuffer, SendBufferBytes, sizeof(int));
    }

    /// <summary>Lets the library connect to here; its CONNECT waits to be written then.</summary>
    /// <returns>What is wrong; null for nothing.</returns>
    public string? Join(nint client)
    {
        using var nobody = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            nobody.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        }
        catch (SocketException fault)
        {
            return $"the loopback interface is not there: {fault.Message}";
        }
        int error = Libmosquitto.ConnectAsync(client, "127.0.0.1", ((IPEndPoint)nobody.LocalEndPoint!).Port, (int)Limits.KeepAlive.TotalSeconds);
        if (error != 0)
            return error == (int)MosquittoError.Errno ? Libc.Describe(Marshal.GetLastPInvokeError()) : Libmosquitto.Describe(error);
        if (Libc.Duplicate(_theirs!, Libmosquitto.SocketOf(client), SocketKinds.CloseOnExec) < 0)
            return Libc.Describe(Marshal.GetLastPInvokeError());
        _theirs!.Dispose();
        _theirs = null;
        return null;
    }

    /// <returns>How many bytes the library has been given; it takes more when it has read.</returns>
    public int Write(ReadOnlySpan<byte> bytes) => (int)Math.Max(0, Libc.Write(_ours, bytes, (nuint)bytes.Length));

    /// <returns>0 when there is nothing, and when the library has ended.</returns>
    public int Read(Span<byte> into) => (int)Math.Max(0, Libc.Read(_ours, into, (nuint)into.Length));

    public void Dispose()
    {
        _ours.Dispose();
        _theirs?.Dispose();
    }

    private const int SendBufferBytes = 16 << 10;
}
