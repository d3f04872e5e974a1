using EdgePeer.Agent.Configuration;
using EdgePeer.Runtime;
using EdgePeer.Transports.Mqtt;
using EdgePeer.Wire;

namespace EdgePeer.Agent.Bridges;

/// <summary>
/// Publishes what is read from a pipe: BRIDGE.md, "To a broker". A reader of the pipe lives as long as one connection; what it has not
/// consumed, the next one reads again, and what of that is published again depends on what the broker remembers.
/// </summary>
internal sealed class ToBrokerBridge : IBridge, IMqttHandler
{
    private readonly ToBrokerConfiguration _configuration;
    private readonly PeerHost _host;
    private readonly Action<string> _log;
    private readonly TimeProvider _time;
    private readonly IMqttClient _client;
    private readonly BridgeLine _line;
    private readonly Publications _publications;
    private readonly RareLine _passedBy;
    private readonly CancellationTokenSource _stop = new();

    /// <summary>Held while a message is published, so that its acknowledgement finds it in the ledger.</summary>
    private readonly Lock _lock = new();

    private readonly BridgeCounters _counters = new();
    private readonly Dictionary<StreamKey, ReceivedMessage> _consumable = [];
    private readonly LostWithMessage _lost = new();
    private PublishLedger _ledger;
    private IPipeReader? _reader;
    private CancellationTokenSource? _connection;
    private TaskCompletionSource? _waiter;
    private string? _downReason = "not yet connected";
    private Task _running = Task.CompletedTask;
    private bool _refusing, _saidNoIds;

    // Since the broker's memory began, as far as is known here.
    private long _consumed;
    private readonly Dictionary<StreamKey, ulong> _lastConsumed = [];

    public ToBrokerBridge(ToBrokerConfiguration configuration, PeerHost host, BridgeOwner owner)
    {
        _configuration = configuration;
        _host = host;
        _log = owner.Log;
        _time = owner.Time;
        _client = owner.MakeClient(configuration.Broker, BridgeIdentity.Presence(configuration, owner.Peer));
        _publications = new Publications(configuration, new MessageTopics(configuration.Topic, new WriterNames(host, owner.Peer, owner.Name), owner.Time));
        _passedBy = new RareLine(owner.Log);
        _line = new BridgeLine(configuration.Pipe.Text, _client, this, OnDown);
        _ledger = new PublishLedger(configuration.Replay, 0);
    }

    public BridgeConfiguration Configuration => _configuration;

    public BridgeView View
    {
        get
        {
            lock (_lock)
                return new BridgeView(
                    _configuration.Pipe.Text, _configuration.Transport, _configuration.Broker.ToString(), _configuration.Direction, _configuration.Topic.Text, _downReason is null, _downReason,
                    _counters.Published, _counters.Acknowledged, _ledger.InFlight, _ledger.Held, _counters.Replayed, _counters.Forgotten, _counters.Refused, 0);
        }
    }

    public void Start()
    {
        _running = RunAsync();
        _line.Start();
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _line.DisposeAsync();
        await _running;
        _stop.Dispose();
    }

    void IMqttHandler.Connected(MqttVersion version, bool sessionPresent)
    {
        _line.OnConnected();
        lock (_lock)
        {
            if (!sessionPresent)
                CountForgotten();
            if (!sessionPresent || _configuration.Replay.Always)
                _ledger.OnBrokerForgot();
            _connection = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
            // A broker that took nothing last time is not said to be up before it does.
            if (!_refusing)
                Up();
            Signal();
        }
        if (version == MqttVersion.Three && !_configuration.Topic.HasId && _configuration.Envelope != BridgeEnvelope.Wrap && !_saidNoIds)
        {
            _saidNoIds = true;
            _log($"bridge {_configuration.Pipe}: {_configuration.Broker} speaks MQTT 3.1.1, which has no room for message ids, and consumers can't tell repeats: "
                + (_configuration.Envelope == BridgeEnvelope.Unwrap ? "content types and expiries do not go there either" : $"add \"envelope\": \"wrap\", or add /{{id}} to \"topic\" and subscribe {_configuration.Topic.Text}/+"));
        }
    }

