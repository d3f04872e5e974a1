using System.Net.Sockets;
using System.Runtime.InteropServices;
using EdgePeer.Agent.Configuration;
using Microsoft.Win32.SafeHandles;

namespace EdgePeer.Agent.Api;

/// <summary>Makes the socket's file with the permissions that it is to have: at no moment may more users open it than in the end.</summary>
internal static partial class SocketPermissions
{
    /// <exception cref="IOException">There is no such group, or the agent may not give the file to it.</exception>
    public static Socket Bind(UnixDomainSocketEndPoint endpoint, string path, ApiConfiguration api)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            // Linux makes the file with the mode of the socket, less the umask: for its owner alone until the group is right.
            using (var handle = new SafeFileHandle(socket.Handle, ownsHandle: false))
                File.SetUnixFileMode(handle, api.Mode & OwnerBits);
            socket.Bind(endpoint);
            if (api.Group is { } group)
                GiveTo(path, group);
            File.SetUnixFileMode(path, api.Mode);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static void GiveTo(string path, string group)
    {
        if (ChangeOwner(path, Unchanged, IdOf(group)) != 0)
            throw new IOException($"{path} cannot be given to group \"{group}\" ({Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}); put the agent's user into it, as SupplementaryGroups of the unit does");
    }

    private static uint IdOf(string group)
    {
        nint entry = FindGroup(group);
        if (entry == 0)
            throw new IOException($"there is no group \"{group}\", which \"api\" names; `groupadd --system {group}` makes it");
        return (uint)Marshal.ReadInt32(entry, GroupIdWords * nint.Size);
    }

    /// <summary>Pointers that stand before the id in <c>struct group</c>.</summary>
    public const int GroupIdWords = 2;

    private const UnixFileMode OwnerBits = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const uint Unchanged = uint.MaxValue;

    [LibraryImport("libc", EntryPoint = "chown", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int ChangeOwner(string path, uint user, uint group);

    // Its answer lies in memory of the library's own, until the next call: this one is made once, at the start.
    [LibraryImport("libc", EntryPoint = "getgrnam", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint FindGroup(string name);
}
