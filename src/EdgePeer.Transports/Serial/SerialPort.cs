using System.Runtime.InteropServices;
using EdgePeer.Transports.Interop;
using Microsoft.Win32.SafeHandles;

namespace EdgePeer.Transports.Serial;

/// <summary>An open tty or pty in raw mode, held by us alone. Used by one thread.</summary>
internal sealed class SerialPort : IDisposable
{
    private readonly SafeFileHandle _descriptor;

    private SerialPort(SafeFileHandle descriptor) => _descriptor = descriptor;

    /// <summary>For poll.</summary>
    public int Descriptor => (int)_descriptor.DangerousGetHandle();

    /// <summary>The speed the driver chose, which may differ from the one asked for.</summary>
    public int Baud { get; private set; }

    /// <returns>Null with a line for a person: what failed, where, the mend.</returns>
    public static SerialPort? Open(string path, int baud, out string reason)
    {
        int flags = OpenFlags.ReadWrite | OpenFlags.NoControllingTerminal | OpenFlags.NonBlocking | OpenFlags.CloseOnExec;
        int descriptor;
        do
            descriptor = Libc.Open(path, flags);
        while (descriptor < 0 && Marshal.GetLastPInvokeError() == Errno.Interrupted);
        if (descriptor < 0)
        {
            reason = WhyNotOpen(path, Marshal.GetLastPInvokeError());
            return null;
        }
        var port = new SerialPort(Libc.Own(descriptor));
        if (port.TrySetUp(baud, out int errno))
        {
            reason = "";
            return port;
        }
        port.Dispose();
        reason = WhyNotOpen(path, errno);
        return null;
    }

    /// <returns>Bytes read; 0 when none wait; negative when the port is gone (<paramref name="reason"/> says how).</returns>
    public int Read(Span<byte> into, out string reason)
    {
        reason = "";
        nint count = Libc.Read(_descriptor, into, (nuint)into.Length);
        if (count > 0)
            return (int)count;
        if (count == 0)
        {
            reason = "it was hung up";
            return -1;
        }
        int errno = Marshal.GetLastPInvokeError();
        if (errno is Errno.TryAgain or Errno.Interrupted)
            return 0;
        reason = Libc.Describe(errno);
        return -1;
    }

    /// <returns>Bytes taken, 0 when the driver is full; negative when the port is gone.</returns>
    public int Write(ReadOnlySpan<byte> bytes, out string reason)
    {
        reason = "";
        nint count = Libc.Write(_descriptor, bytes, (nuint)bytes.Length);
        if (count >= 0)
            return (int)count;
        int errno = Marshal.GetLastPInvokeError();
        if (errno is Errno.TryAgain or Errno.Interrupted)
            return 0;
        reason = Libc.Describe(errno);
        return -1;
    }

    /// <summary>Bytes that the driver holds for the transmitter; 0 where it can't say, as on a pty.</summary>
    public int OutputWaiting()
    {
        int bytes = 0;
        return Libc.Ioctl(_descriptor, TerminalRequests.OutputWaiting, ref bytes) == 0 ? bytes : 0;
    }

    public void Dispose() => _descriptor.Dispose();

    private bool TrySetUp(int baud, out int errno)
    {
        bool done = TryLock() && TrySetRaw(baud);
        errno = done ? 0 : Marshal.GetLastPInvokeError();
        if (done)
        {
            // Noise from before we listened. Where the driver can't flush, the framing takes it for a bad frame.
            _ = Libc.Ioctl(_descriptor, TerminalRequests.Flush, TerminalRequests.FlushInput);
        }
        return done;
    }

    private bool TryLock()
    {
        if (Libc.Flock(_descriptor, LockOperations.Exclusive | LockOperations.NonBlocking) != 0)
            return false;
        // A pty (no modem lines) keeps this mark as long as its maker holds it open, and would lock out the successor of an
        // agent that was killed. A real port loses it at the last close.
        int lines = 0;
        bool real = Libc.Ioctl(_descriptor, TerminalRequests.GetModemLines, ref lines) == 0;
        return !real || Libc.Ioctl(_descriptor, TerminalRequests.Exclusive, 0) == 0;
    }

    private bool TrySetRaw(int baud)
    {
        var mode = new Termios2();
        if (Libc.Ioctl(_descriptor, TerminalRequests.GetTermios2, ref mode) != 0)
            return false;
        uint speedBits = TerminalModes.SpeedMask | (TerminalModes.SpeedMask << TerminalModes.InputSpeedShift);
        mode.InputFlags = 0;
        mode.OutputFlags = 0;
        mode.LocalFlags = 0;
        // HUPCL stays as it was found; everything else that bends bytes, and hardware flow control, is off.
        mode.ControlFlags = (mode.ControlFlags & TerminalModes.HangUpOnClose & ~speedBits)
            | TerminalModes.EightBits | TerminalModes.Receive | TerminalModes.IgnoreModemLines | TerminalModes.SpeedAsNumber;
        // With 0 here, a read that finds nothing would look like a hang-up.
        mode.Characters[TerminalModes.MinimumIndex] = 1;
        mode.Characters[TerminalModes.TimeIndex] = 0;
        mode.InputSpeed = (uint)baud;
        mode.OutputSpeed = (uint)baud;
        if (Libc.Ioctl(_descriptor, TerminalRequests.SetTermios2, ref mode) != 0
            || Libc.Ioctl(_descriptor, TerminalRequests.GetTermios2, ref mode) != 0)
            return false;
        Baud = (int)mode.OutputSpeed;
        // Many modems are silent until these are up. A pty has none and says ENOTTY.
        int lines = TerminalRequests.DataTerminalReady | TerminalRequests.RequestToSend;
        _ = Libc.Ioctl(_descriptor, TerminalRequests.RaiseModemLines, ref lines);
        return true;
    }

    private static string WhyNotOpen(string path, int errno) => errno switch
    {
        Errno.NoEntry => $"{path}: no such port; plug the adapter in or mend \"port\"",
        Errno.AccessDenied => $"{path}: permission denied; add the user to group dialout (usermod -aG dialout USER)",
        Errno.Busy or Errno.TryAgain => $"{path}: in use by another program; stop it or choose another port",
        Errno.NotATerminal => $"{path}: not a serial port; mend \"port\"",
        _ => $"{path}: {Libc.Describe(errno)}",
    };
}
