using System.Buffers.Binary;

namespace EdgePeer.Protocol.Pipes;

/// <summary>
/// Which message has which turn, of the turns of a lane that are given and not done with: consecutive turns, in runs of consecutive numbers, up or
/// down. Kept as one fact.
/// </summary>
internal sealed class TurnList
{
    private readonly List<Run> _runs = [];

    /// <summary>Sequences below the first turn that no message was kept under: they ended early, before the lane had turns.</summary>
    public ulong Skipped { get; private init; }

    /// <summary>All turns below are done with.</summary>
    public ulong Base { get; private set; }

    /// <summary>The next turn to be given.</summary>
    public ulong End { get; private set; }

    public ulong Count => End - Base;

    public int Runs => _runs.Count;

    public static TurnList BeginningAt(ulong turn, ulong skipped) => new() { Base = turn, End = turn, Skipped = skipped };

    /// <summary>Null when the fact is none.</summary>
    public static TurnList? Read(ReadOnlySpan<byte> fact)
    {
        if (fact.Length < HeadBytes || (fact.Length - HeadBytes) % RunBytes != 0)
            return null;
        var turns = BeginningAt(BinaryPrimitives.ReadUInt64BigEndian(fact), BinaryPrimitives.ReadUInt64BigEndian(fact[8..]));
        for (var run = fact[HeadBytes..]; !run.IsEmpty; run = run[RunBytes..])
        {
            uint count = BinaryPrimitives.ReadUInt32BigEndian(run[8..]);
            turns.Add(BinaryPrimitives.ReadUInt64BigEndian(run), count >> 1, (count & 1) != 0);
        }
        return turns;
    }

    public byte[] Write()
    {
        var fact = new byte[HeadBytes + (_runs.Count * RunBytes)];
        BinaryPrimitives.WriteUInt64BigEndian(fact, Base);
        BinaryPrimitives.WriteUInt64BigEndian(fact.AsSpan(8), Skipped);
        for (int i = 0; i < _runs.Count; i++)
        {
            var into = fact.AsSpan(HeadBytes + (i * RunBytes));
            BinaryPrimitives.WriteUInt64BigEndian(into, _runs[i].First);
            BinaryPrimitives.WriteUInt32BigEndian(into[8..], (_runs[i].Count << 1) | (_runs[i].Down ? 1u : 0));
        }
        return fact;
    }

    /// <summary>Gives the next turns to the messages of [first, first + count), the last of them first when <paramref name="down"/>.</summary>
    public void Add(ulong first, uint count, bool down)
    {
        if (count == 0)
            return;
        End += count;
        if (_runs.Count > 0 && _runs[^1] is var last && (!last.Down || last.Count == 1) && (!down || count == 1) && last.First + last.Count == first && last.Count + count < CountMax)
            _runs[^1] = new Run(last.First, last.Count + count, false);
        else
            _runs.Add(new Run(first, count, down));
    }

    /// <summary>The message of a turn that is given and not done with.</summary>
    public ulong NumberOf(ulong turn)
    {
        ulong start = Base;
        foreach (var run in _runs)
        {
            if (turn < start + run.Count)
                return run.Down ? run.First + run.Count - 1 - (turn - start) : run.First + (turn - start);
            start += run.Count;
        }
        throw new ArgumentOutOfRangeException(nameof(turn), turn, $"turns up to {End} are given");
    }

    public bool TryTurnOf(ulong number, out ulong turn)
    {
        turn = Base;
        foreach (var run in _runs)
        {
            if (number >= run.First && number < run.First + run.Count)
            {
                turn += run.Down ? run.First + run.Count - 1 - number : number - run.First;
                return true;
            }
            turn += run.Count;
        }
        return false;
    }

    /// <summary>Takes those numbers out of the set.</summary>
    public void RemoveFrom(RangeSet numbers)
    {
        foreach (var run in _runs)
            numbers.Remove(run.First, run.First + run.Count);
    }

    /// <summary>The messages of the first turns, all of one run, below that turn.</summary>
    public (ulong From, ulong To) FirstNumbers(ulong below)
    {
        var run = _runs[0];
        uint count = (uint)Math.Min(run.Count, below - Base);
        return run.Down ? (run.First + run.Count - count, run.First + run.Count) : (run.First, run.First + count);
    }

    /// <summary>Turns below are done with.</summary>
    public void RemoveBelow(ulong turn)
    {
        while (Base < turn && _runs.Count > 0)
        {
            var run = _runs[0];
            uint count = (uint)Math.Min(run.Count, turn - Base);
            Base += count;
            if (count == run.Count)
                _runs.RemoveAt(0);
            else
                _runs[0] = run with { First = run.Down ? run.First : run.First + count, Count = run.Count - count };
        }
        Base = Math.Max(Base, turn);
        End = Math.Max(End, turn);
    }

    /// <summary>Takes back the turns from that one on.</summary>
    public void RemoveFrom(ulong turn)
    {
        while (End > turn && _runs.Count > 0)
        {
            var run = _runs[^1];
            uint count = (uint)Math.Min(run.Count, End - turn);
            End -= count;
            if (count == run.Count)
                _runs.RemoveAt(_runs.Count - 1);
            else
                _runs[^1] = run with { First = run.Down ? run.First + count : run.First, Count = run.Count - count };
        }
    }

    private const int HeadBytes = 16;
    private const int RunBytes = 12;
    private const uint CountMax = 1u << 30;

    /// <param name="First">The lowest number.</param>
    private readonly record struct Run(ulong First, uint Count, bool Down);
}
