using EdgePeer.Protocol;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Groups;
using EdgePeer.Wire;

namespace EdgePeer.Tests.Protocol;

/// <summary>Nodes on a virtual clock, with lines between them that pace, delay and lose by a seed.</summary>
public sealed class Lab(int seed)
{
    private readonly PriorityQueue<Action, (long, long)> _events = new();
    private readonly List<LabPeer> _peers = [];
    private long _order;

    public SeededRandom Random { get; } = new(seed);

    public Instant Now { get; private set; } = new(TimeSpan.TicksPerSecond);

    /// <param name="configure">Makes the peer's options of those that all have.</param>
    public LabPeer AddPeer(string name, NodeFaults faults = NodeFaults.None, ICryptography? cryptography = null, MemberList? members = null, Func<NodeOptions, NodeOptions>? configure = null)
    {
        var peer = new LabPeer(this, name, faults, cryptography, members, configure);
        _peers.Add(peer);
        return peer;
    }

    public LabLine Connect(LabPeer a, LabPeer b, TransportTraits traits, TimeSpan delay, double loss = 0)
    {
        var line = new LabLine(this, traits, delay) { Loss = loss };
        line.Attach(a);
        line.Attach(b);
        return line;
    }

    public void At(Instant when, Action what) => _events.Enqueue(what, (Math.Max(when.Ticks, Now.Ticks), _order++));

    /// <summary>Time passes while all peers are off.</summary>
    public void Skip(TimeSpan time) => Now += time;

    /// <summary>Runs until the condition holds.</summary>
    /// <returns>False when the time is over first.</returns>
    public bool Run(TimeSpan most, Func<bool>? until = null)
    {
        var end = Now + most;
        while (true)
        {
            foreach (var peer in _peers)
                peer.Turn();
            if (until?.Invoke() == true)
                return true;
            var next = _events.TryPeek(out _, out var at) ? new Instant(at.Item1) : Instant.Never;
            foreach (var peer in _peers)
                next = Instant.Earlier(next, peer.Node.NextDeadline);
            if (next > end)
            {
                Now = end;
                return until?.Invoke() ?? true;
            }
            Now = Instant.Later(Now, next);
            while (_events.TryPeek(out var what, out at) && at.Item1 <= Now.Ticks)
            {
                _events.Dequeue();
                what();
            }
            foreach (var peer in _peers)
                if (peer.Node.NextDeadline <= Now)
                    peer.Node.OnDeadline(Now);
        }
    }
}

public sealed class SeededRandom(int seed) : IRandom
{
    private readonly Random _random = new(seed);

    public void Fill(Span<byte> bytes) => _random.NextBytes(bytes);
}

/// <summary>A line between two peers, each end with a transmitter of its own.</summary>
public sealed class LabLine(Lab lab, TransportTraits traits, TimeSpan delay)
{
    private readonly List<(LabPeer Peer, TransportId Id, byte Address)> _ends = [];
    private readonly Dictionary<LabPeer, Instant> _freeAt = [];

    public TransportTraits Traits { get; set; } = traits;

    public double Loss { get; set; }

    public bool Cut { get; set; }

    /// <summary>Chooses frames that are lost.</summary>
    public Func<LabPeer, byte[], bool>? Loses { get; set; }

    /// <summary>Sees each frame as its sender gives it to the line.</summary>
    public Action<LabPeer, byte[]>? Tap { get; set; }

    public long FramesSent { get; private set; }

    public long BytesSent { get; private set; }

    public void Attach(LabPeer peer)
    {
        var id = new TransportId(peer.Lines.Count);
        peer.Lines.Add(this);
        _ends.Add((peer, id, (byte)(_ends.Count + 1)));
        _freeAt[peer] = lab.Now;
        peer.Node.OnTransportUp(id, Traits, lab.Now);
    }

    public bool IsFree(LabPeer peer) => _freeAt[peer] <= lab.Now;

    public Instant FreeAt(LabPeer peer) => _freeAt[peer];

    public void Send(LabPeer from, LinkAddress to, ReadOnlySpan<byte> frame)
    {
        FramesSent++;
        BytesSent += frame.Length;
        var done = lab.Now + Traits.Airtime(frame.Length);
        _freeAt[from] = done;
        lab.At(done, () => { });
        byte[] copy = frame.ToArray();
        Tap?.Invoke(from, copy);
        if (Loses?.Invoke(from, copy) == true)
            return;
        var source = new LinkAddress([_ends.Find(end => end.Peer == from).Address]);
        foreach (var (peer, id, address) in _ends)
        {
            if (peer == from || (!Traits.ChosenAddresses && !to.IsBroadcast && to != new LinkAddress([address])) || Cut || lab.Random.NextDouble() < Loss)
                continue;
            lab.At(done + delay, () => peer.Node.OnFrame(id, Traits.ChosenAddresses ? LinkAddress.Broadcast : source, copy, lab.Now));
        }
    }
}

public sealed class LabPeer
{
    private readonly Lab _lab;
    private readonly byte[] _frame = new byte[2048];
    private ulong _syncing;
    private Instant? _windowEnds;
    private ulong _ids;

    public Instant Now => _lab.Now;