    void IMqttHandler.SubscriptionRefused(string reason)
    {
        // Nothing is subscribed.
    }

    bool IMqttHandler.Received(in MqttReceived message) => true;

    void IMqttHandler.Sent(int id)
    {
        lock (_lock)
        {
            if (!_ledger.OnAcknowledged(id, _time.GetUtcNow()))
                return;
            _counters.Acknowledged++;
            _lost.Clear();
            if (_refusing)
                Up();
            if (_ledger.Held >= _configuration.Replay.Messages + ConsumedAtOnce)
                ConsumeOutside();
            Signal();
        }
    }

    void IMqttHandler.Refused(int id, MqttRefusal refusal, string reason)
    {
        lock (_lock)
        {
            if (refusal == MqttRefusal.Never)
            {
                if (_ledger.OnRefused(id, _time.GetUtcNow(), out long bytes) is { } message)
                    CountRefused(message, $"{_configuration.Broker} does not take it, with {bytes} bytes ({reason}): allow it there (mosquitto: message_size_limit), or send less at once");
                _lost.Clear();
                Signal();
                return;
            }
            // It stays in flight, and is published again when the broker may have been told to take it.
            _refusing = true;
        }
        _client.Drop($"{_configuration.Broker} does not take what is published to \"{_configuration.Topic.Text}\" ({reason}): allow its user to write there");
    }

    private void Up()
    {
        // A word of the broker may come while what is to end this connection is under way.
        if (_downReason is not null)
            _log($"bridge {_configuration.Pipe}: {_configuration.Broker}: up");
        (_refusing, _downReason) = (false, null);
    }

    private void OnDown(MqttEnd end)
    {
        CancellationTokenSource? ended;
        lock (_lock)
        {
            string reason = end.Kind == MqttEndKind.Lost && _lost.Count(_ledger.First(out long bytes), bytes) is { } suspicion ? $"{end.Reason}; {suspicion}" : end.Reason;
            if (_downReason != reason && end.Kind != MqttEndKind.Stopped)
                _log($"bridge {_configuration.Pipe}: down: {reason}");
            _downReason = reason;
            (ended, _connection) = (_connection, null);
        }
        ended?.Cancel();
    }

    /// <summary>The broker knows nothing of what it had acknowledged. Under the lock.</summary>
    private void CountForgotten()
    {
        if (_consumed == 0)
            return;
        _counters.Forgotten += _consumed;
        string last = string.Join(", ", _lastConsumed.Take(NamedMax).Select(one => $"{one.Key.Sender.ToShortString()} {one.Key.Pipe}:{one.Key.Lane}:{one.Value}"));
        _log($"bridge {_configuration.Pipe}: {_configuration.Broker} has come back without its memory: what it had acknowledged and is still here goes there again; {_consumed} messages, up to {last}, are beyond the replay window, and whether their consumers had them is not known");
        _consumed = 0;
        _lastConsumed.Clear();
    }

    private async Task RunAsync()
    {
        using var tick = _time.CreateTimer(_ => OnTick(), null, TickEvery, TickEvery);
        try
        {
            var journal = (await _host.StatusAsync()).Journal;
            lock (_lock)
                _ledger = new PublishLedger(
                    _configuration.Replay, Math.Min(journal.CapacityBytes / Limits.ReplayJournalDivisor, (_configuration.PipeCapacityBytes ?? long.MaxValue) / Limits.ReplayPipeDivisor));
            while (!_stop.IsCancellationRequested)
                await ReadAsync();
        }
        catch (Exception fault) when (fault is OperationCanceledException or ObjectDisposedException)
        {
            // The bridge, or the agent, has stopped.
        }
    }

