using EdgePeer.Wire;

namespace EdgePeer.Protocol.Pipes;

/// <summary>
/// The lives of a lane that is written here: in which start of this peer which of its sequences first could be sent. An older copy of the journal that goes on by
/// itself shares the earlier lives with the original and none of the later ones, though both count the same sequences: so a receiver's cursor is believed only
/// when it comes from a life that this journal has had, and is not above where that life ended.
/// </summary>
internal sealed class LaneLives
{
    private readonly NodeContext _node;
    private readonly PipeName _pipe;
    private readonly byte _lane;
    private readonly ulong _end;
    private readonly List<Begun> _begun;
    private bool _lives;

    /// <param name="end">One past the last sequence that an earlier life may have sent.</param>
    public LaneLives(NodeContext node, PipeName pipe, byte lane, ulong end)
    {
        (_node, _pipe, _lane, _end) = (node, pipe, lane, end);
        _begun = Read(PipeFacts.GetLives(node.Buffer, pipe, lane));
    }

    /// <summary>Of this start; unknown until it has begun.</summary>
    public LaneLife Current => _lives ? _begun[^1].Life : LaneLife.Unknown;

    /// <summary>On flash with this ticket.</summary>
    public ulong Ticket { get; private set; }

    /// <summary>To be called before this start appends a message, or tells anyone of the lane.</summary>
    /// <param name="base">A receiver has kept all below, so whoever tells of less than that is an older one.</param>
    public void Begin(ulong @base)
    {
        if (_lives)
            return;
        _lives = true;
        uint number = _begun.Count == 0 ? 0 : _begun[^1].Life.Number;
        _begun.Add(new Begun(new LaneLife(number + 1, (uint)_node.Boot), _end));
        while (_begun.Count > 1 && _begun[1].From <= @base)
            _begun.RemoveAt(0);
        // A receiver was last heard of in the first ones, or is being met in the last.
        if (_begun.Count > LivesMax)
            _begun.RemoveAt(LivesMax / 2);
        Put();
    }

    /// <summary>The lane goes on under another incarnation: what was said of it before tells nothing of that.</summary>
    public void Forget()
    {
        if (!_lives)
            return;
        _begun.RemoveRange(0, _begun.Count - 1);
        Put();
    }

    /// <summary>A receiver that has kept all below <paramref name="next"/>, the last of it from that life, can have it from this journal.</summary>
    public bool CanHaveSent(LaneLife life, ulong next)
    {
        if (life == LaneLife.Unknown)
            return true;
        int at = _begun.FindIndex(begun => begun.Life == life);
        // Lives before the first one are forgotten because all of theirs was kept.
        if (at < 0)
            return life.Number < _begun[0].Life.Number && next <= _begun[0].From;
        return at == _begun.Count - 1 || next <= _begun[at + 1].From;
    }

    private void Put()
    {
        var value = new byte[_begun.Count * BegunBytesMax];
        var writer = new WireWriter(value);
        foreach (var begun in _begun)
        {
            writer.WriteVarint(begun.Life.Number);
            writer.WriteUInt32(begun.Life.Nonce);
            writer.WriteVarint(begun.From);
        }
        Ticket = PipeFacts.PutLives(_node.Buffer, _pipe, _lane, writer.Written);
    }

    private static List<Begun> Read(byte[] value)
    {
        var reader = new WireReader(value);
        var begun = new List<Begun>();
        while (reader.Remaining > 0)
        {
            var next = new Begun(new LaneLife((uint)reader.ReadVarint(), reader.ReadUInt32()), reader.ReadVarint());
            if (reader.Failed)
                break;
            begun.Add(next);
        }
        return begun;
    }

    /// <param name="From">One past the last sequence that an earlier life may have sent.</param>
    private readonly record struct Begun(LaneLife Life, ulong From);

    private const int BegunBytesMax = 5 + 4 + 10;

    // Starts with something new to send while the receiver is away. A cursor from one that is forgotten counts as another journal's: some messages come twice.
    private const int LivesMax = 16;
}
