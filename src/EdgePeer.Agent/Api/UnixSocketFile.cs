using System.Net.Sockets;
using System.Text;

namespace EdgePeer.Agent.Api;

/// <summary>Another agent answers on the socket.</summary>
internal sealed class SocketBusyException(string message) : Exception(message);

/// <summary>The file that a Unix socket leaves behind when its agent is killed.</summary>
internal static class UnixSocketFile
{
    /// <summary>Removes the file when it is a socket on which nobody answers.</summary>
    /// <exception cref="SocketBusyException">Somebody does.</exception>
    /// <exception cref="IOException">Something else is there, or the path is too long or its directory missing.</exception>
    public static async Task ClearStaleAsync(string path)
    {
        if (Encoding.UTF8.GetByteCount(path) > Limits.SocketPathBytesMax)
            throw new IOException($"{path} is longer than the {Limits.SocketPathBytesMax} bytes of a Unix socket's path; choose a shorter one with --socket");
        string? directory = Path.GetDirectoryName(path);
        if (!Directory.Exists(directory))
            throw new IOException($"{directory} is not there, for the socket {path}; make it, or choose another place with --socket");
        if (!File.Exists(path))
            return;
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path));
        }
        catch (SocketException fault) when (fault.SocketErrorCode == SocketError.ConnectionRefused)
        {
            // Connecting to a plain file is refused just so: only a socket, which holds nothing, may be removed.
            if (new FileInfo(path).Length > 0)
                throw new IOException($"{path} is a file and not a socket; choose another place with --socket", fault);
            File.Delete(path);
            return;
        }
        throw new SocketBusyException($"another agent answers on {path}; stop it, or choose another place with --socket");
    }
}
