using Microsoft.Win32.SafeHandles;

namespace EdgePeer.Runtime.Flash;

/// <summary>
/// Blocks of the file system that the journal's segments to come have for themselves, as one file of that length. A journal that finds no room for a segment cannot
/// free one either, and would stand still for good: decision 0019.
/// </summary>
internal sealed class SpaceReserve : IDisposable
{
    private readonly SafeFileHandle _file;

    private SpaceReserve(SafeFileHandle file) => _file = file;

    public long Bytes => RandomAccess.GetLength(_file);

    /// <summary>Sets so much aside, or what the file system has.</summary>
    /// <param name="freeBytes">What the file system says that it has; 0 where it does not say.</param>
    /// <returns>Null where it cannot set anything aside.</returns>
    /// <exception cref="IOException">The file cannot be made.</exception>
    public static SpaceReserve? Take(string path, long wantedBytes, long freeBytes)
    {
        var reserve = new SpaceReserve(File.OpenHandle(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete));
        // Less each time: what is free is not all for files.
        for (long wanted = freeBytes > 0 ? long.Min(wantedBytes, reserve.Bytes + freeBytes) : wantedBytes; wanted > 0; wanted -= (wanted / 16) + (64 << 10))
            try
            {
                RandomAccess.SetLength(reserve._file, long.Min(reserve.Bytes, wanted));
                if (wanted == reserve.Bytes || LibC.TryAllocate(reserve._file, reserve.Bytes, wanted - reserve.Bytes))
                    return reserve;
                reserve.Dispose();
                File.Delete(path);
                return null;
            }
            catch (IOException fault) when (fault.HResult is LibC.NoSpace or LibC.QuotaExceeded)
            {
                // What was set aside before the end stays, and is cut off by the next try.
            }
        RandomAccess.SetLength(reserve._file, 0);
        return reserve;
    }

    /// <summary>A segment takes its blocks out of it.</summary>
    public void Give(long bytes) => RandomAccess.SetLength(_file, long.Max(0, Bytes - bytes));

    /// <summary>A segment has gone; others may have been quicker to take its blocks.</summary>
    public void TakeBack(long bytes)
    {
        try
        {
            if (bytes > 0)
                LibC.TryAllocate(_file, Bytes, bytes);
        }
        catch (IOException)
        {
            // The segment that takes its place may find no room: the batch says so.
        }
    }

    public void Dispose() => _file.Dispose();
}
