using EdgePeer.Simulator.Clock;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Network;

/// <param name="Traits">What ports on it say of themselves; the real rate may differ from it by <see cref="SimMedium.Speed"/>.</param>
/// <param name="BitsPerSecond">The rate of the wire, also where the traits do not know it.</param>
/// <param name="FramesInHand">Frames that a port takes before the first of them has left.</param>
internal sealed record MediumOptions(string Name, TransportTraits Traits, long BitsPerSecond, int FramesInHand, TimeSpan Delay);

/// <summary>An Ethernet, a serial line between two, or a radio channel that many share: carries frames between its ports, as badly as told.</summary>
internal sealed class SimMedium : IEventTarget
{
    private readonly EventQueue _queue;
    private readonly SeededRandom _random;
    private readonly List<SimPort> _ports = [];
    private readonly Dictionary<(int From, int To), SimPath> _paths = [];
    private readonly Stack<FrameBuffer> _free = [];
    private Instant _lineBusyUntil;
    private SimPort? _holder;
    private int _framesHeld;

    public SimMedium(MediumOptions options, EventQueue queue, SeededRandom random)
    {
        Options = options;
        _queue = queue;
        _random = random;
    }

    public MediumOptions Options { get; }

    public string Name => Options.Name;

    public TransportTraits Traits => Options.Traits;

    public IReadOnlyList<SimPort> Ports => _ports;

    /// <summary>Hears all that is sent here; null where nobody listens.</summary>
    public Adversary? Adversary { get; set; }

    /// <summary>The wire's real rate as a share of the stated one; a hundredfold change of rate is a change of this.</summary>
    public double Speed { get; set; } = 1;

    /// <summary>When something last hindered it or one of its ends.</summary>
    public Instant DisturbedAt { get; private set; }

    public long BytesSent { get; private set; }

    public long FramesArrived { get; private set; }

    public long FramesLost { get; private set; }

    /// <summary>Something hinders it until then; what is shorter does not end what is longer.</summary>
    public void Disturb(Instant until) => DisturbedAt = Instant.Later(DisturbedAt, until);

    public SimPort Attach(IPortOwner owner, TransportId id, LinkAddress address)
    {
        var port = new SimPort(this, _ports.Count, owner, id, address);
        foreach (var other in _ports)
        {
            _paths[(other.Place, port.Place)] = new SimPath { Delay = Options.Delay };
            _paths[(port.Place, other.Place)] = new SimPath { Delay = Options.Delay };
        }
        _ports.Add(port);
        return port;
    }

    /// <param name="besides">Not asked; null for none.</param>
    public bool HasPortAt(in LinkAddress address, SimPort? besides = null)
    {
        foreach (var port in _ports)
            if (port != besides && port.Address == address)
                return true;
        return false;
    }

    public SimPath Path(SimPort from, SimPort to) => _paths[(from.Place, to.Place)];

    public bool HasRoom(SimPort port, Instant now)
    {
        if (!port.Up)
            return false;
        if (Traits.HalfDuplex)
            return _lineBusyUntil <= now && (port.TurnAt <= now || _holder == port);
        return RoomAt(port) <= now;
    }

    /// <summary>Takes one frame from a port that has room.</summary>
    public void Send(SimPort from, in LinkAddress to, ReadOnlySpan<byte> frame, bool more, Instant now)
    {
        BytesSent += frame.Length;
        Adversary?.OnSent(from, to, frame);
        from.BusyUntil = Instant.Later(now, from.BusyUntil) + Airtime(frame.Length);
        foreach (var port in _ports)
            if (port != from && port.Up && (to.IsBroadcast || to == port.Address))
                Carry(_paths[(from.Place, port.Place)], from, port, frame);
        if (Traits.HalfDuplex)
            PassTurn(from, more);
        else
            AwaitRoom(from, now);
    }

    /// <summary>
    /// Brings a port a frame that none of the ports sent. It takes no time of the line: that the line is busy shows nothing that
    /// a line with less room does not.
    /// </summary>
    /// <param name="from">Whoever the frame is to come from.</param>
    public void Inject(SimPort to, in LinkAddress from, ReadOnlySpan<byte> frame, Instant at)
    {
        var buffer = _free.TryPop(out var free) ? free : new FrameBuffer(Traits.FrameBytesMax);
        buffer.Fill(to, Traits.ChosenAddresses ? LinkAddress.Broadcast : from, frame[..Math.Min(frame.Length, Traits.FrameBytesMax)]);
        _queue.Schedule(at, this, Injection, 0, buffer);
    }

    public void OnEvent(in SimEvent happening)
    {
        if (happening.Kind == Room)
        {
            var port = (SimPort)happening.Thing!;
            port.RoomAwaited = false;
            if (HasRoom(port, happening.At))
                port.Owner.OnRoom(port);
            else if (!Traits.HalfDuplex)
                AwaitRoom(port, happening.At);
            return;
        }
        var frame = (FrameBuffer)happening.Thing!;
        var to = frame.To!;
        if (to.Up && happening.Kind == Injection)
        {
            to.Owner.OnInjected(to, frame.From, frame.Bytes);
        }
        else if (to.Up)
        {
            FramesArrived++;
            to.Owner.OnFrame(to, frame.From, frame.Bytes);
        }
        _free.Push(frame);
    }

