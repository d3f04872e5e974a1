using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>
/// A lane that is written here and read here: its messages are handed over from where they lie, and leave when they are taken. What was handed
/// over counts as sent, so that it does not end early while a reader has it.
/// </summary>
internal sealed class OwnLane(OutStream lane) : IReadStream
{
    private readonly SortedSet<ulong> _returned = [];
    private readonly RangeSet _taken = new();
    private ulong _next;

    public StreamKey Key => lane.Key;

    public uint Stored => lane.Stored;

    public bool Retired => false;

    public bool TryTakeNext(Instant now, out ulong sequence, out int totalBytes)
    {
        totalBytes = 0;
        while (true)
        {
            bool again = _returned.Count > 0;
            sequence = again ? _returned.Min : _next = lane.PassEnded(Math.Max(_next, lane.FirstSequence));
            if (!again)
            {
                lane.PrepareSending(sequence, now);
                if (sequence >= lane.SendableNext || !lane.MaySend(sequence))
                    return false;
            }
            bool ended = sequence < lane.FirstSequence || HasEnded(lane.NumberOf(sequence));
            if (!ended && !TryRead(sequence, now, out totalBytes, out ended))
                return false;
            if (again)
                _returned.Remove(sequence);
            else
                _next++;
            lane.OnSent(sequence);
            if (!ended)
                return true;
            OnTaken(sequence);
        }
    }

    public void OnReturned(ulong sequence) => _returned.Add(sequence);

    public void OnTaken(ulong sequence)
    {
        _taken.Add(sequence, sequence + 1);
        ulong next = lane.FirstSequence;
        while (lane.PassEnded(_taken.EndOf(next)) is var end && end > next)
            next = end;
        _taken.Remove(0, next);
        if (next == lane.FirstSequence)
            return;
        lane.OnKept(next);
    }

    public void PassBy(ulong sequence, Instant now)
    {
        ulong number = lane.NumberOf(sequence);
        if (!HasEnded(number))
            lane.Ends.GiveUp(number, now);
        if (HasEnded(number))
            OnTaken(sequence);
        else
            OnReturned(sequence);
    }

    /// <summary>One whose time is over, and that no reader has, need ask nobody.</summary>
    private bool HasEnded(ulong number)
    {
        if (lane.Ends.IsEnding(number))
            lane.Ends.OnSkipped(new SkippedItem(0, number, number, []));
        return number < lane.Base || lane.EndedAbove.Contains(number, number + 1);
    }

    /// <param name="ended">The flash does not give it back, and it is given up.</param>
    /// <returns>False when it is to be tried again later.</returns>
    private bool TryRead(ulong sequence, Instant now, out int totalBytes, out bool ended)
    {
        ended = false;
        bool read = lane.TryReadToSend(sequence, out var message);
        totalBytes = message.TotalBytes;
        if (read)
            return true;
        ulong number = lane.NumberOf(sequence);
        ended = lane.Ends.TryGiveUp(number, now) && HasEnded(number);
        return ended;
    }
}
