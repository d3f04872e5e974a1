using EdgePeer.Wire.Framing;

namespace EdgePeer.Transports.Serial;

/// <summary>What a serial transport keeps to, and why.</summary>
internal static class Limits
{
    /// <summary>A byte takes 33 ms there; slower lines are older than any tty driver.</summary>
    internal const int BaudMin = 300;

    /// <summary>The fastest that USB adapters of the field offer.</summary>
    internal const int BaudMax = 12_000_000;

    /// <summary>Start bit, eight data bits, stop bit.</summary>
    internal const int BitsPerByte = 10;

    /// <summary>What is peer-made must fit even on the slowest line: beacons and handshakes need 200 bytes.</summary>
    internal const int FrameBytesMin = 200;

    /// <summary>An urgent frame waits for one other at most: a tenth of a second.</summary>
    internal static readonly TimeSpan FrameAirtimeMax = TimeSpan.FromMilliseconds(100);

    /// <summary>Room is said once for each frame, so two wait at most when a withdrawal crosses a frame; two to spare.</summary>
    internal const int QueuedFramesMax = 4;

    /// <summary>
    /// How long before the line falls silent the next frame is asked for: long enough for poll's whole milliseconds and two
    /// threads to wake on a busy small machine, short enough that little stands where an urgent frame can't pass it.
    /// </summary>
    internal static readonly TimeSpan AskAhead = TimeSpan.FromMilliseconds(5);

    /// <summary>Frames of own making that an echo may still bring back: 16 short ones are on the line within a second.</summary>
    internal const int RememberedFramesMax = 16;

    /// <summary>An adapter's echo takes its buffers' time beyond the airtime.</summary>
    internal static readonly TimeSpan EchoWithin = TimeSpan.FromSeconds(1);

    /// <summary>What one look at the port reads at most before the own output gets its turn: a full tty buffer.</summary>
    internal const int ReadsInARow = 4;

    internal const int ReadBytesMax = 4096;

    /// <summary>A port that was unplugged is looked for soon, then without waking the machine too often.</summary>
    internal static readonly TimeSpan ReopenAfterMin = TimeSpan.FromMilliseconds(200);

    internal static readonly TimeSpan ReopenAfterMax = TimeSpan.FromSeconds(2);

    internal static int FrameBytesAt(int baud) =>
        (int)Math.Clamp(FrameAirtimeMax.Ticks * baud / (BitsPerByte * TimeSpan.TicksPerSecond), FrameBytesMin, SerialFraming.FrameBytesMax);
}
