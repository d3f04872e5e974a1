using System.Buffers.Binary;

namespace EdgePeer.Protocol.Pipes;

/// <summary>Why a message ended before its endpoint had kept it.</summary>
public enum EndReason : byte
{
    /// <summary>Its time to live was over.</summary>
    Expired = 1,

    /// <summary>Its pipe was full, and its policy is drop-oldest.</summary>
    Dropped = 2,

    /// <summary>The flash here does not give it back any more. It counts as dropped.</summary>
    Lost = 3,
}

/// <summary>The messages of a lane that ended early: how many for which reason, and of the latest which ones. Kept as one fact.</summary>
internal sealed class EarlyEnds
{
    private readonly List<(ulong From, ulong To, EndReason Reason)> _runs = [];

    public long Expired { get; private set; }

    public long Dropped { get; private set; }

    public long Count => Expired + Dropped;

    /// <summary>Of messages below, it is no longer known which ones ended early.</summary>
    public ulong KnownFrom { get; private set; }

    public IReadOnlyList<(ulong From, ulong To, EndReason Reason)> Runs => _runs;

    public static EarlyEnds Read(ReadOnlySpan<byte> fact)
    {
        var ends = new EarlyEnds();
        if (fact.Length < HeadBytes || (fact.Length - HeadBytes) % RunBytes != 0)
            return ends;
        ends.Expired = BinaryPrimitives.ReadInt64BigEndian(fact);
        ends.Dropped = BinaryPrimitives.ReadInt64BigEndian(fact[8..]);
        ends.KnownFrom = BinaryPrimitives.ReadUInt64BigEndian(fact[16..]);
        for (var run = fact[HeadBytes..]; !run.IsEmpty; run = run[RunBytes..])
            ends._runs.Add((BinaryPrimitives.ReadUInt64BigEndian(run), BinaryPrimitives.ReadUInt64BigEndian(run[8..]), (EndReason)run[16]));
        return ends;
    }

    public byte[] Write()
    {
        var fact = new byte[HeadBytes + _runs.Count * RunBytes];
        BinaryPrimitives.WriteInt64BigEndian(fact, Expired);
        BinaryPrimitives.WriteInt64BigEndian(fact.AsSpan(8), Dropped);
        BinaryPrimitives.WriteUInt64BigEndian(fact.AsSpan(16), KnownFrom);
        for (int i = 0; i < _runs.Count; i++)
        {
            var run = fact.AsSpan(HeadBytes + i * RunBytes);
            BinaryPrimitives.WriteUInt64BigEndian(run, _runs[i].From);
            BinaryPrimitives.WriteUInt64BigEndian(run[8..], _runs[i].To);
            run[16] = (byte)_runs[i].Reason;
        }
        return fact;
    }

    /// <summary>Notes a run of messages none of which is noted yet.</summary>
    public void Add(ulong from, ulong to, EndReason reason)
    {
        Tally(reason, (long)(to - from));
        int place = _runs.FindIndex(run => run.From >= to);
        place = place < 0 ? _runs.Count : place;
        if (place < _runs.Count && _runs[place].From == to && _runs[place].Reason == reason)
        {
            to = _runs[place].To;
            _runs.RemoveAt(place);
        }
        if (place > 0 && _runs[place - 1].To == from && _runs[place - 1].Reason == reason)
        {
            from = _runs[--place].From;
            _runs.RemoveAt(place);
        }
        _runs.Insert(place, (from, to, reason));
        if (_runs.Count <= RunsMax)
            return;
        KnownFrom = _runs[0].To;
        _runs.RemoveAt(0);
    }

    /// <summary>Takes back a run just as it was added.</summary>
    public void Remove(ulong from, ulong to, EndReason reason)
    {
        Tally(reason, -(long)(to - from));
        int place = _runs.FindIndex(run => run.From <= from && run.To >= to && run.Reason == reason);
        var (start, end, _) = _runs[place];
        _runs.RemoveAt(place);
        if (end > to)
            _runs.Insert(place, (to, end, reason));
        if (start < from)
            _runs.Insert(place, (start, from, reason));
    }

    /// <summary>Null when the message did not end early, as far as is known.</summary>
    public EndReason? ReasonOf(ulong sequence)
    {
        foreach (var (from, to, reason) in _runs)
            if (sequence >= from && sequence < to)
                return reason;
        return null;
    }

    /// <summary>How many below ended early.</summary>
    public long CountBelow(ulong next)
    {
        long count = Count;
        foreach (var (from, to, _) in _runs)
            if (to > next)
                count -= (long)(to - Math.Max(from, next));
        return count;
    }

    private void Tally(EndReason reason, long messages)
    {
        if (reason == EndReason.Expired)
            Expired += messages;
        else
            Dropped += messages;
    }

    private const int HeadBytes = 24;
    private const int RunBytes = 17;

    // A fact of 840 bytes at most. More runs than a lane may have above its base, so that those are all known.
    private const int RunsMax = 48;
}
