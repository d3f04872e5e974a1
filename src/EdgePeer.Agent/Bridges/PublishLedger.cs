using EdgePeer.Runtime;
using EdgePeer.Wire;

namespace EdgePeer.Agent.Bridges;

/// <summary>
/// What was given to a broker: first in flight, then, once it and all before it are acknowledged, held back by the replay window, then
/// to be consumed. Lives as long as the bridge; what stands in it is of one reader.
/// </summary>
/// <param name="bytesMax">Of the messages held back, beside their number and their time.</param>
internal sealed class PublishLedger(ReplayWindow window, long bytesMax)
{
    private readonly Queue<Entry> _inFlight = new();
    private readonly Queue<Entry> _held = new();
    private readonly Dictionary<int, Entry> _byId = [];
    private readonly Dictionary<StreamKey, ulong> _acknowledged = [];
    private readonly Dictionary<StreamKey, ulong> _forgotten = [];
    private long _heldBytes;

    public int InFlight => _inFlight.Count;

    public long InFlightBytes { get; private set; }

    public int Held => _held.Count;

    /// <summary>The broker has acknowledged it, and all of its stream before it, in an earlier connection.</summary>
    public bool IsAcknowledged(ReceivedMessage message) => IsBelow(_acknowledged, message);

    /// <summary>The broker had acknowledged it before it came back without its memory.</summary>
    public bool WasAcknowledged(ReceivedMessage message) => IsBelow(_forgotten, message);

    public void OnPublished(ReceivedMessage message, int id) => _byId[id] = Add(message);

    /// <summary>Nobody can take it: it is done with when all before it are.</summary>
    public void OnRefused(ReceivedMessage message, DateTimeOffset now)
    {
        Add(message).Acknowledged = true;
        Settle(now);
    }

    /// <returns>False for one that is not in flight.</returns>
    public bool OnAcknowledged(int id, DateTimeOffset now)
    {
        if (!_byId.Remove(id, out var entry))
            return false;
        entry.Acknowledged = true;
        Settle(now);
        return true;
    }

    /// <summary>The broker never takes it: it is done with when all before it are.</summary>
    /// <returns>Which, without its payload; null for one that is not in flight.</returns>
    public ReceivedMessage? OnRefused(int id, DateTimeOffset now, out long payloadBytes)
    {
        payloadBytes = 0;
        if (!_byId.TryGetValue(id, out var entry))
            return null;
        payloadBytes = entry.PayloadBytes;
        OnAcknowledged(id, now);
        return entry.Message;
    }

    /// <summary>What has been in flight longest, without its payload; null for nothing.</summary>
    public ReceivedMessage? First(out long payloadBytes)
    {
        bool any = _inFlight.TryPeek(out var first);
        payloadBytes = first?.PayloadBytes ?? 0;
        return any ? first!.Message : null;
    }

    /// <summary>A message that the broker has is read again: it stays here as long as one that was acknowledged now.</summary>
    public void HoldAgain(ReceivedMessage message, DateTimeOffset now) => Hold(new Entry(message), now);

    /// <summary>Takes what is outside of the window.</summary>
    /// <param name="consumable">Of each stream the last that can be consumed.</param>
    /// <returns>How many messages that is.</returns>
    public int TakeOutside(DateTimeOffset now, Dictionary<StreamKey, ReceivedMessage> consumable)
    {
        int taken = 0;
        while (_held.TryPeek(out var first) && (_held.Count > window.Messages || _heldBytes > bytesMax || now - first.AcknowledgedAt >= window.Time))
        {
            _held.Dequeue();
            _heldBytes -= first.Bytes;
            consumable[first.Message.Stream] = first.Message;
            taken++;
        }
        return taken;
    }

    /// <summary>Its connection is over: all that was not consumed will be read again.</summary>
    public void OnReaderEnded()
    {
        _inFlight.Clear();
        _held.Clear();
        _byId.Clear();
        (InFlightBytes, _heldBytes) = (0, 0);
    }

    /// <summary>The broker has come back without its memory.</summary>
    public void OnBrokerForgot()
    {
        foreach (var (stream, next) in _acknowledged)
            _forgotten[stream] = Math.Max(next, _forgotten.GetValueOrDefault(stream));
        _acknowledged.Clear();
    }

    private Entry Add(ReceivedMessage message)
    {
        var entry = new Entry(message);
        _inFlight.Enqueue(entry);
        InFlightBytes += entry.Bytes;
        return entry;
    }

    private void Settle(DateTimeOffset now)
    {
        while (_inFlight.TryPeek(out var first) && first.Acknowledged)
        {
            _inFlight.Dequeue();
            InFlightBytes -= first.Bytes;
            Hold(first, now);
        }
    }

    private void Hold(Entry entry, DateTimeOffset now)
    {
        entry.AcknowledgedAt = now;
        // Streams end, and their names with them; what is no longer known is only published again.
        if (_acknowledged.Count >= Limits.BridgedStreamsMax && !_acknowledged.ContainsKey(entry.Message.Stream))
        {
            _acknowledged.Clear();
            _forgotten.Clear();
        }
        // What is held again is no news.
        _acknowledged[entry.Message.Stream] = Math.Max(entry.Message.Sequence + 1, _acknowledged.GetValueOrDefault(entry.Message.Stream));
        _held.Enqueue(entry);
        _heldBytes += entry.Bytes;
    }

    private static bool IsBelow(Dictionary<StreamKey, ulong> nexts, ReceivedMessage message) => nexts.TryGetValue(message.Stream, out ulong next) && message.Sequence < next;

    private sealed class Entry(ReceivedMessage message)
    {
        // The payload is the broker's, and the journal's.
        public ReceivedMessage Message { get; } = message with { Payload = [] };

        public long PayloadBytes { get; } = message.Payload.Length;

        public long Bytes => PayloadBytes + Protocol.Limits.MessageCostBytes;

        public bool Acknowledged { get; set; }

        public DateTimeOffset AcknowledgedAt { get; set; }
    }
}
