using System.Diagnostics.CodeAnalysis;
using EdgePeer.Core;
using EdgePeer.Protocol;
using EdgePeer.Simulator.Checkers;
using EdgePeer.Simulator.Model;
using EdgePeer.Store;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Peers;

/// <summary>
/// What a flash would give back if its device lost power at this moment and nothing unsynced survived: the journal itself,
/// recovered from it. Two readings of one state are one recovery. A recovery costs more than all else that a step does, so that
/// only one state in <see cref="StatesPerLook"/> is looked at: over the seeds that is often enough.
/// </summary>
internal sealed class DurableImage(SimPeer peer)
{
    private int _states;
    private IRetransmitBuffer? _buffer;
    private long _version = -1;
    private SimFlash? _flash;

    /// <summary>Whether a message of a stream is there whole, or was there and has been released; true when this state is not looked at.</summary>
    public bool Holds(StreamDirection direction, in StreamKey key, ulong sequence)
    {
        if (!TryRecover(out var buffer))
            return true;
        foreach (var stream in buffer.Streams())
            if (Is(stream, direction, key))
                return sequence < stream.Base || Ledger.IsReleased(buffer, stream.Id, sequence) || (buffer.TryFind(stream.Id, sequence, out var found) && found.Sequence == sequence && found.Complete);
        return false;
    }

    /// <summary>Whether those bytes of a message are there, or were there and have been released with it.</summary>
    public bool HoldsRange(StreamDirection direction, in StreamKey key, ulong sequence, ByteRange range)
    {
        if (!TryRecover(out var buffer))
            return true;
        foreach (var stream in buffer.Streams())
            if (Is(stream, direction, key))
                return sequence < stream.Base || Ledger.IsReleased(buffer, stream.Id, sequence) || (buffer.TryFind(stream.Id, sequence, out var found) && found.Sequence == sequence
                    && found.Held.Any(held => held.Offset <= range.Offset && held.End >= range.End));
        return false;
    }

    /// <summary>Whether a message of a stream was there and has been released.</summary>
    public bool Released(StreamDirection direction, in StreamKey key, ulong sequence)
    {
        if (!TryRecover(out var buffer))
            return true;
        foreach (var stream in buffer.Streams())
            if (Is(stream, direction, key))
                return sequence < stream.Base || Ledger.IsReleased(buffer, stream.Id, sequence);
        return false;
    }

    /// <summary>A lane's journal stream outlives its incarnations; at the receiver each incarnation is a stream of its own.</summary>
    private static bool Is(in MessageStream stream, StreamDirection direction, in StreamKey key) =>
        stream.Direction == direction && (stream.Key == key || (direction == StreamDirection.Outgoing && stream.Key.Pipe == key.Pipe && stream.Key.Lane == key.Lane));

    /// <returns>False when this state is not looked at.</returns>
    private bool TryRecover([NotNullWhen(true)] out IRetransmitBuffer? buffer)
    {
        var flash = peer.Disk.Flash;
        if (_version != flash.DurableVersion || _flash != flash)
        {
            _flash = flash;
            _version = flash.DurableVersion;
            var options = peer.JournalOptions with { Faults = JournalFaults.None };
            bool looked = _states++ % (options.CapacityBytes > SmallJournalBytes ? StatesPerLookOfLarge : StatesPerLook) == 0;
            _buffer = looked ? Recover(options, flash) : null;
        }
        buffer = _buffer;
        return buffer is not null;
    }

    private JournalBuffer Recover(JournalOptions options, SimFlash flash)
    {
        var journal = new Journal(options, flash.DurableView(), new Clock.SeededRandom(1));
        if (journal.Recovery.PastUncertain && !flash.Damaged)
            throw new LawBrokenException(Law.DurableIsNeverLost, $"a power cut at {peer} now would be taken for damage: {string.Join("; ", journal.Recovery.Damaged)}");
        return new JournalBuffer(journal);
    }

    private const int StatesPerLook = 5;
    private const int StatesPerLookOfLarge = 500;
    private const long SmallJournalBytes = 4 << 20;
}
