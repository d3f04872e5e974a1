using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EdgePeer.Runtime.Flash;

/// <summary>
/// The calls of the C library that .NET does not offer. Only calls and constants that are the same on ARM and x86: O_DIRECTORY is not, so a
/// directory is opened as what it is.
/// </summary>
internal static partial class LibC
{
    // Error numbers of Linux, the same on every architecture that .NET runs on; RandomAccess reports them as HResult.
    public const int NoSpace = 28;
    public const int QuotaExceeded = 122;
    public const int ReadOnlyFileSystem = 30;
    private const int Interrupted = 4;
    private const int NoSuchCall = 38;
    private const int NotSupported = 95;
    private const int WouldBlock = 11;

    private const int ReadOnly = 0;
    private const int ReadWrite = 2;
    private const int CreateMissing = 0x40;
    private const int CloseOnExec = 0x80000;
    private const int OwnerOnly = 0x180;
    private const int LockExclusive = 2;
    private const int LockNonBlocking = 4;

    /// <summary>For syncs of its entries.</summary>
    public static SafeFileHandle OpenDirectory(string path) => Open(path, ReadOnly | CloseOnExec);

    /// <summary>Made when missing. .NET's own way would take a shared lock on it, which is in the way of ours.</summary>
    public static SafeFileHandle OpenLockFile(string path) => Open(path, ReadWrite | CreateMissing | CloseOnExec);

    /// <summary>Of a lock that is only looked at: on a file system that takes no writes too.</summary>
    public static SafeFileHandle OpenLockFileToRead(string path) => Open(path, ReadOnly | CloseOnExec);

    private static SafeFileHandle Open(string path, int flags)
    {
        while (true)
        {
            var handle = Open(path, flags, OwnerOnly);
            if (!handle.IsInvalid)
                return handle;
            int error = Marshal.GetLastPInvokeError();
            handle.Dispose();
            if (error != Interrupted)
                throw Failure(error);
        }
    }

    /// <summary>False when someone else holds it. The lock ends with the handle, or with the process.</summary>
    public static bool TryLock(SafeFileHandle file)
    {
        while (FLock(file, LockExclusive | LockNonBlocking) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error == WouldBlock)
                return false;
            if (error != Interrupted)
                throw Failure(error);
        }
        return true;
    }

    /// <summary>The bytes of a file, and of its metadata what is needed to read them.</summary>
    public static void SyncBytes(SafeFileHandle file)
    {
        while (FDataSync(file) != 0)
            ThrowUnlessInterrupted();
    }

    /// <summary>A file or directory with all its metadata.</summary>
    public static void SyncAll(SafeFileHandle file)
    {
        while (FSync(file) != 0)
            ThrowUnlessInterrupted();
    }

    /// <summary>Sets blocks of the file system aside for a range of a file, which grows by it.</summary>
    /// <returns>False when the file system cannot do that at all.</returns>
    /// <exception cref="IOException">It has not got so many.</exception>
    public static bool TryAllocate(SafeFileHandle file, long offset, long length)
    {
        while (FAllocate(file, 0, offset, length) != 0)
            if (Marshal.GetLastPInvokeError() is NotSupported or NoSuchCall)
                return false;
            else
                ThrowUnlessInterrupted();
        return true;
    }

    private static void ThrowUnlessInterrupted()
    {
        if (Marshal.GetLastPInvokeError() is not Interrupted and var error)
            throw Failure(error);
    }

    private static IOException Failure(int error) => new(Marshal.GetPInvokeErrorMessage(error), error);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int FLock(SafeFileHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "fdatasync", SetLastError = true)]
    private static partial int FDataSync(SafeFileHandle file);

    // With lengths of 64 bits everywhere.
    [LibraryImport("libc", EntryPoint = "fallocate64", SetLastError = true)]
    private static partial int FAllocate(SafeFileHandle file, int mode, long offset, long length);

    [LibraryImport("libc", EntryPoint = "fsync", SetLastError = true)]
    private static partial int FSync(SafeFileHandle file);
}
