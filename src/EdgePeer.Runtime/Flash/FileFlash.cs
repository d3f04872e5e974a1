using System.Globalization;
using EdgePeer.Store;
using Microsoft.Win32.SafeHandles;

namespace EdgePeer.Runtime.Flash;

/// <summary>
/// The journal's segments as files of one directory, which it holds a lock on. Reads come from the core's thread while a batch runs on
/// the writer's: they meet only in the table of open files.
/// </summary>
public sealed class FileFlash : IFlash, IDisposable
{
    private readonly string _directory;
    private readonly SafeFileHandle? _lock;
    private readonly SafeFileHandle _entries;
    private readonly Lock _gate = new();
    private readonly SortedDictionary<uint, SafeFileHandle> _files = [];
    private SpaceReserve? _reserve;

    private FileFlash(string directory, SafeFileHandle? lockFile)
    {
        _directory = directory;
        _lock = lockFile;
        _entries = LibC.OpenDirectory(directory);
        foreach (string path in Directory.EnumerateFiles(directory, "*" + Suffix))
            if (uint.TryParse(Path.GetFileNameWithoutExtension(path), NumberStyles.None, CultureInfo.InvariantCulture, out uint segment) && segment > 0)
                _files.Add(segment, OpenFile(path, FileMode.Open, lockFile is null ? FileAccess.Read : FileAccess.ReadWrite));
        if (File.Exists(PathOf(IFlash.Head)))
            _files.Add(IFlash.Head, OpenFile(PathOf(IFlash.Head), FileMode.Open, lockFile is null ? FileAccess.Read : FileAccess.ReadWrite));
    }

    /// <summary>Locks the directory, which is made when missing, for as long as this lives.</summary>
    /// <exception cref="StateDirectoryBusyException">Another process, or another journal of this one, holds the lock.</exception>
    /// <exception cref="IOException">The directory cannot be made, read or written.</exception>
    public static FileFlash Open(string directory)
    {
        Directory.CreateDirectory(directory);
        var lockFile = LibC.OpenLockFile(Path.Combine(directory, LockName));
        if (!LibC.TryLock(lockFile))
        {
            lockFile.Dispose();
            throw new StateDirectoryBusyException($"another agent runs on {directory}: stop it, or give this one a stateDirectory of its own");
        }
        return new FileFlash(directory, lockFile);
    }

    /// <summary>Looks without writing and without a lock: at a journal that is not in use, or at what one that is has written so far.</summary>
    /// <exception cref="IOException">The directory cannot be read.</exception>
    public static FileFlash OpenToRead(string directory) => new(directory, null);

    /// <summary>No file of a journal is there.</summary>
    public bool IsEmpty => Segments().Count == 0 && !HasHead;

    /// <summary>Whether an agent, or a journal of this process, holds the lock now.</summary>
    public static bool IsInUse(string directory)
    {
        string path = Path.Combine(directory, LockName);
        if (!File.Exists(path))
            return false;
        using var lockFile = LibC.OpenLockFileToRead(path);
        return !LibC.TryLock(lockFile);
    }

    /// <summary>Of the directory, as the kernel names it.</summary>
    public string FileSystem => new DriveInfo(Path.GetFullPath(_directory)).DriveFormat;

    /// <summary>What lies there does not outlive the power.</summary>
    public bool InMemory => FileSystem is "tmpfs" or "ramfs";

    /// <summary>Sets space aside for all that the journal may grow to. Before the first batch.</summary>
    /// <returns>What it may take: its capacity, or less where the file system has less.</returns>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    public long Reserve(long capacityBytes)
    {
        long there = 0;
        foreach (var file in _files.Values)
            there += RandomAccess.GetLength(file);
        // Crashes in a row take a segment more for a while, and each file some blocks beside its bytes.
        long wanted = capacityBytes + (capacityBytes / SlackDivisor);
        var drive = new DriveInfo(Path.GetFullPath(_directory));
        if (!InMemory)
            _reserve = SpaceReserve.Take(Path.Combine(_directory, ReserveName), long.Max(0, wanted - there), drive.AvailableFreeSpace);
        // Some do not say how large they are.
        if (_reserve is null && drive.TotalSize == 0)
            return capacityBytes;
        long had = there + (_reserve?.Bytes ?? drive.AvailableFreeSpace);
        return had >= wanted ? capacityBytes : had - (had / SlackDivisor);
    }

    public IReadOnlyList<uint> Segments()
    {
        lock (_gate)
            return [.. _files.Keys.Where(segment => segment != IFlash.Head)];
    }

    public long Length(uint segment) => segment == IFlash.Head && !HasHead ? 0 : RandomAccess.GetLength(Handle(segment));

