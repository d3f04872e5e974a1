using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace EdgePeer.Benchmarks.Journal;

/// <summary>What cannot be beaten: a file of zeros that is there already, written from front to end.</summary>
internal sealed partial class BareFile : IRival
{
    private readonly SafeFileHandle _file;
    private readonly byte[] _record = RandomNumberGenerator.GetBytes(Rivals.RecordBytes);
    private long _at;

    public BareFile(string path)
    {
        _file = File.OpenHandle(path, FileMode.CreateNew, FileAccess.ReadWrite);
        var zeros = new byte[1 << 20];
        for (long at = 0; at < FileBytes; at += zeros.Length)
            RandomAccess.Write(_file, zeros, at);
        _ = FSync(_file);
    }

    public string Name => "bare file";

    public void Append(int records)
    {
        // One write for all, as a program would that knows them all.
        if (_at + (records * _record.Length) > FileBytes)
            _at = 0;
        var bytes = new byte[records * _record.Length];
        for (int i = 0; i < records; i++)
            _record.CopyTo(bytes, i * _record.Length);
        RandomAccess.Write(_file, bytes, _at);
        _at += bytes.Length;
        if (FDataSync(_file) != 0)
            throw new IOException("fdatasync failed");
    }

    public void Dispose() => _file.Dispose();

    [LibraryImport("libc", EntryPoint = "fdatasync")]
    private static partial int FDataSync(SafeFileHandle file);

    [LibraryImport("libc", EntryPoint = "fsync")]
    private static partial int FSync(SafeFileHandle file);

    private const long FileBytes = 64 << 20;
}
