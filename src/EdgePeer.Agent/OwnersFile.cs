using System.Diagnostics.CodeAnalysis;
using System.Text;
using EdgePeer.Protocol.Groups;

namespace EdgePeer.Agent;

/// <summary>Files with secrets in them: their owner's alone, or refused.</summary>
internal static class OwnersFile
{
    public const UnixFileMode Mode = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <param name="fault">Of the file as a whole, as the end of a sentence that names it.</param>
    public static bool TryReadText(string path, [NotNullWhen(true)] out string? text, out TextFault fault)
    {
        (text, fault) = (null, default);
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read);
            // Of the file that was opened, whatever has the name by now.
            if ((File.GetUnixFileMode(stream.SafeFileHandle) & ~Mode) is not 0)
                fault = new TextFault(0, "can be read by others", $"`chmod 600 {path}`, and make a new one if they may have done so");
            else if (ReadAll(stream) is { } read)
                text = read;
            else
                fault = new TextFault(0, $"is longer than {Limits.OwnersFileBytesMax} bytes", "name the right file");
        }
        catch (Exception problem) when (problem is FileNotFoundException or DirectoryNotFoundException)
        {
            fault = new TextFault(0, "is not there", "copy or make it, for its owner alone");
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            fault = new TextFault(0, $"cannot be read ({problem.Message.TrimEnd('.')})", "run as the user who owns it");
        }
        return text is not null;
    }

    // A pipe has no length to ask for.
    private static string? ReadAll(FileStream stream)
    {
        byte[] bytes = new byte[Limits.OwnersFileBytesMax + 1];
        int length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        return length < bytes.Length ? Encoding.UTF8.GetString(bytes, 0, length) : null;
    }
}
