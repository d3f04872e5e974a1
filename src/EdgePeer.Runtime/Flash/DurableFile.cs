using System.Runtime.Versioning;

namespace EdgePeer.Runtime.Flash;

/// <summary>Small files that a power cut leaves whole: as they were or as they became.</summary>
[SupportedOSPlatform("linux")]
public static class DurableFile
{
    /// <summary>Writes a file that is not there yet, and returns when it is on flash.</summary>
    /// <param name="mode">From its first moment; the umask takes from it.</param>
    /// <exception cref="IOException">There is one, or it cannot be written.</exception>
    public static void Create(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode)
    {
        Write(path, bytes, mode);
        SyncDirectoryOf(path);
    }

    /// <summary>Puts a new file in the place of an old one, or of none, and returns when it is on flash.</summary>
    /// <exception cref="IOException">It cannot be written; the old one is as it was.</exception>
    public static void Replace(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode)
    {
        string unfinished = path + UnfinishedEnding;
        // A power cut may have left one.
        File.Delete(unfinished);
        Write(unfinished, bytes, mode);
        File.Move(unfinished, path, overwrite: true);
        SyncDirectoryOf(path);
    }

    private static void Write(string path, ReadOnlySpan<byte> bytes, UnixFileMode mode)
    {
        using var stream = new FileStream(path, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = mode, BufferSize = 0 });
        try
        {
            stream.Write(bytes);
            stream.Flush(flushToDisk: true);
        }
        catch (IOException)
        {
            // Half a file would be in the way of the next attempt.
            File.Delete(path);
            throw;
        }
    }

    private static void SyncDirectoryOf(string path)
    {
        using var directory = LibC.OpenDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        LibC.SyncAll(directory);
    }

    private const string UnfinishedEnding = ".new";
}