    public int Read(uint segment, long offset, Span<byte> into)
    {
        if (segment == IFlash.Head && !HasHead)
            return 0;
        var file = Handle(segment);
        int read = 0;
        try
        {
            while (read < into.Length && RandomAccess.Read(file, into[read..], offset + read) is > 0 and var part)
                read += part;
        }
        catch (IOException)
        {
            // A sector that cannot be read: the caller sees a short read, and the checksum says the rest.
        }
        return read;
    }

    /// <summary>Runs a batch to its end or its first failure. One thread at a time.</summary>
    /// <param name="reason">What failed, in words for an operator; null when nothing did.</param>
    public FlashOutcome Execute(JournalBatch batch, out string? reason)
    {
        reason = null;
        foreach (var command in batch.Commands)
        {
            try
            {
                Execute(command);
            }
            catch (IOException failure)
            {
                reason = $"{Words(command)}: {failure.Message}";
                return OutcomeOf(failure);
            }
            catch (UnauthorizedAccessException failure)
            {
                reason = $"{Words(command)}: {failure.Message}";
                return FlashOutcome.Failed;
            }
        }
        return FlashOutcome.Done;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var file in _files.Values)
                file.Dispose();
            _files.Clear();
        }
        _reserve?.Dispose();
        _entries.Dispose();
        _lock?.Dispose();
    }

    private void Execute(in FlashCommand command)
    {
        switch (command.Kind)
        {
            case FlashCommandKind.Create:
                Create(command.Segment, command.LengthBytes);
                break;
            case FlashCommandKind.Write:
                RandomAccess.Write(Handle(command.Segment), command.Bytes.Span, command.Offset);
                break;
            case FlashCommandKind.Sync:
                LibC.SyncBytes(Handle(command.Segment));
                break;
            case FlashCommandKind.Delete:
                Delete(command.Segment);
                break;
            default:
                LibC.SyncAll(_entries);
                break;
        }
    }

    // Zeros, not fallocate: extents that were only set aside make the first write of each page pay for its metadata.
    private void Create(uint segment, long lengthBytes)
    {
        _reserve?.Give(lengthBytes);
        var file = OpenFile(PathOf(segment), FileMode.Create);
        Add(segment, file);
        var zeros = new byte[ZerosAtOnce];
        for (long at = 0; at < lengthBytes; at += zeros.Length)
            RandomAccess.Write(file, zeros.AsSpan(0, (int)long.Min(zeros.Length, lengthBytes - at)), at);
        LibC.SyncAll(file);
        LibC.SyncAll(_entries);
    }

    private void Delete(uint segment)
    {
        long length = 0;
        lock (_gate)
            if (_files.Remove(segment, out var file))
            {
                length = RandomAccess.GetLength(file);
                file.Dispose();
            }
        File.Delete(PathOf(segment));
        LibC.SyncAll(_entries);
        _reserve?.TakeBack(length);
    }

    private void Add(uint segment, SafeFileHandle file)
    {
        lock (_gate)
        {
            if (_files.Remove(segment, out var old))
                old.Dispose();
            _files.Add(segment, file);
        }
    }

    private bool HasHead
    {
        get
        {
            lock (_gate)
                return _files.ContainsKey(IFlash.Head);
        }
    }

    private SafeFileHandle Handle(uint segment)
    {
        lock (_gate)
            return _files[segment];
    }

    private string PathOf(uint segment) =>
        Path.Combine(_directory, segment == IFlash.Head ? HeadName : segment.ToString("D6", CultureInfo.InvariantCulture) + Suffix);

    private static string Words(in FlashCommand command) => command.Kind == FlashCommandKind.SyncDirectory ? $"{command.Kind}"
        : command.Segment == IFlash.Head ? $"{command.Kind} of the head" : $"{command.Kind} of segment {command.Segment}";

    // Sharing is not .NET's business here: its own locks would only come between the two handles of a file that is made anew.
    private static SafeFileHandle OpenFile(string path, FileMode mode, FileAccess access = FileAccess.ReadWrite) =>
        File.OpenHandle(path, mode, access, FileShare.ReadWrite | FileShare.Delete);

    private static FlashOutcome OutcomeOf(IOException failure) => failure.HResult switch
    {
        LibC.NoSpace or LibC.QuotaExceeded => FlashOutcome.NoSpace,
        LibC.ReadOnlyFileSystem => FlashOutcome.ReadOnly,
        _ => FlashOutcome.Failed,
    };

    private const string Suffix = ".journal";
    private const string HeadName = "head";
    private const string LockName = "lock";
    private const string ReserveName = "reserve";
    private const int SlackDivisor = 32;
    private const int ZerosAtOnce = 256 << 10;
}
