using EdgePeer.Simulator.Clock;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Network;

/// <summary>
/// Sends what he likes into a medium: noise, frames with a right first octet and nothing behind it, and copies of what he has
/// overheard, cut short or changed. He counts what comes back to him.
/// </summary>
internal sealed class Stranger(SeededRandom random, EventQueue queue) : IPortOwner, IEventTarget
{
    private readonly byte[] _overheard = new byte[FrameBytesMax];
    private readonly byte[] _frame = new byte[FrameBytesMax];
    private int _overheardBytes;
    private SimPort? _port;
    private Instant _until;

    public long BytesSent { get; private set; }

    /// <summary>Sent to him alone; broadcasts are for everyone.</summary>
    public long BytesAnswered { get; private set; }

    public void Start(SimPort port, Instant now, Instant until)
    {
        _port = port;
        _until = until;
        queue.Schedule(now + Pause(), this, 0);
    }

    public void OnEvent(in SimEvent happening)
    {
        if (happening.At >= _until || _port is not { } port)
            return;
        var to = random.Pick(port.Medium.Ports).Address;
        int length = Compose(port.Medium.Traits.FrameBytesMax);
        BytesSent += length;
        port.Medium.Send(port, to, _frame.AsSpan(0, length), more: false, happening.At);
        queue.Schedule(happening.At + Pause(), this, 0);
    }

    public void OnFrame(SimPort port, LinkAddress from, ReadOnlySpan<byte> frame)
    {
        frame.CopyTo(_overheard);
        _overheardBytes = frame.Length;
    }

    public void OnRoom(SimPort port)
    {
    }

    /// <summary>A peer has sent a frame to his address and no other.</summary>
    public void CountAnswer(int frameBytes) => BytesAnswered += frameBytes;

    private int Compose(int frameBytesMax)
    {
        if (_overheardBytes > 0 && random.Chance(0.5))
        {
            _overheard.AsSpan(0, _overheardBytes).CopyTo(_frame);
            for (int flips = random.Between(1, 4); flips > 0; flips--)
                _frame[random.Below(_overheardBytes)] ^= (byte)(1 << random.Below(8));
            return random.Between(1, _overheardBytes);
        }
        int length = random.Between(1, frameBytesMax);
        random.Fill(_frame.AsSpan(0, length));
        if (random.Chance(0.7))
            _frame[0] = FrameHead.For((FrameKind)random.Below(8), random.Below(4));
        return length;
    }

    private TimeSpan Pause() => random.Between(TimeSpan.FromMilliseconds(50), TimeSpan.FromSeconds(5));

    private const int FrameBytesMax = 2048;
}
