using EdgePeer.Protocol.Discovery;
using EdgePeer.Wire;

namespace EdgePeer.Protocol.Sessions;

/// <summary>
/// One way to a peer: a transport here and an address there, with a packet number space, a round trip and a window of its
/// own. A path that falls silent is suspect, then gone; being slow is neither.
/// </summary>
internal sealed class Path
{
    private readonly List<SentPacket> _sent = [];
    private readonly PathNumbers _numbers;
    private readonly FrameSizer? _sizer;
    private readonly FramePassage _passage = new();
    private int _head;
    private Instant _askedAt;
    private int _askedBytes;
    private int _reorderMax = 3;
    private Instant _lossAt = Instant.Never;
    private bool _probeOwed;
    private int _fates;
    private uint _beaconCounter;

    /// <param name="frameBytesMax">The largest frame that the other end takes.</param>
    public Path(Session session, int id, Port port, LinkAddress address, int frameBytesMax, Instant now)
    {
        Session = session;
        Id = id;
        Port = port;
        Address = address;
        _numbers = session.Numbers(id);
        FrameBytesMax = Math.Min(port.Traits.FrameBytesMax, frameBytesMax);
        Window = new CongestionWindow(FrameBytesMax);
        _sizer = port.Traits.BitErrors ? new FrameSizer(port.Traits.FramingBytes) : null;
        LastReceivedAt = now;
        HeardUntil = Instant.Never;
    }

    public Session Session { get; }

    /// <summary>The low bits of labels, the same at both ends.</summary>
    public int Id { get; }

    public Port Port { get; }

    public LinkAddress Address { get; }

    /// <summary>Something has come from there; else nothing but packets that open the path goes out.</summary>
    public bool Answered { get; private set; }

    /// <summary>Counts up from one answered path of the session to the next.</summary>
    public int AnsweredAs { get; private set; }

    /// <summary>The other end opened it, and its address is what the transport says: it counts as answered once something is heard there.</summary>
    public bool MustBeHeard { get; set; }

    /// <summary>The other end must be told what this path is, in each packet until one is heard of.</summary>
    public bool JoinWanted { get; set; }

    public int FrameBytesMax { get; private set; }

    public RoundTrip RoundTrip { get; } = new();

    public CongestionWindow Window { get; }

    public ReceivedPackets Received => _numbers.Received;

    public ulong? LargestHeard => _numbers.LargestHeard;

    public Instant LastReceivedAt { get; private set; }

    /// <summary>By when the next beacon must come; never where none has come yet.</summary>
    public Instant HeardUntil { get; private set; }

    /// <summary>Timeouts in a row without a word from the other end.</summary>
    public int Silence { get; private set; }

    public bool PingWanted { get; private set; }

    public long PacketsSent { get; private set; }

    public long PacketsReceived { get; private set; }

    /// <summary>Packets taken for lost, and their content sent again.</summary>
    public long PacketsLost { get; private set; }

    /// <summary>Share of <see cref="PacketsLost"/> among the last thousand packets whose fate is known, 0 to 1.</summary>
    public double Loss { get; private set; }

    /// <summary>Two timeouts: about three round trips.</summary>
    public bool Suspect => Silence >= SuspectSilence;

    /// <summary>A suspect path has one probe on the way: when that is lost by what is heard, and not by its timeout, the next is due.</summary>
    public bool MayAsk => (Suspect ? Window.InFlight == 0 : Window.HasRoom) || _probeOwed;

    /// <summary>The longest frame that is worth sending now.</summary>
    public int FrameBytes => _sizer?.Best(FrameBytesMax) ?? (Suspect ? HandshakeParameters.FrameBytesMin : _passage.Bytes(FrameBytesMax));

    public Instant NextDeadline
    {
        get
        {
            var next = Instant.Earlier(_lossAt, Received.TellAt);
            if (Window.InFlight > 0)
                next = Instant.Earlier(next, TimeoutAt);
            return Instant.Earlier(next, HasBeacons ? GoneAt : KeepAliveAt);
        }
    }

    /// <summary>On a slow line a word that leaves just before its sync has ended costs a frame of its own.</summary>
    private TimeSpan HoldBackSpare => RoundTrip.Min(Port.Traits.Airtime(FrameBytesMax) / 2, HoldBackSpareMax);

    private TimeSpan HoldBackThere => Session.HoldBackThere + HoldBackSpare;

    private bool HasBeacons => HeardUntil != Instant.Never;

    private Instant GoneAt => Instant.Later(HeardUntil, LastReceivedAt + GoneAfter);

    /// <summary>How long an answer to a frame of that length may take before it is missed.</summary>
    public TimeSpan Timeout(int frameBytes) =>
        RoundTrip.Smoothed + RoundTrip.Max(RoundTrip.Variance * 4, TimeoutSpare) + HoldBackThere
        + Port.Traits.Airtime(frameBytes) + Port.Traits.Airtime(FrameBytesMax) * (Port.Traits.HalfDuplex ? 4 : 1);