    public LabPeer(Lab lab, string name, NodeFaults faults, ICryptography? cryptography = null, MemberList? members = null, Func<NodeOptions, NodeOptions>? configure = null)
    {
        _lab = lab;
        var key = KeyOf(name);
        Options = new NodeOptions
        {
            Peer = PeerIdentity.Of(key.PublicKey),
            Key = key,
            Cryptography = cryptography ?? SystemCryptography.Instance,
            Name = name,
            GroupSecrets = [GroupSecret.OfName("default")],
            Members = members,
            Faults = faults,
            Machine = new MachineTime(1, new Instant(0)),
        };
        Options = configure?.Invoke(Options) ?? Options;
        Node = new Node(Options, Buffer, lab.Random, lab.Now);
    }

    public NodeOptions Options { get; set; }

    public MemoryBuffer Buffer { get; } = new();

    public Node Node { get; private set; }

    public List<LabLine> Lines { get; } = [];

    public List<Delivery> Delivered { get; } = [];

    public List<byte[]> Payloads { get; } = [];

    public List<ReceiptReached> Receipts { get; } = [];

    public List<Report> Reports { get; } = [];

    public List<MessagesEnded> Ended { get; } = [];

    public PipeStatus Books(string pipe) => Node.Status(_lab.Now).Pipes.Single(status => status.Name.Text == pipe);

    public bool Consumes { get; set; } = true;

    public TimeSpan SyncTime { get; set; } = TimeSpan.FromMilliseconds(20);

    /// <summary>How long a sync that nobody hurries waits for more to share it.</summary>
    public TimeSpan SyncWindow { get; set; }

    public int Syncs { get; private set; }

    public void Send(string pipe, byte[] payload, Receipt wait = Receipt.Delivered, byte? lane = null, UInt128 tag = default, TimeSpan? ttl = null) =>
        Xunit.Assert.True(TrySend(pipe, payload, wait, lane, tag, ttl));

    /// <summary>Options for <see cref="Lab.AddPeer"/>: those of the pipe "readings".</summary>
    public static Func<NodeOptions, NodeOptions> Readings(PipeOptions pipe) =>
        options => options with { Pipes = new Dictionary<PipeName, PipeOptions> { [PipeName.Parse("readings")] = pipe } };

    public bool TrySend(string pipe, byte[] payload, Receipt wait = Receipt.Delivered, byte? lane = null, UInt128 tag = default, TimeSpan? ttl = null) =>
        Node.TrySubmit(new CallerId(++_ids), PipeName.Parse(pipe), lane, tag, payload, wait, _lab.Now, ttl);

    public ReaderId Read(string pipe, int window = 64, bool own = false)
    {
        var id = new ReaderId(++_ids);
        Node.OpenReader(id, PipeName.Parse(pipe), EndpointName.Parse(Options.Name), window, _lab.Now, own);
        return id;
    }

    public static P256KeyPair KeyOf(string name) => P256.Import(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(name)));

    /// <summary>Starts anew on the same buffer.</summary>
    public void Restart()
    {
        Node = new Node(Options, Buffer, _lab.Random, _lab.Now);
        for (int i = 0; i < Lines.Count; i++)
            Node.OnTransportUp(new TransportId(i), Lines[i].Traits, _lab.Now);
    }

    public void Turn()
    {
        Act();
        for (int i = 0; i < Lines.Count; i++)
            while (Lines[i].IsFree(this) && Node.TryCompose(new TransportId(i), _lab.Now, _frame, out var sent))
                Lines[i].Send(this, sent.To, _frame.AsSpan(0, sent.Length));
        if (Buffer.Ticket <= _syncing || !WindowIsOver())
            return;
        Syncs++;
        ulong ticket = _syncing = Buffer.Ticket;
        _lab.At(_lab.Now + SyncTime, () => Node.OnDurable(ticket, _lab.Now));
    }

    private bool WindowIsOver()
    {
        if (!Buffer.Hurried && _windowEnds is null)
            _lab.At((_windowEnds = _lab.Now + SyncWindow).Value, () => { });
        if (!Buffer.Hurried && _lab.Now < _windowEnds)
            return false;
        Buffer.Hurried = false;
        _windowEnds = null;
        return true;
    }

    private void Act()
    {
        while (Node.TryTakeAction(out var action))
            switch (action)
            {
                case Delivery delivery:
                    Delivered.Add(delivery);
                    byte[] payload = new byte[delivery.TotalBytes];
                    if (!Node.TryReadPayload(delivery.Stream, delivery.Sequence, 0, payload))
                    {
                        // As the runtime does, once it has tried for some seconds.
                        Node.PassBy(delivery.Reader, delivery.Stream, delivery.Sequence, _lab.Now);
                        break;
                    }
                    Payloads.Add(payload);
                    if (Consumes)
                        Node.Consume(delivery.Reader, delivery.Stream, delivery.Sequence, _lab.Now);
                    break;
                case ReceiptReached receipt:
                    Receipts.Add(receipt);
                    break;
                case MessagesEnded ended:
                    Ended.Add(ended);
                    break;
                case Report report:
                    Reports.Add(report);
                    break;
                case MembersLearnt learnt:
                    // As the runtime does, once the list is on flash.
                    Node.UseMembers(learnt.Members, _lab.Now);
                    break;
            }
    }
}
