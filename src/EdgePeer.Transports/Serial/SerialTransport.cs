using EdgePeer.Transports.Interop;
using EdgePeer.Wire;
using EdgePeer.Wire.Framing;

namespace EdgePeer.Transports.Serial;

/// <summary>
/// A serial port as a transport: one thread that opens it, waits on it and on the node's loop in one poll, and opens it again
/// when it has gone and come back.
/// </summary>
/// <remarks>
/// Waits are poll's whole milliseconds, rounded up, and the next frame is asked for early enough to bear that: ppoll and
/// timerfd would take a timespec, whose size differs between C libraries on 32-bit arm.
/// </remarks>
public sealed class SerialTransport : ITransport
{
    private readonly SerialOptions _options;
    private readonly TransportTraits _traits;
    private readonly OutgoingFrames _outgoing;
    private readonly MonotonicClock _clock;
    private readonly WakeEvent _wake = new();
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Func<double> _random;
    private volatile bool _stopping, _up, _roomSaid;
    private volatile byte _address;
    private bool _started;

    /// <exception cref="ArgumentException">The options can't be used.</exception>
    /// <param name="random">Uniform in [0, 1), for the gaps on a half-duplex line.</param>
    public SerialTransport(SerialOptions options, TimeProvider? time = null, Func<double>? random = null)
    {
        options.Check();
        _options = options;
        _clock = new MonotonicClock(time ?? TimeProvider.System);
        _random = random ?? Random.Shared.NextDouble;
        _traits = new TransportTraits
        {
            FrameBytesMax = Limits.FrameBytesAt(options.Baud),
            FramingBytes = SerialFraming.FramingBytes,
            BitsPerSecond = options.Baud,
            BitsPerByte = Limits.BitsPerByte,
            Broadcast = true,
            HalfDuplex = options.HalfDuplex,
            KeepsOrder = true,
            BitErrors = true,
            ChosenAddresses = true,
            Cost = options.Cost,
        };
        _outgoing = new OutgoingFrames(_traits.FrameBytesMax);
    }

    public string Name => _options.Name;

    public string Type => "serial";

    public TransportCounters Counters { get; } = new();

    public void Start(ITransportSink sink)
    {
        _started = true;
        new Thread(() => Run(sink)) { IsBackground = true, Name = $"serial {Name}" }.Start();
    }

    public void Send(in LinkAddress to, ReadOnlySpan<byte> frame, bool more)
    {
        if (_stopping)
            return;
        if (!_up || !TryGetDestination(to, out byte destination) || !_outgoing.TryPut(destination, frame, more))
            Counters.CountDropped();
        // After the put: the port's thread must not see room unsaid and an empty queue. A dropped frame has used its room too.
        _roomSaid = false;
        _wake.Set();
    }

    /// <summary>Frames to other addresses than this one are not reported; without one, only those to everyone are.</summary>
    public void UseAddress(in LinkAddress address) => _address = TryGetDestination(address, out byte own) && own != SerialFraming.Everyone ? own : (byte)0;

    public async ValueTask DisposeAsync()
    {
        if (_stopping)
            return;
        _stopping = true;
        _wake.Set();
        if (_started)
            await _ended.Task.ConfigureAwait(false);
        _wake.Dispose();
    }

    private void Run(ITransportSink sink)
    {
        try
        {
            var reopenAfter = Limits.ReopenAfterMin;
            string lastReason = "";
            while (!_stopping)
            {
                using var port = SerialPort.Open(_options.Port, _options.Baud, out string reason);
                if (port is not null)
                {
                    var since = _clock.Now;
                    reason = Serve(port, sink);
                    lastReason = "";
                    // A port that is lost as soon as it opens is as good as absent.
                    if (_clock.Now - since > Limits.ReopenAfterMax)
                        reopenAfter = Limits.ReopenAfterMin;
                }
                if (!_stopping && reason != lastReason)
                    sink.Down(this, reason);
                lastReason = reason;
                Wait(reopenAfter);
                reopenAfter = reopenAfter * 2 < Limits.ReopenAfterMax ? reopenAfter * 2 : Limits.ReopenAfterMax;
            }
        }
        finally
        {
            _ended.TrySetResult();
        }
    }

