using Microsoft.Win32.SafeHandles;

namespace EdgePeer.Transports.Interop;

/// <summary>Ends another thread's wait in <see cref="Libc.Poll"/>: an eventfd. Thread-safe.</summary>
internal sealed class WakeEvent : IDisposable
{
    private readonly SafeFileHandle _descriptor;

    internal WakeEvent()
    {
        int descriptor = Libc.EventDescriptor(0, EventFlags.NonBlocking | EventFlags.CloseOnExec);
        if (descriptor < 0)
            throw new IOException($"cannot make an eventfd: {Libc.Describe(System.Runtime.InteropServices.Marshal.GetLastPInvokeError())}");
        _descriptor = Libc.Own(descriptor);
    }

    /// <summary>For poll; readable after <see cref="Set"/> until <see cref="Clear"/>.</summary>
    internal int Descriptor => (int)_descriptor.DangerousGetHandle();

    internal void Set()
    {
        Span<byte> one = stackalloc byte[8];
        BitConverter.TryWriteBytes(one, 1UL);
        // Fails only when the counter is full, and then the event is set already.
        _ = Libc.Write(_descriptor, one, 8);
    }

    internal void Clear()
    {
        Span<byte> count = stackalloc byte[8];
        // Fails only when the event is not set.
        _ = Libc.Read(_descriptor, count, 8);
    }

    public void Dispose() => _descriptor.Dispose();
}
