using System.Runtime.InteropServices;
using EdgePeer.Transports.Interop;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace EdgePeer.SystemTests.Support;

/// <summary>A pseudo-terminal: the test holds one end, the transport opens the other by its path.</summary>
internal sealed partial class Pty : IDisposable
{
    private readonly SafeFileHandle _master;

    public Pty()
    {
        int descriptor = OpenPty(OpenFlags.ReadWrite | OpenFlags.NoControllingTerminal | OpenFlags.NonBlocking | OpenFlags.CloseOnExec);
        _master = Libc.Own(descriptor);
        if (descriptor < 0 || Grant(_master) != 0 || Unlock(_master) != 0)
            throw new IOException($"no pty: {Marshal.GetLastPInvokeErrorMessage()}");
        Span<byte> name = stackalloc byte[64];
        if (NameOf(_master, name, (nuint)name.Length) != 0)
            throw new IOException("a pty without a name");
        Path = System.Text.Encoding.ASCII.GetString(name[..name.IndexOf((byte)0)]);
    }

    public string Path { get; }

    /// <summary>Bytes that the transport has written and nobody has read.</summary>
    public int Waiting
    {
        get
        {
            int bytes = 0;
            Assert.Equal(0, Libc.Ioctl(_master, TerminalRequests.InputWaiting, ref bytes));
            return bytes;
        }
    }

    /// <returns>What there is now; may be nothing.</returns>
    public byte[] Read()
    {
        byte[] buffer = new byte[4096];
        nint count = Libc.Read(_master, buffer, (nuint)buffer.Length);
        return count > 0 ? buffer[..(int)count] : [];
    }

    /// <summary>Waits until the transport has written something; false after the time given.</summary>
    public bool WaitForOutput(int milliseconds)
    {
        PollDescriptor[] polls = [new PollDescriptor { Descriptor = (int)_master.DangerousGetHandle(), Events = PollEvents.In }];
        return Libc.Poll(polls, 1, milliseconds) > 0;
    }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            nint count = Libc.Write(_master, bytes, (nuint)bytes.Length);
            if (count > 0)
            {
                bytes = bytes[(int)count..];
                continue;
            }
            Assert.Equal(Errno.TryAgain, Marshal.GetLastPInvokeError());
            PollDescriptor[] polls = [new PollDescriptor { Descriptor = (int)_master.DangerousGetHandle(), Events = PollEvents.Out }];
            Assert.True(Libc.Poll(polls, 1, 10_000) > 0, "the transport does not read");
        }
    }

    public void Dispose() => _master.Dispose();

    [LibraryImport("libc", EntryPoint = "posix_openpt", SetLastError = true)]
    private static partial int OpenPty(int flags);

    [LibraryImport("libc", EntryPoint = "grantpt", SetLastError = true)]
    private static partial int Grant(SafeHandle master);

    [LibraryImport("libc", EntryPoint = "unlockpt", SetLastError = true)]
    private static partial int Unlock(SafeHandle master);

    [LibraryImport("libc", EntryPoint = "ptsname_r", SetLastError = true)]
    private static partial int NameOf(SafeHandle master, Span<byte> name, nuint length);
}
