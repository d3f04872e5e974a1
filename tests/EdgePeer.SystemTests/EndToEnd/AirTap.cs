using EdgePeer.Transports.Interop;
using EdgePeer.Wire.Framing;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace EdgePeer.SystemTests.EndToEnd;

/// <summary>A port of the radio that belongs to no peer: it hears all and may say anything.</summary>
internal sealed class AirTap : IDisposable
{
    private readonly SafeFileHandle _port;
    private readonly SerialFrameDecoder _decoder = new();

    public AirTap(string path)
    {
        _port = Libc.Own(Libc.Open(path, OpenFlags.ReadWrite | OpenFlags.NoControllingTerminal | OpenFlags.NonBlocking | OpenFlags.CloseOnExec));
        Assert.False(_port.IsInvalid, $"{path} cannot be opened");
    }

    /// <summary>Gives what has come since the last call to the noise.</summary>
    public void Listen(Noise noise)
    {
        Span<byte> buffer = stackalloc byte[4096];
        for (nint count; (count = Libc.Read(_port, buffer, (nuint)buffer.Length)) > 0;)
        {
            ReadOnlySpan<byte> bytes = buffer[..(int)count];
            while (_decoder.TryRead(ref bytes, out var frame))
                noise.Hear(frame.Frame);
        }
    }

    /// <summary>Puts bytes on the air; what the port does not take at once is left out.</summary>
    /// <returns>How many went out.</returns>
    public int Say(ReadOnlySpan<byte> bytes) => (int)Math.Max(Libc.Write(_port, bytes, (nuint)bytes.Length), 0);

    /// <summary>Puts bytes on the air as a frame whose checksum is right, for that station or for everyone.</summary>
    public int SayFrame(byte destination, ReadOnlySpan<byte> frame)
    {
        Span<byte> line = stackalloc byte[SerialFraming.LineBytesMax(SerialFraming.FrameBytesMax)];
        int length = SerialFraming.Encode(destination, yields: false, afterSilence: true, frame, line, out _);
        return Say(line[..length]);
    }

    public void Dispose() => _port.Dispose();
}
