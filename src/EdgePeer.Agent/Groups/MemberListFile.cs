using System.Diagnostics.CodeAnalysis;
using EdgePeer.Protocol.Groups;

namespace EdgePeer.Agent.Groups;

/// <summary>The bytes of a member list, which anyone may read: nothing in it is secret, and nobody but the authority can change it.</summary>
internal static class MemberListFile
{
    public const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    /// <param name="fault">Of the file as a whole, as the end of a sentence that names it.</param>
    public static bool TryReadBytes(string path, [NotNullWhen(true)] out byte[]? bytes, out TextFault fault)
    {
        (bytes, fault) = (null, default);
        try
        {
            using var stream = File.OpenRead(path);
            byte[] buffer = new byte[Protocol.Limits.MemberListBytesMax + 1];
            // A byte more than there may be: the reader of lists says that it is too long.
            bytes = buffer[..stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)];
        }
        catch (Exception problem) when (problem is FileNotFoundException or DirectoryNotFoundException)
        {
            fault = new TextFault(0, "is not there", "copy the newest list from another member, or write one with `edgepeer group members add`");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            fault = new TextFault(0, $"cannot be read ({problem.Message.TrimEnd('.')})", "look at its permissions");
        }
        return bytes is not null;
    }
}
