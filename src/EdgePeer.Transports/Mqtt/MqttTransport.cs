using System.Security.Cryptography;
using EdgePeer.Wire;

namespace EdgePeer.Transports.Mqtt;

/// <summary>
/// A broker as a transport: MQTT.md. One thread connects, again and again, and serves the connection; frames are published by the
/// caller's thread.
/// </summary>
public sealed class MqttTransport : ITransport, IMqttHandler
{
    private readonly MqttOptions _options;
    private readonly IMqttClient _client;
    private readonly MqttTopics _topics;
    private readonly Reconnection _reconnection;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _stop = new();
    private readonly ITimer _flush, _ask;

    /// <summary>Held while frames are gathered and published.</summary>
    private readonly Lock _lock = new();

    private readonly FrameBatch _batch = new();
    private readonly Dictionary<int, int> _unsent = [];
    private ITransportSink? _sink;
    private LinkAddress _batchTo;
    private readonly Dictionary<int, string> _asks = [];
    private int _unsentBytes, _room, _asked;
    private bool _inboxHeard, _beaconHeard;
    private Stage _stage;

    /// <param name="makeClient">Makes the client of a broker; given the topic whose retained message it empties when it is gone, and its name there.</param>
    /// <exception cref="ArgumentException">The options can't be used.</exception>
    public MqttTransport(MqttOptions options, Func<MqttBroker, MqttPresence, IMqttClient> makeClient, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(makeClient);
        options.Check();
        _options = options;
        time ??= TimeProvider.System;
        Span<byte> address = stackalloc byte[MqttTopics.AddressBytes];
        RandomNumberGenerator.Fill(address);
        _topics = new MqttTopics(options.TopicRoot, new LinkAddress(address));
        _client = makeClient(options.Broker, new MqttPresence($"edgepeer-{_topics.Own}", _topics.OwnBeacon));
        _reconnection = new Reconnection(time, Random.Shared.NextDouble);
        _flush = time.CreateTimer(_ => Flush(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        _ask = time.CreateTimer(_ => Ask(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public string Name => _options.Name;

    public string Type => "mqtt";

    public TransportCounters Counters { get; } = new();

    public void Start(ITransportSink sink)
    {
        _sink = sink;
        new Thread(() => Run(sink)) { IsBackground = true, Name = $"mqtt {Name}" }.Start();
    }

    public void Send(in LinkAddress to, ReadOnlySpan<byte> frame, bool more)
    {
        lock (_lock)
        {
            if (_stage != Stage.Up || frame.Length is 0 or > Limits.FrameBytesMax)
            {
                Counters.CountDropped();
                return;
            }
            if (!_batch.IsEmpty && (to != _batchTo || !_batch.Fits(frame.Length)))
                Publish();
            _batchTo = to;
            _batch.Add(frame);
            _room--;
            if (!more || _room <= 0 || to.IsBroadcast)
                Publish();
            else
                _flush.Change(Limits.BatchWait, Timeout.InfiniteTimeSpan);
        }
    }

    /// <summary>Does nothing: the transport chooses its own.</summary>
    public void UseAddress(in LinkAddress address)
    {
    }

    public async ValueTask DisposeAsync()
    {
        if (_stop.IsCancellationRequested)
            return;
        lock (_lock)
        {
            // Who goes on purpose takes its beacon along; who is killed leaves that to the broker.
            if (_stage == Stage.Up)
                _client.TryPublish(_topics.OwnBeacon, default, MqttQos.AtMostOnce, retain: true, out _);
            _stage = Stage.Away;
        }
        await _stop.CancelAsync().ConfigureAwait(false);
        _client.Stop();
        if (_sink is not null)
            await _ended.Task.ConfigureAwait(false);
        await _flush.DisposeAsync().ConfigureAwait(false);
        await _ask.DisposeAsync().ConfigureAwait(false);
        _client.Dispose();
        _stop.Dispose();
    }

    void IMqttHandler.Connected(MqttVersion version, bool sessionPresent)
    {
        _reconnection.OnConnected();
        _client.TrySubscribe(_topics.Inbox, MqttQos.AtMostOnce);
        _client.TrySubscribe(_topics.OwnBeacon, MqttQos.AtMostOnce);
        lock (_lock)
        {
            _unsent.Clear();
            _unsentBytes = 0;
            _batch.Clear();
            _asks.Clear();
            (_asked, _inboxHeard, _beaconHeard) = (0, false, false);
            _stage = Stage.Asking;
        }
        Ask();
    }

    void IMqttHandler.SubscriptionRefused(string reason) => _client.Drop(NotAllowed("read", "", reason));

    bool IMqttHandler.Received(in MqttReceived message)
    {
        Take(message.Topic, message.Payload);
        return true;
    }

    private void Take(string topic, ReadOnlySpan<byte> payload)
    {
        if (topic == _topics.Echo || (topic == _topics.OwnBeacon && payload.IsEmpty))
        {
            OnEcho(topic);
            return;
        }
        // An empty one says that a beacon is no more, or is another peer's question.
        if (payload.IsEmpty || topic == _topics.OwnBeacon)
            return;
        if (!_topics.TryReadSender(topic, out var from))
        {
            Counters.CountDropped();
            return;
        }
        Counters.CountReceived(payload.Length + topic.Length);
        while (FrameBatch.TryTake(ref payload, out var frame))
            _sink!.Received(this, from, frame);
        if (!payload.IsEmpty)
            Counters.CountDropped();
    }

    void IMqttHandler.Sent(int id)
    {
        lock (_lock)
        {
            if (!_unsent.Remove(id, out int bytes))
                return;
            _unsentBytes -= bytes;
        }
        TellRoom();
    }

    void IMqttHandler.Refused(int id, MqttRefusal refusal, string reason)
    {
        string? part;
        lock (_lock)
            part = _asks.GetValueOrDefault(id);
        if (part is not null)
            _client.Drop(NotAllowed("write", part, reason));
    }

    private void Run(ITransportSink sink)
    {
        string said = "";
        try
        {
            while (!_stop.IsCancellationRequested)
            {
                var end = _client.Run(this);
                bool wasUp;
                lock (_lock)
                    (wasUp, _stage) = (_stage == Stage.Up, Stage.Away);
                if (_stop.IsCancellationRequested)
                    return;
                if (wasUp || end.Reason != said)
                    sink.Down(this, said = end.Reason);
                _stop.Token.WaitHandle.WaitOne(_reconnection.Pause(end.Kind));
            }
        }
        finally
        {
            _ended.TrySetResult();
        }
    }

    /// <summary>
    /// Publishes to itself, in its inbox and as a beacon. A broker that lets a user connect and nothing else says so to nobody at QoS 0, and mosquitto grants a
    /// subscription of which it then passes nothing on. At QoS 1 one of MQTT 5 says what may not be written.
    /// </summary>
    private void Ask()
    {
        lock (_lock)
        {
            if (_stage != Stage.Asking)
                return;
            if (_asked++ == Limits.EchoesMax)
            {
                string part = _inboxHeard ? BeaconPart : _beaconHeard ? InboxPart : "";
                _client.Drop(NotAllowed("read and write", part, "what it publishes there does not come back"));
                return;
            }
            if (!_inboxHeard)
                Ask(_topics.Echo, InboxPart);
            if (!_beaconHeard)
                Ask(_topics.OwnBeacon, BeaconPart);
            _ask.Change(Limits.EchoWait, Timeout.InfiniteTimeSpan);
        }
    }

    private void Ask(string topic, string part)
    {
        if (_client.TryPublish(topic, default, MqttQos.AtLeastOnce, retain: false, out int id))
            _asks[id] = part;
        else
            _client.TryPublish(topic, default, MqttQos.AtMostOnce, retain: false, out _);
    }

    private void OnEcho(string topic)
    {
        lock (_lock)
        {
            if (_stage != Stage.Asking)
                return;
            (_inboxHeard, _beaconHeard) = (_inboxHeard || topic == _topics.Echo, _beaconHeard || topic == _topics.OwnBeacon);
            if (!_inboxHeard || !_beaconHeard)
                return;
            _stage = Stage.Up;
        }
        _sink!.Up(this, new TransportTraits { FrameBytesMax = Limits.FrameBytesMax, Broadcast = true, Cost = _options.Cost });
        TellRoom();
        // Not sooner: kept beacons come at once, and would be heard by nobody.
        _client.TrySubscribe(_topics.Beacons, MqttQos.AtMostOnce);
    }

    /// <param name="part">Of the topics below the root; empty for all.</param>
    private string NotAllowed(string what, string part, string reason) =>
        $"{_options.Broker} does not let this peer {what} \"{_options.TopicRoot}/{part}#\" ({reason}): allow its user there to read and write \"{_options.TopicRoot}/#\"";

    private void Flush()
    {
        lock (_lock)
            if (_stage == Stage.Up)
                Publish();
    }

    private void Publish()
    {
        if (_batch.IsEmpty)
            return;
        string topic = _batchTo.IsBroadcast ? _topics.OwnBeacon : _topics.To(_batchTo);
        int bytes = _batch.Bytes.Length + topic.Length;
        // Its frames are lost like others where the client does not take them: pipes send again.
        if (_client.TryPublish(topic, _batch.Bytes, MqttQos.AtMostOnce, retain: _batchTo.IsBroadcast, out int id))
        {
            Counters.CountSent(bytes);
            _unsent[id] = bytes;
            _unsentBytes += bytes;
        }
        else
        {
            Counters.CountDropped();
        }
        _batch.Clear();
        // Nothing may be left on its way that would tell later.
        if (_unsent.Count == 0)
            TellRoom();
    }

    private void TellRoom()
    {
        int frames;
        lock (_lock)
        {
            if (_stage != Stage.Up)
                return;
            frames = _room = Math.Max(0, Limits.UnsentBytesMax - _unsentBytes - _batch.Bytes.Length) / Limits.FrameBytesMax;
        }
        _sink!.Room(this, frames);
    }

    private const string InboxPart = "to/", BeaconPart = "beacon/";

    private enum Stage : byte
    {
        /// <summary>Not connected.</summary>
        Away,

        /// <summary>Connected; the broker has not yet passed on what was published.</summary>
        Asking,

        Up,
    }
}

/// <summary>How a client is known to a broker, and what it leaves behind.</summary>
/// <param name="ClientId">Unique there.</param>
/// <param name="Will">The topic whose retained message is emptied when the client is gone without a word; null for none.</param>
/// <param name="SessionExpiry">How long the broker keeps subscriptions, and messages for them, of a client that is gone; null when it keeps nothing. A broker of 3.1.1 decides itself.</param>
public readonly record struct MqttPresence(string ClientId, string? Will, TimeSpan? SessionExpiry = null);
