using EdgePeer.Simulator.Clock;
using EdgePeer.Simulator.Peers;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Network;

/// <summary>
/// Sits on all media of a world: hears everything, says anything to anyone under any address, as early as he likes, and takes
/// nothing from the wire. He has no key of a member; what he makes of what he heard, and of nothing, is the <see cref="Forger"/>'s,
/// and what a member would say for him the <see cref="Liar"/>'s.
/// </summary>
internal sealed class Adversary(World world, SeededRandom random) : IEventTarget
{
    private readonly Forger _forger = new(random.Fork());
    private readonly List<Recording>[] _recorded = [[], [], [], [], [], [], [], []];
    private readonly SeededRandom _racing = random.Fork();
    private readonly Liar _liar = new(world, random.Fork());

    public SimPeer Liar => _liar.Member;
    private Intruder? _intruder;
    private int _floodLeft = FloodFrames;

    /// <summary>Where he is found on media that tell addresses.</summary>
    public static LinkAddress Address { get; } = new([10, 0, 0, 250, 0xB9, 0x72]);

    /// <summary>When he stops.</summary>
    public Instant Until { get; set; } = Instant.Never;

    /// <summary>When he opens a thousand handshakes in some seconds.</summary>
    public Instant FloodAt { get; set; } = Instant.Never;

    public void Start()
    {
        world.Queue.Schedule(world.Now + Pause(), this, Act);
        if (FloodAt != Instant.Never)
            world.Queue.Schedule(FloodAt, this, Flood);
        _intruder?.Start();
    }

    /// <summary>One who runs a node of this project, and does not belong to the group.</summary>
    public Intruder BringIn(SimMedium medium, IntruderKind kind) => _intruder = new Intruder(world, medium, kind, random.Fork());

    /// <summary>Made by one who has the group's secret and is no member.</summary>
    public bool IsInsiders(ReadOnlySpan<byte> frame) => _intruder?.HasMade(frame) == true;

    public void OnSent(SimPort from, in LinkAddress to, ReadOnlySpan<byte> frame)
    {
        if (world.Now >= Until)
            return;
        Record(new Recording(from, to, frame.ToArray()));
        _intruder?.OnSent(from, to, frame);
        // Before it is where it was sent to.
        if (_racing.Chance(RacingShare))
            Send(new Recording(from, to, frame.ToArray()), from.Medium, _racing.Chance(0.5) ? from.Address : AnyAddress(from.Medium), world.Now);
    }

    public void OnEvent(in SimEvent happening)
    {
        if (world.Now >= Until)
            return;
        if (happening.Kind == Flood)
        {
            OpenAgain(random.Pick(world.Media));
            if (--_floodLeft > 0)
                world.Queue.Schedule(world.Now + random.Between(TimeSpan.Zero, FloodPauseMax), this, Flood);
            return;
        }
        Attack(random.Pick(world.Media));
        if (random.Chance(LyingShare))
            _liar.Lie();
        world.Queue.Schedule(world.Now + Pause(), this, Act);
    }

    private void Attack(SimMedium medium)
    {
        var at = world.Now + (random.Chance(0.5) ? TimeSpan.Zero : random.Between(TimeSpan.Zero, DelayMax));
        var heard = AnyRecording();
        switch (random.Below(8))
        {
            case 0 or 1 when heard is not null:
                Send(heard, heard.From.Medium, heard.From.Address, at);
                break;
            case 2 when heard is not null:
                Send(heard, medium, AnyAddress(medium), at);
                break;
            case 3 or 4 when heard is not null:
                Send(heard with { Frame = _forger.Change(heard.Frame) }, heard.From.Medium, random.Chance(0.5) ? heard.From.Address : AnyAddress(heard.From.Medium), at);
                break;
            case 5:
                Send(null, _forger.Noise(medium.Traits.FrameBytesMax), medium, AnyAddress(medium), at);
                break;
            default:
                Send(null, _forger.UnderAnotherSecret(medium, heard?.Frame), medium, AnyAddress(medium), at);
                break;
        }
    }

    /// <summary>An opening that he has heard, from an address that he has not used, or one that he has made.</summary>
    private void OpenAgain(SimMedium medium)
    {
        var openings = _recorded[(int)FrameKind.Open];
        var source = new LinkAddress([10, 0, 1, (byte)random.Below(256), 0xB9, 0x72]);
        if (openings.Count > 0 && random.Chance(0.7))
            Send(null, random.Pick(openings).Frame, medium, source, world.Now);
        else
            Send(null, _forger.Opening(medium), medium, source, world.Now);
    }

    private void Send(Recording recording, SimMedium medium, in LinkAddress source, Instant at) =>
        Send(medium == recording.From.Medium && !recording.To.IsBroadcast && random.Chance(0.8) ? recording.To : null, recording.Frame, medium, source, at);

    /// <param name="to">Null for anyone.</param>
    private void Send(LinkAddress? to, byte[] frame, SimMedium medium, in LinkAddress source, Instant at)
    {
        if (frame.Length == 0)
            return;
        var one = random.Pick(medium.Ports);
        bool toAll = random.Chance(0.3);
        foreach (var port in medium.Ports)
            if (to is { } address ? port.Address == address : toAll || port == one)
                medium.Inject(port, source, frame, at);
    }

    private LinkAddress AnyAddress(SimMedium medium) => random.Chance(0.5) ? Address : random.Pick(medium.Ports).Address;

    private void Record(Recording recording)
    {
        var list = _recorded[(int)FrameHead.Of(recording.Frame[0]).Kind];
        if (list.Count < RecordedMax)
            list.Add(recording);
        else
            list[random.Below(RecordedMax)] = recording;
    }

    /// <summary>Each kind as often as any other, though packets are by far the most.</summary>
    private Recording? AnyRecording()
    {
        int first = random.Below(_recorded.Length);
        for (int i = 0; i < _recorded.Length; i++)
            if (_recorded[(first + i) % _recorded.Length] is { Count: > 0 } list)
                return random.Pick(list);
        return null;
    }

    private TimeSpan Pause() => random.Between(TimeSpan.FromMilliseconds(20), TimeSpan.FromSeconds(2));

    private sealed record Recording(SimPort From, LinkAddress To, byte[] Frame);

    private const int Act = 0;
    private const int Flood = 1;

    // Of each kind; from earlier lives of the peers too.
    private const int RecordedMax = 256;
    private const int FloodFrames = 1_000;
    private const double RacingShare = 0.01;
    private const double LyingShare = 0.2;
    private static readonly TimeSpan FloodPauseMax = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan DelayMax = TimeSpan.FromSeconds(10);
}
