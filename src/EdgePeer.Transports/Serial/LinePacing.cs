using EdgePeer.Wire;

namespace EdgePeer.Transports.Serial;

/// <summary>
/// When the transmitter will be done with what it was given. The driver can't say: a pty takes 12 KiB at once, and what is in
/// there can't be overtaken by anything urgent.
/// </summary>
internal sealed class LinePacing(int baud)
{
    /// <summary>When the last byte given to the port has left it.</summary>
    public Instant FreeAt { get; private set; }

    /// <summary>From here on the next frame may be asked for and given: the line does not fall silent in between.</summary>
    public Instant AskAt => FreeAt + -Limits.AskAhead;

    public TimeSpan Airtime(int lineBytes) => new(lineBytes * (long)Limits.BitsPerByte * TimeSpan.TicksPerSecond / baud);

    public void OnWritten(int lineBytes, Instant now) => FreeAt = Instant.Later(now, FreeAt) + Airtime(lineBytes);

    /// <summary>The driver still holds that many bytes: the port's clock is slower than ours.</summary>
    public void OnWaiting(int lineBytes, Instant now) => FreeAt = Instant.Later(FreeAt, now + Airtime(lineBytes));

    /// <summary>The port was opened anew and holds nothing.</summary>
    public void Reset(Instant now) => FreeAt = now;
}
