using System.Buffers.Binary;
using EdgePeer.Wire;

namespace EdgePeer.Protocol;

/// <summary>What the machine can say of time off: which of its starts this is, and when that was, by the node's clock.</summary>
/// <param name="Boot">Other at each start of the machine; zero where it cannot say.</param>
public readonly record struct MachineTime(UInt128 Boot, Instant StartedAt);

/// <summary>
/// How long this peer has been running over all its lives, in milliseconds, and what of its time off can be proven: all of it when the machine ran on,
/// else the time since the machine's start. It is never ahead of real time, so that nothing counted by it expires early; a power cut takes
/// back what was not yet noted. No calendar comes into it.
/// </summary>
internal sealed class RunningTime
{
    private readonly IRetransmitBuffer _buffer;
    private readonly MachineTime _machine;
    private readonly Instant _start;
    private readonly long _baseMs;
    private long _notedMs;

    /// <param name="early">For the simulator's fault alone.</param>
    public RunningTime(IRetransmitBuffer buffer, in MachineTime machine, Instant now, bool early)
    {
        _buffer = buffer;
        _machine = machine;
        _start = now;
        long sinceBootMs = machine.Boot == 0 ? 0 : Math.Max(0, (long)(now - machine.StartedAt).TotalMilliseconds);
        foreach (var (key, value) in buffer.Facts(Key))
            if (key.AsSpan().SequenceEqual(Key) && value.Length == ValueBytes)
            {
                long noted = BinaryPrimitives.ReadInt64BigEndian(value), notedSinceBootMs = BinaryPrimitives.ReadInt64BigEndian(value.AsSpan(24));
                bool sameBoot = machine.Boot != 0 && BinaryPrimitives.ReadUInt128BigEndian(value.AsSpan(8)) == machine.Boot;
                _baseMs = noted + (sameBoot && !early ? Math.Max(0, sinceBootMs - notedSinceBootMs - 1) : sinceBootMs);
            }
        _notedMs = _baseMs;
    }

    public long Now(Instant now) => _baseMs + Math.Max(0, (long)(now - _start).TotalMilliseconds);

    /// <summary>When the running time will have come that far; not before.</summary>
    public Instant At(long runningMs) => runningMs <= _baseMs ? _start : _start + TimeSpan.FromMilliseconds(Math.Min(runningMs - _baseMs, MsMax) + 1);

    /// <summary>When it is to be noted even though nothing else is written.</summary>
    public Instant NoteAt => At(_notedMs + (long)AloneAfter.TotalMilliseconds);

    /// <summary>The running time at which so much will have passed for certain: parts of a millisecond count as whole ones.</summary>
    public long After(TimeSpan time, Instant now) => Now(now) + 1 + (long)Math.Ceiling(time.TotalMilliseconds);

    /// <summary>Notes it along with what is written anyhow.</summary>
    public void NoteAlong(Instant now)
    {
        if (Now(now) - _notedMs >= (long)AlongAfter.TotalMilliseconds || _notedMs == 0)
            Note(now);
    }

    public void Note(Instant now)
    {
        _notedMs = Now(now);
        Span<byte> value = stackalloc byte[ValueBytes];
        BinaryPrimitives.WriteInt64BigEndian(value, _notedMs);
        BinaryPrimitives.WriteUInt128BigEndian(value[8..], _machine.Boot);
        BinaryPrimitives.WriteInt64BigEndian(value[24..], (long)(now - _machine.StartedAt).TotalMilliseconds);
        _buffer.Put(Key, value);
    }

    private static ReadOnlySpan<byte> Key => "t"u8;

    private const int ValueBytes = 32;

    // Centuries, and no overflow.
    private const long MsMax = 1L << 43;

    // Forty bytes along with a message: what a power cut takes back is no more than the shortest ttl that makes sense on a device that is cut off.
    private static readonly TimeSpan AlongAfter = TimeSpan.FromSeconds(10);

    // A page of flash each ten minutes while something waits that may expire.
    private static readonly TimeSpan AloneAfter = TimeSpan.FromMinutes(10);
}
