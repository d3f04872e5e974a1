using System.ComponentModel;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace EdgePeer.Agent.Demo.Rig;

/// <summary>
/// A pty in raw mode: a peer opens <see cref="Path"/> as its serial port, and what it sends comes out here. The port's own end is
/// kept open too, so that it stays when the peer is killed.
/// </summary>
internal sealed partial class PseudoTerminal : IDisposable
{
    private readonly SafeFileHandle _master, _port;

    /// <exception cref="Win32Exception">The system has no pty to give.</exception>
    public PseudoTerminal()
    {
        _master = Own(OpenMaster(OpenFlags));
        Check(Grant(_master));
        Check(Unlock(_master));
        Span<byte> name = stackalloc byte[PathBytesMax];
        name.Clear();
        Check(GetPortName(_master, name, (nuint)name.Length - 1));
        Path = Encoding.UTF8.GetString(name[..name.IndexOf((byte)0)]);
        _port = Own(OpenFile(Path, OpenFlags));
        // Opaque: the C library fills it and takes it back.
        Span<byte> mode = stackalloc byte[TermiosBytesMax];
        Check(GetMode(_port, mode));
        MakeRaw(mode);
        Check(SetMode(_port, 0, mode));
    }

    public string Path { get; }

    /// <summary>Waits until one of two has bytes to read; a negative time has no end.</summary>
    public static void Wait(PseudoTerminal? a, PseudoTerminal? b, int milliseconds)
    {
        Span<PollDescriptor> polls = [new PollDescriptor(a), new PollDescriptor(b)];
        // A signal ends the wait early, which is no harm.
        _ = Poll(polls, (nuint)polls.Length, milliseconds);
    }

    /// <returns>Bytes read; 0 when none wait.</returns>
    public int Read(Span<byte> into) => (int)Math.Max(0, ReadFile(_master, into, (nuint)into.Length));

    /// <summary>Bytes that the port's buffer does not take are lost, as in a UART whose program is away.</summary>
    public void Write(ReadOnlySpan<byte> bytes) => _ = WriteFile(_master, bytes, (nuint)bytes.Length);

    public void Dispose()
    {
        _port.Dispose();
        _master.Dispose();
    }

    private static SafeFileHandle Own(int descriptor)
    {
        Check(descriptor < 0 ? -1 : 0);
        return new SafeFileHandle(descriptor, ownsHandle: true);
    }

    private static void Check(int result)
    {
        if (result != 0)
            throw new Win32Exception(Marshal.GetLastPInvokeError());
    }

    [LibraryImport("libc", EntryPoint = "posix_openpt", SetLastError = true)]
    private static partial int OpenMaster(int flags);

    [LibraryImport("libc", EntryPoint = "grantpt", SetLastError = true)]
    private static partial int Grant(SafeHandle master);

    [LibraryImport("libc", EntryPoint = "unlockpt", SetLastError = true)]
    private static partial int Unlock(SafeHandle master);

    [LibraryImport("libc", EntryPoint = "ptsname_r", SetLastError = true)]
    private static partial int GetPortName(SafeHandle master, Span<byte> name, nuint length);

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int OpenFile(string path, int flags);

    [LibraryImport("libc", EntryPoint = "tcgetattr", SetLastError = true)]
    private static partial int GetMode(SafeHandle port, Span<byte> mode);

    [LibraryImport("libc", EntryPoint = "cfmakeraw")]
    private static partial void MakeRaw(Span<byte> mode);

    [LibraryImport("libc", EntryPoint = "tcsetattr", SetLastError = true)]
    private static partial int SetMode(SafeHandle port, int when, ReadOnlySpan<byte> mode);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    private static partial nint ReadFile(SafeHandle descriptor, Span<byte> buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    private static partial nint WriteFile(SafeHandle descriptor, ReadOnlySpan<byte> buffer, nuint count);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    private static partial int Poll(Span<PollDescriptor> descriptors, nuint count, int milliseconds);

    /// <summary><c>struct pollfd</c>; a negative descriptor is skipped.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct PollDescriptor(PseudoTerminal? terminal)
    {
        public readonly int Descriptor = terminal is null ? -1 : (int)terminal._master.DangerousGetHandle();
        public readonly short Events = PollIn;
        public readonly short Returned;
    }

    // O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC: the same numbers on x86-64, arm64 and 32-bit arm.
    private const int OpenFlags = 0x2 | 0x100 | 0x800 | 0x80000;
    private const short PollIn = 1;
    private const int PathBytesMax = 64;

    // glibc's struct has 60 bytes, musl's the same.
    private const int TermiosBytesMax = 256;
}
