using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace EdgePeer.Transports.Interop;

/// <summary>
/// The C library's calls that .NET has no better door to. Only what has one layout on x86-64, arm64 and 32-bit arm is used;
/// a test compares every struct and constant here with those of the C compilers for each.
/// </summary>
internal static partial class Libc
{
    [LibraryImport(Library, EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Open(string path, int flags);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    internal static partial nint Read(SafeHandle descriptor, Span<byte> buffer, nuint count);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    internal static partial nint Write(SafeHandle descriptor, ReadOnlySpan<byte> buffer, nuint count);

    [LibraryImport(Library, EntryPoint = "poll", SetLastError = true)]
    internal static partial int Poll(Span<PollDescriptor> descriptors, nuint count, int timeoutMs);

    [LibraryImport(Library, EntryPoint = "flock", SetLastError = true)]
    internal static partial int Flock(SafeHandle descriptor, int operation);

    [LibraryImport(Library, EntryPoint = "eventfd", SetLastError = true)]
    internal static partial int EventDescriptor(uint initial, int flags);

    /// <param name="descriptor">Of a library that keeps it to itself.</param>
    [LibraryImport(Library, EntryPoint = "setsockopt", SetLastError = true)]
    internal static partial int SetSocketOption(int descriptor, int level, int option, in int value, uint valueBytes);

    /// <param name="pair">Two, joined to each other.</param>
    [LibraryImport(Library, EntryPoint = "socketpair", SetLastError = true)]
    internal static partial int SocketPair(int family, int type, int protocol, Span<int> pair);

    /// <summary>Makes <paramref name="over"/> another name of a descriptor; what it was is closed.</summary>
    [LibraryImport(Library, EntryPoint = "dup3", SetLastError = true)]
    internal static partial int Duplicate(SafeHandle descriptor, int over, int flags);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Ioctl(SafeHandle descriptor, nuint request, nint argument);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Ioctl(SafeHandle descriptor, nuint request, ref int argument);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int Ioctl(SafeHandle descriptor, nuint request, ref Termios2 argument);

    /// <summary>The C library's words for an error number.</summary>
    internal static string Describe(int errno) => Marshal.GetPInvokeErrorMessage(errno);

    /// <summary>Gives a descriptor that <see cref="Open"/> or <see cref="EventDescriptor"/> made an owner.</summary>
    internal static SafeFileHandle Own(int descriptor) => new(descriptor, ownsHandle: true);

    private const string Library = "libc";
}

/// <summary><c>struct pollfd</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PollDescriptor
{
    /// <summary>Negative: skipped.</summary>
    internal int Descriptor;
    internal short Events;
    internal short Returned;
}

/// <summary><c>struct termios2</c> of the kernel, which carries any speed as a number.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct Termios2
{
    internal uint InputFlags;
    internal uint OutputFlags;
    internal uint ControlFlags;
    internal uint LocalFlags;
    internal byte LineDiscipline;
    internal ControlCharacters Characters;
    internal uint InputSpeed;
    internal uint OutputSpeed;
}

[System.Runtime.CompilerServices.InlineArray(Length)]
internal struct ControlCharacters
{
    internal const int Length = 19;
    private byte _first;
}
