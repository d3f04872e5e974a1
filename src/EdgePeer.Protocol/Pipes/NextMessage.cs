using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>Finds the message of a lane that is to be begun next in one session, and passes by what has ended before its turn came: the receiver is told of each gap.</summary>
internal sealed class NextMessage(NodeContext node, OutStream stream, OnTheWay onTheWay, ByteCredit credit, SkipTeller skips)
{
    // Looked at more often than it is begun.
    private StampedMessage? _peeked;

    /// <summary>All below the receiver had when it was bound, or knew as a gap.</summary>
    public ulong BoundNext { get; set; }

    /// <returns>False when there is none as yet.</returns>
    public bool TryFind(Instant now, out StampedMessage next)
    {
        next = default;
        while (onTheWay.End < stream.SendableNext && onTheWay.Count < Limits.WindowMessagesMax)
        {
            if (!TryPassGap(now))
                return false;
            ulong sequence = onTheWay.End;
            if (sequence >= stream.SendableNext)
                return false;
            if (stream.Turns is null && stream.Ends.IsEnding(sequence))
            {
                onTheWay.Pass(credit.Next, ending: true);
                continue;
            }
            if (_peeked?.Sequence != sequence)
            {
                if (!stream.TryReadToSend(sequence, out var read))
                {
                    if (!stream.Ends.TryGiveUp(stream.NumberOf(sequence), now))
                        return false;
                    PassLost(sequence, now);
                    continue;
                }
                _peeked = read with { Sequence = sequence };
            }
            next = _peeked.Value;
            // What has been given its turn is delivered, be it late: what has not ends without one.
            if (stream.Turns is not null)
                return true;
            if (!(next.ExpiresAtMs <= node.Clock.Now(now)))
                return true;
            else if (sequence < stream.Ends.Mark.SentTo)
                stream.Ends.BeginEnding(sequence, now);
            else if (!stream.Ends.TryExpireUnsent(sequence))
                return false;
        }
        return false;
    }

    /// <summary>A turn was given to a message that is given up: its receiver is to pass it by.</summary>
    public void PassLost(ulong sequence, Instant now)
    {
        if (stream.Turns is null)
            return;
        skips.Say(sequence, sequence + 1, now);
        if (sequence == onTheWay.End)
            onTheWay.Pass(credit.Next, ending: false);
        else
            onTheWay.SetKept(sequence, sequence + 1);
    }

    /// <summary>A gap before the next message is told, and takes its place among those on the way.</summary>
    private bool TryPassGap(Instant now)
    {
        if (onTheWay.Count == 0 && onTheWay.Base < stream.FirstSequence)
            PassTo(stream.FirstSequence, now);
        ulong end = stream.PassEnded(onTheWay.End);
        if (end == onTheWay.End)
            return true;
        if (onTheWay.Count == 0)
        {
            PassTo(end, now);
            return true;
        }
        // A long gap waits until all before it is kept: no memory for messages that are not there.
        if (end - onTheWay.End + (ulong)onTheWay.Count > PassedMax)
            return false;
        skips.Say(onTheWay.End, end, now);
        while (onTheWay.End < end)
            onTheWay.Pass(credit.Next, ending: false);
        return true;
    }

    private void PassTo(ulong end, Instant now)
    {
        if (end > BoundNext)
            skips.Say(Math.Max(onTheWay.Base, BoundNext), end, now);
        onTheWay.Reset(end);
    }

    // Each message of a gap takes a place there, some hundred bytes.
    private const ulong PassedMax = 2_048;
}
