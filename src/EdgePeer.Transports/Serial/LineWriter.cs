using EdgePeer.Wire;
using EdgePeer.Wire.Framing;

namespace EdgePeer.Transports.Serial;

/// <summary>Brings frames onto the line, one at a time, each when the transmitter can start it. Used by the port's thread.</summary>
internal sealed class LineWriter(SerialPort port, OutgoingFrames outgoing, LinePacing line, TurnTaking? turns, EchoMemory echoes, TransportCounters counters)
{
    private readonly byte[] _frame = new byte[SerialFraming.FrameBytesMax];
    private readonly byte[] _line = new byte[SerialFraming.LineBytesMax(SerialFraming.FrameBytesMax)];
    private int _written, _length;
    private uint _fingerprint;

    /// <summary>The driver took only a part: wait until it takes more.</summary>
    public bool IsBlocked => _written < _length;

    /// <summary>Whether a frame that came now would be started at once.</summary>
    public bool HasRoom(Instant now)
    {
        if (IsBlocked || MustWait(now) || now < line.AskAt || !outgoing.IsEmpty)
            return false;
        line.OnWaiting(port.OutputWaiting(), now);
        return now >= line.AskAt;
    }

    /// <summary>The line is another's.</summary>
    public bool MustWait(Instant now) => turns is not null && now < turns.StartAt;

    /// <summary>When <see cref="TryWrite"/> or <see cref="HasRoom"/> may say something new though nothing has happened.</summary>
    /// <param name="roomSaid">The node was told of room and has not used it.</param>
    public Instant NextLook(bool roomSaid)
    {
        if (IsBlocked)
            return Instant.Never;
        var start = turns is null ? line.AskAt : Instant.Later(line.AskAt, turns.StartAt);
        var lapse = turns?.LapsesAt ?? Instant.Never;
        return roomSaid && outgoing.IsEmpty ? lapse : Instant.Earlier(start, lapse);
    }

    /// <returns>False when the port is gone; the reason is for a person.</returns>
    public bool TryWrite(Instant now, out string reason)
    {
        turns?.OnSilence(now);
        if (!IsBlocked && !MustWait(now) && now >= line.AskAt && outgoing.TryTake(_frame, out int length, out byte destination, out bool more))
            Begin(_frame.AsSpan(0, length), destination, more, now);
        reason = "";
        if (!IsBlocked)
            return true;
        int count = port.Write(_line.AsSpan(_written, _length - _written), out reason);
        if (count < 0)
            return false;
        _written += count;
        line.OnWritten(count, now);
        if (!IsBlocked)
            Finish();
        return true;
    }

    private void Begin(ReadOnlySpan<byte> frame, byte destination, bool more, Instant now)
    {
        bool yields = turns?.OnStart(frame.Length + SerialFraming.FramingBytes, more) ?? false;
        bool afterSilence = now > line.FreeAt;
        _length = SerialFraming.Encode(destination, yields, afterSilence, frame, _line, out _fingerprint);
        _written = 0;
    }

    private void Finish()
    {
        counters.CountSent(_length);
        echoes.Remember(_fingerprint, line.FreeAt);
    }
}