    /// <summary>One reader's life: opened while there is no connection too, so that writers learn of the endpoint.</summary>
    private async Task ReadAsync()
    {
        await using var reader = _host.OpenReader(_configuration.Pipe, BridgeIdentity.Endpoint, _configuration.Replay.Messages + Limits.PublishedMax, own: true);
        var connected = await ConnectedAsync();
        lock (_lock)
            _reader = reader;
        try
        {
            while (true)
            {
                await RoomAsync(connected);
                if (await reader.ReadAsync(connected) is not { } message)
                {
                    await _stop.CancelAsync();
                    return;
                }
                await TakeAsync(message, connected);
            }
        }
        catch (OperationCanceledException)
        {
            // The connection has ended.
        }
        catch (PipeRefusedException refused)
        {
            _client.Drop($"pipe {_configuration.Pipe} cannot be read: {refused.Message}");
            await Task.Delay(RefusedPause, _time, _stop.Token);
        }
        finally
        {
            lock (_lock)
            {
                _reader = null;
                _ledger.OnReaderEnded();
            }
        }
    }

    private async Task TakeAsync(ReceivedMessage message, CancellationToken connected)
    {
        var publication = await _publications.OfAsync(message);
        lock (_lock)
        {
            connected.ThrowIfCancellationRequested();
            if (_ledger.IsAcknowledged(message))
            {
                _ledger.HoldAgain(message, _time.GetUtcNow());
                return;
            }
            if (publication.Fault is { } fault)
            {
                PassBy(message, fault);
                return;
            }
            switch (_client.Publish(publication.Topic, publication.Payload.Span, MqttQos.AtLeastOnce, publication.Retain, publication.Properties, out int id))
            {
                case MqttTaken.Yes:
                    _counters.Replayed += _ledger.WasAcknowledged(message) ? 1 : 0;
                    _counters.Published++;
                    _ledger.OnPublished(message, id);
                    break;
                case MqttTaken.Never:
                    PassBy(message, $"with {publication.Payload.Length} bytes it is longer than {_configuration.Broker} takes: allow more there, or send less at once");
                    break;
                case MqttTaken.NotAtThisQos:
                    // Not the connection in which it is tried again.
                    (_refusing, _connection) = (true, null);
                    _client.Drop($"{_configuration.Broker} takes messages at QoS 0 only, where it acknowledges nothing: allow QoS 1 there");
                    goto default;
                default:
                    // Its end is about to be heard of; the message is read again.
                    throw new OperationCanceledException(connected);
            }
        }
    }

    /// <summary>Nobody can take it. Under the lock.</summary>
    private void PassBy(ReceivedMessage message, string reason)
    {
        _ledger.OnRefused(message, _time.GetUtcNow());
        CountRefused(message, reason);
    }

    private void CountRefused(ReceivedMessage message, string reason)
    {
        _counters.Refused++;
        _passedBy.Say($"bridge {_configuration.Pipe}: message {message.Sequence} of {message.Stream} is passed by: {reason}");
    }

    private void OnTick()
    {
        lock (_lock)
            ConsumeOutside();
    }

    private void ConsumeOutside()
    {
        if (_reader is null)
            return;
        _consumed += _ledger.TakeOutside(_time.GetUtcNow(), _consumable);
        foreach (var (stream, message) in _consumable)
        {
            _reader.Consume(message);
            if (_lastConsumed.Count < Limits.BridgedStreamsMax || _lastConsumed.ContainsKey(stream))
                _lastConsumed[stream] = message.Sequence;
        }
        _consumable.Clear();
    }

    /// <returns>Cancelled when the connection has ended.</returns>
    private async Task<CancellationToken> ConnectedAsync()
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_connection is { } connection)
                    return connection.Token;
                changed = Changed();
            }
            await changed.WaitAsync(_stop.Token);
        }
    }

    private async ValueTask RoomAsync(CancellationToken connected)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (_ledger.InFlight < Limits.PublishedMax && _ledger.InFlightBytes < Limits.PublishedBytesMax)
                    return;
                changed = Changed();
            }
            await changed.WaitAsync(connected);
        }
    }

    private Task Changed() => (_waiter ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    private void Signal()
    {
        _waiter?.TrySetResult();
        _waiter = null;
    }

    // A word to the journal for so many.
    private const int ConsumedAtOnce = 64;

    // Streams whose last message a line names.
    private const int NamedMax = 4;

    private static readonly TimeSpan TickEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan RefusedPause = TimeSpan.FromSeconds(10);
}