    public bool IsGone(Instant now) =>
        (HasBeacons && now >= GoneAt) || (Silence >= GoneSilence && now - LastReceivedAt > GoneAfter);

    /// <summary>The other end has said how large frames it takes.</summary>
    public void OnJoin(int frameBytesMax) => FrameBytesMax = Math.Min(Port.Traits.FrameBytesMax, frameBytesMax);

    public void LimitFrames(int frameBytesMax) => FrameBytesMax = Math.Clamp(frameBytesMax, HandshakeParameters.FrameBytesMin, FrameBytesMax);

    /// <returns>True when this is the first that came from there.</returns>
    public bool OnAnswered()
    {
        if (Answered)
            return false;
        Answered = true;
        AnsweredAs = ++Session.PathsAnswered;
        Session.ChoosePath();
        return true;
    }

    /// <returns>False when it, or a later one, has come before.</returns>
    public bool OnBeacon(uint counter, TimeSpan nextWithin, Instant now)
    {
        if (HasBeacons && counter <= _beaconCounter)
            return false;
        _beaconCounter = counter;
        HeardUntil = now + nextWithin + Port.Traits.Airtime(Port.Traits.FrameBytesMax) * 2;
        return true;
    }

    public void OnReceived(ulong number, bool asks, Instant now)
    {
        PacketsReceived++;
        LastReceivedAt = now;
        Session.LastReceivedAt = now;
        Received.Add(number, asks, Session.HoldBackHere + HoldBackSpare, now);
    }

    /// <summary>Takes the next packet number.</summary>
    public ulong TakeNumber() => _numbers.Next++;

    public void OnSent() => PacketsSent++;

    public void OnAsked(SentPacket packet, Instant now)
    {
        _sent.Add(packet);
        Window.OnSent(packet.Bytes, now);
        _askedAt = now;
        _askedBytes = packet.Bytes;
        _probeOwed = false;
        PingWanted = false;
    }

    /// <returns>True when something was heard that was sent since the path is there.</returns>
    public bool OnHeard(in HeardItem item, Instant now)
    {
        if (item.Ranges[0].Last >= _numbers.Next)
            return false;
        bool news = false;
        ulong? largestBefore = LargestHeard;
        // Packets that ask for nothing are heard of too: numbers are truncated, and losses told, by the highest of all.
        _numbers.LargestHeard = Math.Max(LargestHeard ?? 0, item.Ranges[0].Last);
        foreach (var range in item.Ranges)
        {
            for (int i = IndexOf(range.First); i < _sent.Count && _sent[i].Number <= range.Last; i++)
            {
                var packet = _sent[i];
                if (packet.State == PacketState.Heard)
                    continue;
                if (packet.Number == LargestHeard && packet.Number != largestBefore)
                    Measure(packet, item.Delay, now);
                OnPacketHeard(packet, now);
                news = true;
            }
        }
        if (!news && LargestHeard == largestBefore)
            return false;
        if (news)
        {
            Silence = 0;
            _probeOwed = false;
        }
        DetectLost(now);
        Trim();
        Session.ChoosePath();
        return news;
    }

    /// <summary>A run told by the low byte of its last number; it says nothing where that could be two.</summary>
    public void OnHeard(byte last, TimeSpan delay, Instant now)
    {
        ulong number = LowByte.Expand(last, LargestHeard ?? 0);
        if (number >= _numbers.Next || number + 256 < _numbers.Next)
            return;
        OnHeard(new HeardItem(delay, [new NumberRange(number - Math.Min(number, ShortKeptItem.RunLength - 1), number)]), now);
    }

    public void OnDeadline(Instant now)
    {
        if (_lossAt <= now)
            DetectLost(now);
        if (Window.InFlight > 0 && TimeoutAt <= now)
            OnTimeout(now);
        if (KeepAliveAt <= now)
            PingWanted = true;
        Received.OnDeadline(now);
    }

    public void Ping() => PingWanted = true;

    /// <summary>Gives back all that is on the way: the path is no more.</summary>
    public void Abandon(Instant now)
    {
        foreach (var packet in _sent)
            if (packet.State == PacketState.InFlight)
                OnPacketLost(packet, now);
        _lossAt = Instant.Never;
    }

    private Instant TimeoutAt
    {
        get
        {
            // With another way open the second wait is no longer than the first: move within three round trips.
            int doublings = Math.Max(0, Silence - (Session.HasOtherPath(this) ? 1 : 0));
            var wait = Timeout(_askedBytes) * (1 << Math.Min(doublings, 10));
            return _askedAt + RoundTrip.Min(wait, Limits.BackoffMax);
        }
    }

    /// <summary>Where no beacons come, silence is asked about.</summary>
    private Instant KeepAliveAt => HasBeacons || PingWanted || Window.InFlight > 0 ? Instant.Never : Instant.Later(LastReceivedAt, _askedAt) + KeepAlive;

    private TimeSpan KeepAlive => KeepAliveAfter + Port.Traits.Airtime(KeepAliveBytes) * KeepAliveShare;

