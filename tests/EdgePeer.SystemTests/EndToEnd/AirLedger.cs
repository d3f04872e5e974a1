using EdgePeer.Transports.Interop;
using EdgePeer.Wire;
using EdgePeer.Wire.Framing;
using Microsoft.Win32.SafeHandles;
using Xunit;

namespace EdgePeer.SystemTests.EndToEnd;

/// <summary>A port of the radio that belongs to no peer, and what it has heard: each frame's kind, and the bytes it took with all delimiters.</summary>
internal sealed class AirLedger : IDisposable
{
    private readonly SafeFileHandle _port;
    private readonly SerialFrameDecoder _decoder = new();

    public AirLedger(string path)
    {
        _port = Libc.Own(Libc.Open(path, OpenFlags.ReadWrite | OpenFlags.NoControllingTerminal | OpenFlags.NonBlocking | OpenFlags.CloseOnExec));
        Assert.False(_port.IsInvalid, $"{path} cannot be opened");
    }

    /// <summary>All that has come since the last call.</summary>
    public List<(FrameKind Kind, int Bytes)> Listen()
    {
        var frames = new List<(FrameKind, int)>();
        Span<byte> buffer = stackalloc byte[4096];
        for (nint count; (count = Libc.Read(_port, buffer, (nuint)buffer.Length)) > 0;)
        {
            ReadOnlySpan<byte> bytes = buffer[..(int)count];
            // The delimiter after silence belongs to the frame behind it; each frame here is sent after silence or costs one less.
            while (_decoder.TryRead(ref bytes, out var frame))
                frames.Add((FrameHead.Of(frame.Frame[0]).Kind, frame.LineBytes + LeadingDelimiter));
        }
        return frames;
    }

    public void Dispose() => _port.Dispose();

    private const int LeadingDelimiter = 1;
}
