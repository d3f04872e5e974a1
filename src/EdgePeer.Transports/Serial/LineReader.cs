using EdgePeer.Wire;
using EdgePeer.Wire.Framing;

namespace EdgePeer.Transports.Serial;

/// <summary>Takes what the line brings and passes on the frames that are for this node. Used by the port's thread.</summary>
internal sealed class LineReader(SerialPort port, TurnTaking? turns, EchoMemory echoes, TransportCounters counters)
{
    private readonly byte[] _bytes = new byte[Limits.ReadBytesMax];
    private readonly SerialFrameDecoder _decoder = new();
    private long _badFrames;

    /// <summary>Reads what waits, up to a limit so that noise can't keep the own output waiting.</summary>
    /// <param name="address">The node's own, or 0.</param>
    /// <returns>False when the port is gone; the reason is for a person.</returns>
    public bool TryRead(MonotonicClock clock, byte address, ReceivedFrame received, out string reason)
    {
        reason = "";
        for (int i = 0; i < Limits.ReadsInARow; i++)
        {
            int count = port.Read(_bytes, out reason);
            if (count < 0)
                return false;
            if (count == 0)
                return true;
            Take(_bytes.AsSpan(0, count), address, received, clock.Now);
        }
        return true;
    }

    private void Take(ReadOnlySpan<byte> bytes, byte address, ReceivedFrame received, Instant now)
    {
        turns?.OnBytes(now);
        while (_decoder.TryRead(ref bytes, out var frame))
        {
            CountBadFrames(now);
            if (echoes.TryForget(frame.Fingerprint, now))
            {
                turns?.OnEcho();
                continue;
            }
            bool toAll = frame.Destination == SerialFraming.Everyone;
            bool toUs = frame.Destination == address;
            turns?.OnFrame(frame.Yields, toUs, toAll, now);
            if (!toAll && !toUs)
                continue;
            counters.CountReceived(frame.LineBytes);
            received(frame.Frame);
        }
        CountBadFrames(now);
    }

    private void CountBadFrames(Instant now)
    {
        if (_badFrames == _decoder.BadFrames)
            return;
        for (; _badFrames < _decoder.BadFrames; _badFrames++)
            counters.CountDropped();
        turns?.OnBadFrame(now);
    }
}

/// <param name="frame">Lent for the call.</param>
internal delegate void ReceivedFrame(ReadOnlySpan<byte> frame);
