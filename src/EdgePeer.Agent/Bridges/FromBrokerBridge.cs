using System.Globalization;
using EdgePeer.Agent.Configuration;
using EdgePeer.Protocol;
using EdgePeer.Runtime;
using EdgePeer.Transports.Mqtt;

namespace EdgePeer.Agent.Bridges;

/// <summary>
/// Writes to a pipe what a broker passes on: BRIDGE.md, "From a broker". Each message is on flash here before it is acknowledged there,
/// and while the pipe takes none, the broker keeps them.
/// </summary>
internal sealed class FromBrokerBridge : IBridge, IMqttHandler
{
    private readonly FromBrokerConfiguration _configuration;
    private readonly PeerHost _host;
    private readonly Action<string> _log;
    private readonly IMqttClient _client;
    private readonly BridgeLine _line;
    private readonly string _filter;
    private readonly Lock _lock = new();
    private readonly BridgeCounters _counters = new();
    private readonly RareLine _passedBy;
    private string? _downReason = "not yet connected";

    // The pipe took no message, and has not taken one since.
    private bool _full;

    public FromBrokerBridge(FromBrokerConfiguration configuration, PeerHost host, BridgeOwner owner)
    {
        _configuration = configuration;
        _host = host;
        _log = owner.Log;
        _passedBy = new RareLine(owner.Log);
        _filter = configuration.Topic.Fill(new TopicWords(owner.Name, owner.Peer.ToString(), configuration.Pipe.Text));
        _client = owner.MakeClient(configuration.Broker, BridgeIdentity.Presence(configuration, owner.Peer));
        _line = new BridgeLine(configuration.Pipe.Text, _client, this, OnDown);
    }

    public BridgeConfiguration Configuration => _configuration;

    public BridgeView View
    {
        get
        {
            lock (_lock)
                return new BridgeView(
                    _configuration.Pipe.Text, _configuration.Transport, _configuration.Broker.ToString(), _configuration.Direction, _filter, _downReason is null, _downReason,
                    0, _counters.Acknowledged, 0, 0, 0, 0, _counters.Refused, _counters.Received);
        }
    }

    public void Start() => _line.Start();

    public ValueTask DisposeAsync() => _line.DisposeAsync();

    void IMqttHandler.Connected(MqttVersion version, bool sessionPresent)
    {
        _line.OnConnected();
        // A session of 3.1.1 has its subscription still, and would give kept messages once more for a second one.
        if (version == MqttVersion.Five || !sessionPresent)
            _client.TrySubscribe(_filter, MqttQos.AtLeastOnce);
        else
            ((IMqttHandler)this).Subscribed(MqttQos.AtLeastOnce);
    }

    void IMqttHandler.Subscribed(MqttQos granted)
    {
        if (granted < MqttQos.AtLeastOnce)
        {
            _client.Drop($"{_configuration.Broker} gives \"{_filter}\" at QoS 0 only, where nothing is acknowledged and what is on its way can be lost: allow QoS 1 there");
            return;
        }
        lock (_lock)
            if (!_full)
                Up();
    }

    void IMqttHandler.SubscriptionRefused(string reason) =>
        _client.Drop($"{_configuration.Broker} does not let this peer read \"{_filter}\" ({reason}): allow its user to read there");

    void IMqttHandler.Sent(int id)
    {
        // Nothing is published.
    }

    bool IMqttHandler.Received(in MqttReceived message)
    {
        lock (_lock)
            _counters.Received++;
        byte[] written = Written(message);
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(_line.Stopping);
        patience.CancelAfter(RoomWait);
        SendResult result;
        try
        {
            // The broker's word for what is left of it is in whole seconds, and may be none.
            var ttl = message.Properties?.Expiry is { } expiry ? Longer(expiry, ConfigurationReader.TtlMin) : (TimeSpan?)null;
            result = _host.SendAsync(_configuration.Pipe, written, new SendOptions(IdOf(message), Ttl: ttl, Hurry: true), patience.Token).GetAwaiter().GetResult();
        }
        catch (OperationCanceledException)
        {
            return GiveBack($"pipe {_configuration.Pipe} is full: messages wait at {_configuration.Broker}");
        }
        catch (IOException fault)
        {
            return GiveBack(fault.Message);
        }
        if (result.Reached == Receipt.Rejected && (written.Length <= AlwaysFits || _line.Stopping.IsCancellationRequested || _host.Failed.IsCompleted))
            return GiveBack($"pipe {_configuration.Pipe} takes no message: {result.Reason}");
        lock (_lock)
        {
            if (_full)
                Up();
            _counters.Acknowledged++;
            _counters.Refused += result.Reached == Receipt.Rejected ? 1 : 0;
        }
        if (result.Reached == Receipt.Rejected)
            SayRefused(message, result.Reason);
        return true;
    }

    private void OnDown(MqttEnd end)
    {
        lock (_lock)
        {
            if (_downReason != end.Reason && end.Kind != MqttEndKind.Stopped)
                _log($"bridge {_configuration.Pipe}: down: {end.Reason}");
            _downReason = end.Reason;
        }
    }

    /// <returns>What the message is not to be: acknowledged.</returns>
    private bool GiveBack(string reason)
    {
        lock (_lock)
            _full = true;
        _client.Drop(reason);
        return false;
    }

    private void Up()
    {
        // A word of the broker may come while what is to end this connection is under way.
        if (_downReason is not null)
            _log($"bridge {_configuration.Pipe}: {_configuration.Broker}: up");
        (_full, _downReason) = (false, null);
    }

    private byte[] Written(in MqttReceived message) => _configuration.Envelope == BridgeEnvelope.Wrap
        ? new BrokerMessage(message.Topic, message.Retained, message.Properties?.ContentType is { Length: > 0 } type ? type : null, (uint?)message.Properties?.Expiry?.TotalSeconds, message.Payload.ToArray()).Write()
        : message.Payload.ToArray();

    private void SayRefused(in MqttReceived message, string? reason)
    {
        string topic = message.Topic.Length > TopicSaid ? message.Topic[..TopicSaid] + "…" : message.Topic;
        _passedBy.Say(string.Create(CultureInfo.InvariantCulture, $"bridge {_configuration.Pipe}: a message of {message.Payload.Length} bytes from \"{topic}\" is passed by: {reason}"));
    }

    private static string? IdOf(in MqttReceived message)
    {
        foreach (var (name, value) in message.Properties?.User ?? [])
            if (name == BridgeIdentity.IdProperty)
                return value.Length is > 0 and <= Limits.ClientIdLengthMax ? value : null;
        return null;
    }

    private static TimeSpan Longer(TimeSpan a, TimeSpan b) => a > b ? a : b;

    // A quarter of the least that a pipe's capacity can be, and of any journal's share: what is refused at this length is refused for want of room.
    private const int AlwaysFits = 8 << 10;

    private const int TopicSaid = 80;

    // Shorter than what the broker waits for a word of ours.
    private static readonly TimeSpan RoomWait = TimeSpan.FromSeconds(20);
}
