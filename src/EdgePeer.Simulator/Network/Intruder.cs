using EdgePeer.Core;
using EdgePeer.Protocol;
using EdgePeer.Protocol.Groups;
using EdgePeer.Simulator.Clock;
using EdgePeer.Simulator.Security;
using EdgePeer.Store;
using EdgePeer.Wire;

namespace EdgePeer.Simulator.Network;

internal enum IntruderKind
{
    /// <summary>Of a group with the same name and another secret.</summary>
    OtherSecret,

    /// <summary>Has the secret, and is not in the member list: one that was removed.</summary>
    NoMember,

    /// <summary>The same, and it says that it is a peer that is in the list.</summary>
    CopiedId,
}

/// <summary>A whole node of this project on one medium, which does not belong to the group and would like to.</summary>
internal sealed class Intruder : IEventTarget
{
    private readonly World _world;
    private readonly SimMedium _medium;
    private readonly IntruderKind _kind;
    private readonly Node _node;
    private readonly HashSet<ulong> _made = [];
    private readonly byte[] _frame = new byte[2048];
    private LinkAddress _address = new([10, 0, 0, 251, 0xB9, 0x72]);
    private Instant _busyUntil;
    private Instant _wakeAt = Instant.Never;

    public Intruder(World world, SimMedium medium, IntruderKind kind, SeededRandom random)
    {
        (_world, _medium, _kind) = (world, medium, kind);
        var key = new SimPeerKey(world.Cryptography.Agreement.Generate(random));
        var own = PeerIdentity.Of(key.PublicKey);
        var options = new NodeOptions
        {
            Peer = kind == IntruderKind.CopiedId ? random.Pick(world.Peers).Id : own,
            Key = key,
            Cryptography = world.Cryptography,
            Name = "intruder",
            Group = World.Group,
            GroupSecrets = kind == IntruderKind.OtherSecret ? [GroupSecret.OfName("another secret")] : world.GroupSecrets,
        };
        var journal = new Journal(new JournalOptions { CapacityBytes = 1 << 20 }, new SimFlash(random.Fork()).DurableView(), random.Fork());
        _node = new Node(options, new JournalBuffer(journal), random, world.Now);
        Id = own;
    }

    /// <summary>Of its own key.</summary>
    public PeerId Id { get; }

    /// <summary>Who it took up sessions with.</summary>
    public IReadOnlyList<PeerStatus> Peers => _node.Status(_world.Now).Peers;

    public void Start()
    {
        _node.OnTransportUp(Transport, _medium.Traits, _world.Now);
        foreach (var pipe in _world.Pipes)
            _node.OpenReader(new ReaderId(_world.NextReader()), pipe.Name, pipe.Endpoint, 16, _world.Now);
        Pump();
    }

    /// <summary>It made that frame with the group's own secret.</summary>
    public bool HasMade(ReadOnlySpan<byte> frame) => _kind != IntruderKind.OtherSecret && _made.Contains(FrameHash.Of(frame));

    public void OnSent(SimPort from, in LinkAddress to, ReadOnlySpan<byte> frame)
    {
        if (from.Medium == _medium && (to.IsBroadcast || to == _address))
            _world.Queue.Schedule(_world.Now + _medium.Options.Delay, this, Frame, 0, (_medium.Traits.ChosenAddresses ? LinkAddress.Broadcast : from.Address, frame.ToArray()));
    }

    public void OnEvent(in SimEvent happening)
    {
        if (_world.Now >= _world.Adversary!.Until)
            return;
        if (happening.Kind == Frame)
        {
            var (from, frame) = ((LinkAddress, byte[]))happening.Thing!;
            _node.OnFrame(Transport, from, frame, _world.Now);
        }
        else if (_wakeAt <= _world.Now)
        {
            _wakeAt = Instant.Never;
        }
        Pump();
    }

    private void Pump()
    {
        var now = _world.Now;
        if (_node.NextDeadline <= now)
            _node.OnDeadline(now);
        while (_node.TryTakeAction(out var action))
            if (action is AddressChosen chosen)
                _address = chosen.Address;
        while (_busyUntil <= now && _node.TryCompose(Transport, now, _frame, out var sent))
        {
            var frame = _frame.AsSpan(0, sent.Length);
            _made.Add(FrameHash.Of(frame));
            _busyUntil = now + _medium.Traits.Airtime(sent.Length);
            foreach (var port in _medium.Ports)
                if (sent.To.IsBroadcast || port.Address == sent.To)
                    _medium.Inject(port, _address, frame, _busyUntil + _medium.Options.Delay);
        }
        var next = Instant.Later(Instant.Earlier(_node.NextDeadline, _busyUntil > now ? _busyUntil : Instant.Never), now + Soonest);
        if (next >= _wakeAt || next == Instant.Never)
            return;
        _wakeAt = next;
        _world.Queue.Schedule(next, this, Wake);
    }

    private const int Frame = 0;
    private const int Wake = 1;
    private static readonly TransportId Transport = new(0);
    private static readonly TimeSpan Soonest = TimeSpan.FromMilliseconds(1);
}