    public void Heal()
    {
        foreach (var path in _paths.Values)
            path.Heal();
        Speed = 1;
    }

    private TimeSpan Airtime(int frameBytes) =>
        new((long)((frameBytes + Traits.FramingBytes) * (long)Traits.BitsPerByte * TimeSpan.TicksPerSecond / (Options.BitsPerSecond * Speed)));

    private void Carry(SimPath path, SimPort from, SimPort to, ReadOnlySpan<byte> frame)
    {
        double garbled = path.BitErrorRate == 0 ? 0 : 1 - Math.Pow(1 - path.BitErrorRate, frame.Length * 8);
        bool damaged = _random.Chance(garbled);
        if (path.Cut || _random.Chance(path.Loss) || (damaged && !_random.Chance(MissedByChecksum)) || !TryPassBottleneck(path, from.BusyUntil, frame.Length, out var leaves))
        {
            FramesLost++;
            return;
        }
        Arrive(path, from, to, frame, leaves, damaged);
        if (!Traits.KeepsOrder && _random.Chance(path.Duplicated))
            Arrive(path, from, to, frame, leaves, damaged: false);
    }

    private void Arrive(SimPath path, SimPort from, SimPort to, ReadOnlySpan<byte> frame, Instant leaves, bool damaged)
    {
        var at = leaves + path.Delay + _random.Between(TimeSpan.Zero, path.Jitter);
        if (Traits.KeepsOrder)
            at = Instant.Later(at, path.LastArrival);
        else if (_random.Chance(path.Reordered))
            at += _random.Between(TimeSpan.Zero, ReorderedByMax);
        path.LastArrival = Instant.Later(at, path.LastArrival);
        var buffer = _free.TryPop(out var free) ? free : new FrameBuffer(Traits.FrameBytesMax);
        buffer.Fill(to, Traits.ChosenAddresses ? LinkAddress.Broadcast : from.Address, frame);
        if (damaged)
            Garble(buffer);
        _queue.Schedule(at, this, Arrival, 0, buffer);
    }

    /// <summary>
    /// What a transport's checksum misses reaches the node with bits flipped, cut short, or as noise. The tag at the end of every
    /// frame tells all three from what was sent, but for one in 2^32.
    /// </summary>
    private void Garble(FrameBuffer frame)
    {
        switch (_random.Below(3))
        {
            case 0:
                for (int flips = _random.Between(1, 8); flips > 0; flips--)
                    frame.Bytes[_random.Below(frame.Bytes.Length)] ^= (byte)(1 << _random.Below(8));
                break;
            case 1:
                frame.Truncate(_random.Below(frame.Bytes.Length));
                break;
            default:
                _random.Fill(frame.Bytes);
                break;
        }
    }

    private static bool TryPassBottleneck(SimPath path, Instant from, int frameBytes, out Instant leaves)
    {
        leaves = from;
        if (path.BitsPerSecond == 0)
            return true;
        var begins = Instant.Later(from, path.BottleneckBusyUntil);
        long queuedBytes = (begins - from).Ticks * path.BitsPerSecond / (8 * TimeSpan.TicksPerSecond);
        if (queuedBytes > BottleneckBytesMax)
            return false;
        leaves = path.BottleneckBusyUntil = begins + new TimeSpan(frameBytes * 8L * TimeSpan.TicksPerSecond / path.BitsPerSecond);
        return true;
    }

    /// <summary>Turn-taking on a line that only one can use: the holder goes on while it has more, up to a limit; then the others have a chance first.</summary>
    private void PassTurn(SimPort sender, bool more)
    {
        _lineBusyUntil = sender.BusyUntil;
        _framesHeld = _holder == sender ? _framesHeld + 1 : 1;
        bool keeps = more && _framesHeld < FramesHeldMax;
        _holder = keeps ? sender : null;
        if (!keeps)
            _framesHeld = 0;
        foreach (var port in _ports)
        {
            var gap = port == sender ? (keeps ? TimeSpan.Zero : TurnGap * 3) : TurnGap;
            port.TurnAt = _lineBusyUntil + gap + _random.Between(TimeSpan.Zero, TurnGap);
            _queue.Schedule(keeps && port == sender ? _lineBusyUntil : port.TurnAt, this, Room, 0, port);
        }
    }

    private Instant RoomAt(SimPort port) => new(port.BusyUntil.Ticks - Airtime(Traits.FrameBytesMax).Ticks * (Options.FramesInHand - 1));

    private void AwaitRoom(SimPort port, Instant now)
    {
        if (port.RoomAwaited || !port.Up || RoomAt(port) <= now)
            return;
        port.RoomAwaited = true;
        _queue.Schedule(RoomAt(port), this, Room, 0, port);
    }

    private const int Arrival = 0;
    private const int Room = 1;
    private const int Injection = 2;

    // Of the damaged frames; a CRC-32 misses far fewer, but these few are what the readers are tested with.
    private const double MissedByChecksum = 0.05;

    // A router with a small buffer: 46 full Ethernet frames.
    private const int BottleneckBytesMax = 64 << 10;

    private const int FramesHeldMax = 8;
    private static readonly TimeSpan TurnGap = TimeSpan.FromMilliseconds(4);
    private static readonly TimeSpan ReorderedByMax = TimeSpan.FromMilliseconds(40);
}