    private void Measure(SentPacket packet, TimeSpan delay, Instant now)
    {
        var raw = now - packet.SentAt;
        RoundTrip.Add(raw - RoundTrip.Min(delay, raw), Port.Traits.Airtime(packet.Bytes), now);
    }

    private void OnPacketHeard(SentPacket packet, Instant now)
    {
        if (packet.State == PacketState.Lost && !Port.Traits.KeepsOrder)
            _reorderMax = Math.Min(_reorderMax * 2, ReorderMaxMax);
        Window.OnHeard(packet, RoundTrip, HoldBackThere, now);
        _sizer?.OnHeard(packet.Bytes);
        _passage.OnHeard(packet.Bytes, FrameBytesMax);
        CountFate(lost: false);
        foreach (var piece in packet.Pieces)
            piece.Channel.OnPieceHeard(piece, packet.State == PacketState.Lost, now);
        foreach (var control in packet.Controls)
            control.Withdrawn = true;
        JoinWanted &= !packet.Joins;
        packet.State = PacketState.Heard;
    }

    private void OnPacketLost(SentPacket packet, Instant now)
    {
        Window.OnLost(packet);
        packet.State = PacketState.Lost;
        PacketsLost++;
        CountFate(lost: true);
        foreach (var piece in packet.Pieces)
            piece.Channel.OnPieceLost(piece, now);
        foreach (var control in packet.Controls)
            if (!control.Withdrawn)
                Session.SayAgain(control);
        foreach (var advertisement in packet.Advertisements)
            Session.Advertisements.TellAgain(advertisement);
        foreach (var channel in packet.KeptTold)
            channel.TellKept(important: true);
    }

    // The plain share of the first packets, and then of the last ones.
    private void CountFate(bool lost)
    {
        _fates = Math.Min(_fates + 1, LossPackets);
        Loss += ((lost ? 1 : 0) - Loss) / _fates;
    }

    private void DetectLost(Instant now)
    {
        _lossAt = Instant.Never;
        if (LargestHeard is not { } largest)
            return;
        var late = RoundTrip.Max(RoundTrip.Smoothed, RoundTrip.Latest) * 1.25 + LateSpare;
        for (int i = _head; i < _sent.Count && _sent[i].Number < largest; i++)
        {
            var packet = _sent[i];
            if (packet.State != PacketState.InFlight)
                continue;
            var lostAt = packet.SentAt + late + Port.Traits.Airtime(packet.Bytes);
            if (Port.Traits.KeepsOrder || largest - packet.Number >= (ulong)_reorderMax || lostAt <= now)
            {
                _sizer?.OnLost(packet.Bytes);
                OnPacketLost(packet, now);
            }
            else
            {
                _lossAt = Instant.Earlier(_lossAt, lostAt);
            }
        }
    }

    private void OnTimeout(Instant now)
    {
        Silence++;
        int give = Suspect ? int.MaxValue : 1;
        for (int i = _head; i < _sent.Count && give > 0; i++)
            if (_sent[i].State == PacketState.InFlight)
            {
                OnPacketLost(_sent[i], now);
                give--;
            }
        if (Suspect)
        {
            Window.OnSilence();
            if (Silence == SuspectSilence)
                _passage.OnSilence(FrameBytesMax);
        }
        _probeOwed = true;
        PingWanted = true;
        // What stays in flight is asked about by the probe: the next timeout counts from it.
        _askedAt = now;
        Trim();
        Session.ChoosePath();
    }

    private int IndexOf(ulong number)
    {
        int low = _head, high = _sent.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (_sent[middle].Number < number)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }

    private void Trim()
    {
        ulong keepFrom = LargestHeard is { } largest && largest > RememberNumbers ? largest - RememberNumbers : 0;
        while (_head < _sent.Count && _sent[_head].State != PacketState.InFlight
            && (_sent[_head].State == PacketState.Heard || _sent[_head].Number < keepFrom || _sent.Count - _head > Limits.SentPacketsMax))
            _head++;
        if (_head < 64 || _head * 2 < _sent.Count)
            return;
        _sent.RemoveRange(0, _head);
        _head = 0;
    }

    private const int SuspectSilence = 2;
    private const int GoneSilence = 6;
    private const int ReorderMaxMax = 128;
    private const ulong RememberNumbers = 256;

    // A few megabytes on a cable, an hour of a quiet radio: long enough that the end of a burst does not hide its losses.
    private const int LossPackets = 1_024;
    private const int KeepAliveBytes = 40;

    // A question and its answer take at most two of a hundred parts of a slow line.
    private const int KeepAliveShare = 100;

    private static readonly TimeSpan KeepAliveAfter = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan GoneAfter = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan TimeoutSpare = TimeSpan.FromMilliseconds(10);

    // What a sync takes on a busy flash card beyond the window that it was stated with.
    private static readonly TimeSpan HoldBackSpareMax = TimeSpan.FromMilliseconds(40);
    private static readonly TimeSpan LateSpare = TimeSpan.FromMilliseconds(1);
}
