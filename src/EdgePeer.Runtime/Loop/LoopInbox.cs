using System.Buffers;
using EdgePeer.Protocol;
using EdgePeer.Wire;

namespace EdgePeer.Runtime.Loop;

/// <summary>Something to be done on the loop's thread; the node is null when it is not there yet or has failed.</summary>
internal delegate void LoopCall(Node? node);

/// <summary>
/// What other threads leave for the loop, and where the loop sleeps. One lock guards all of it; the loop takes everything at
/// once by swapping queues. A wait on a monitor costs no processor time and wakes within tens of microseconds; its timeout
/// counts whole milliseconds, so that a deadline is met up to one late.
/// </summary>
internal sealed class LoopInbox(int transports)
{
    private readonly object _gate = new();
    private readonly int[] _rooms = Filled(transports, NoRoomSaid);
    private Queue<LoopCall> _calls = new();
    private List<InboundFrame> _frames = [];
    private int _reports;
    private bool _asleep, _pending, _closed;

    /// <returns>False when the loop has ended; the call will not be made.</returns>
    public bool Post(LoopCall call)
    {
        lock (_gate)
        {
            if (_closed)
                return false;
            _calls.Enqueue(call);
            Wake();
            return true;
        }
    }

    /// <summary>For what a transport may say often: declined beyond <see cref="Limits.TransportReportsQueuedMax"/>.</summary>
    public bool TryPostReport(LoopCall call)
    {
        lock (_gate)
        {
            if (_closed || _reports >= Limits.TransportReportsQueuedMax)
                return false;
            _reports++;
            _calls.Enqueue(call);
            Wake();
            return true;
        }
    }

    /// <param name="frame">Copied.</param>
    /// <returns>False when the queue is full or the loop has ended: the frame is lost.</returns>
    public bool TryPostFrame(int transport, in LinkAddress from, ReadOnlySpan<byte> frame)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(frame.Length);
        frame.CopyTo(buffer);
        lock (_gate)
        {
            if (!_closed && _frames.Count < Limits.FramesQueuedMax)
            {
                _frames.Add(new InboundFrame(transport, from, buffer, frame.Length));
                Wake();
                return true;
            }
        }
        ArrayPool<byte>.Shared.Return(buffer);
        return false;
    }

    /// <summary>Only the last number said counts.</summary>
    public void PostRoom(int transport, int frames)
    {
        lock (_gate)
        {
            _rooms[transport] = frames;
            Wake();
        }
    }

    /// <summary>Sleeps until something is there or the time is over, then takes all of it.</summary>
    /// <param name="wait">Zero or less does not sleep; <see cref="TimeSpan.MaxValue"/> has no end.</param>
    public void Take(TimeSpan wait, LoopInput into)
    {
        lock (_gate)
        {
            if (!_pending && wait > TimeSpan.Zero)
            {
                _asleep = true;
                Monitor.Wait(_gate, Milliseconds(wait));
                _asleep = false;
            }
            (into.Calls, _calls) = (_calls, into.Calls);
            (into.Frames, _frames) = (_frames, into.Frames);
            for (int i = 0; i < _rooms.Length; i++)
            {
                into.Rooms[i] = _rooms[i];
                _rooms[i] = NoRoomSaid;
            }
            _reports = 0;
            _pending = false;
        }
    }

    /// <summary>Refuses everything from now on; what is there can still be taken.</summary>
    public void Close()
    {
        lock (_gate)
            _closed = true;
    }

    public const int NoRoomSaid = -1;

    private void Wake()
    {
        _pending = true;
        if (_asleep)
            Monitor.Pulse(_gate);
    }

    // Rounded up: waking before the deadline would only mean sleeping again.
    private static int Milliseconds(TimeSpan wait) =>
        wait.TotalMilliseconds >= int.MaxValue ? Timeout.Infinite : (int)Math.Ceiling(wait.TotalMilliseconds);

    private static int[] Filled(int length, int value)
    {
        int[] array = new int[length];
        Array.Fill(array, value);
        return array;
    }
}

/// <summary>What the loop took from its inbox; its queues are swapped with the inbox's, so that neither allocates when warm.</summary>
internal sealed class LoopInput(int transports)
{
    public Queue<LoopCall> Calls { get; set; } = new();

    public List<InboundFrame> Frames { get; set; } = [];

    /// <summary>By transport: frames it has room for, or <see cref="LoopInbox.NoRoomSaid"/>.</summary>
    public int[] Rooms { get; } = new int[transports];
}