    /// <returns>Why it ended, for a person.</returns>
    private string Serve(SerialPort port, ITransportSink sink)
    {
        if (Math.Abs((long)port.Baud - _options.Baud) * BaudShareMax > _options.Baud)
            sink.Warn(this, $"{_options.Port}: the driver runs at {port.Baud} baud instead of {_options.Baud}");
        var line = new LinePacing(_options.Baud);
        line.Reset(_clock.Now);
        var turns = _options.HalfDuplex ? new TurnTaking(line, _random) : null;
        var echoes = new EchoMemory();
        var writer = new LineWriter(port, _outgoing, line, turns, echoes, Counters);
        var reader = new LineReader(port, turns, echoes, Counters);
        _outgoing.Clear();
        _roomSaid = false;
        _up = true;
        sink.Up(this, _traits);
        string reason = Exchange(port, sink, writer, reader);
        _up = false;
        return $"{_options.Port}: the port went away ({reason}); it is used again when it comes back";
    }

    private string Exchange(SerialPort port, ITransportSink sink, LineWriter writer, LineReader reader)
    {
        Span<PollDescriptor> polls = stackalloc PollDescriptor[2];
        ReceivedFrame received = frame => sink.Received(this, LinkAddress.Broadcast, frame);
        while (!_stopping)
        {
            var now = _clock.Now;
            if (!writer.TryWrite(now, out string reason))
                return reason;
            SayRoom(sink, writer, now);
            polls[0] = new PollDescriptor { Descriptor = port.Descriptor, Events = writer.IsBlocked ? (short)(PollEvents.In | PollEvents.Out) : PollEvents.In };
            polls[1] = new PollDescriptor { Descriptor = _wake.Descriptor, Events = PollEvents.In };
            // Fails only when a signal interrupts it, and then nothing is marked as ready.
            if (Libc.Poll(polls, 2, MillisecondsUntil(writer.NextLook(_roomSaid), _clock.Now)) <= 0)
                continue;
            if (polls[1].Returned != 0)
                _wake.Clear();
            if ((polls[0].Returned & ~PollEvents.Out) != 0 && !reader.TryRead(_clock, _address, received, out reason))
                return reason;
            if ((polls[0].Returned & (PollEvents.Error | PollEvents.HangUp | PollEvents.Invalid)) != 0)
                return "it was hung up";
        }
        return "";
    }

    private void SayRoom(ITransportSink sink, LineWriter writer, Instant now)
    {
        bool room = writer.HasRoom(now);
        if (room == _roomSaid)
            return;
        // Room that was said stays said while our own frame is on its way here; it is withdrawn when somebody else began to send.
        if (!room && !writer.MustWait(now))
            return;
        _roomSaid = room;
        sink.Room(this, room ? 1 : 0);
    }

    private void Wait(TimeSpan time)
    {
        Span<PollDescriptor> polls = stackalloc PollDescriptor[1];
        var until = _clock.Now + time;
        while (!_stopping && _clock.Now < until)
        {
            polls[0] = new PollDescriptor { Descriptor = _wake.Descriptor, Events = PollEvents.In };
            if (Libc.Poll(polls, 1, MillisecondsUntil(until, _clock.Now)) > 0)
                _wake.Clear();
        }
    }

    private static int MillisecondsUntil(Instant then, Instant now)
    {
        if (then == Instant.Never)
            return -1;
        long ticks = (then - now).Ticks;
        return (int)Math.Clamp((ticks + TimeSpan.TicksPerMillisecond - 1) / TimeSpan.TicksPerMillisecond, 0, int.MaxValue);
    }

    private static bool TryGetDestination(in LinkAddress to, out byte destination)
    {
        Span<byte> bytes = stackalloc byte[LinkAddress.LengthMax];
        int length = to.CopyTo(bytes);
        destination = length == 0 ? SerialFraming.Everyone : bytes[0];
        return length == 0 || (length == 1 && destination is > 0 and <= SerialFraming.AddressMax);
    }

    /// <summary>One part in so many: UARTs tell bytes apart up to about 2 % between both ends.</summary>
    private const int BaudShareMax = 50;
}
