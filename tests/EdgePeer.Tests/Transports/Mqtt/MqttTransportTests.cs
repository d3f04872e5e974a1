using System.Collections.Concurrent;
using EdgePeer.Tests.Support;
using EdgePeer.Transports;
using EdgePeer.Transports.Mqtt;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Transports.Mqtt;

/// <summary>The transport's own part, without a broker; what brokers make of it is tested with real ones.</summary>
public sealed class MqttTransportTests : IAsyncDisposable
{
    private static readonly LinkAddress There = new([1, 2, 3, 4, 5, 6, 7, 8]);
    private static readonly LinkAddress Elsewhere = new([9, 9, 9, 9, 9, 9, 9, 9]);
    private readonly ManualTime _time = new();
    private readonly ScriptedClient _client = new();
    private readonly Sink _sink = new();
    private readonly MqttTransport _transport;
    private string _own = "";

    public MqttTransportTests()
    {
        _transport = new MqttTransport(
            new MqttOptions { Name = "cloud", Broker = new MqttBroker { Host = "broker", Port = 1883 }, TopicRoot = "r" },
            (_, presence) =>
            {
                _own = presence.Will!["r/beacon/".Length..];
                return _client;
            },
            _time);
        _transport.Start(_sink);
    }

    public ValueTask DisposeAsync() => _transport.DisposeAsync();

    [Fact]
    public void It_is_up_when_the_broker_passes_on_what_it_publishes_and_hears_beacons_only_then()
    {
        _client.Bring(handler => handler.Connected(MqttVersion.Five, sessionPresent: false));
        string[] own = [$"r/to/{_own}/+", $"r/beacon/{_own}"];
        Assert.Equal(own, _client.Subscribed);
        var questions = _client.Published;
        Assert.Equal([$"r/to/{_own}/{_own}", $"r/beacon/{_own}"], questions.Select(question => question.Topic));
        Assert.All(questions, question => Assert.Equal((0, MqttQos.AtLeastOnce, false), (question.Payload.Length, question.Qos, question.Retain)));

        Echo(questions[0]);
        Assert.Equal(0, _sink.Ups);
        Echo(questions[1]);
        Assert.Equal(1, _sink.Ups);
        Assert.Equal([.. own, "r/beacon/+"], _client.Subscribed);

        // The same again changes nothing.
        Echo(questions[0]);
        Echo(questions[1]);
        Assert.Equal(1, _sink.Ups);
    }

    [Theory]
    [InlineData(0, "beacon/#")]
    [InlineData(1, "to/#")]
    public async Task A_broker_that_passes_on_a_part_is_down_and_the_rest_is_named(int heard, string missing)
    {
        _client.Bring(handler => handler.Connected(MqttVersion.Five, sessionPresent: false));
        Echo(_client.Published[heard]);
        for (int i = 0; i < 10; i++)
            _time.Pass(Limits.EchoWait);
        Assert.Contains($"\"r/{missing}\"", await _sink.DownAsync(), StringComparison.Ordinal);
        Assert.Equal(0, _sink.Ups);
    }

    [Fact]
    public async Task A_broker_that_passes_nothing_on_is_asked_ten_times_and_is_down()
    {
        _client.Bring(handler => handler.Connected(MqttVersion.Five, sessionPresent: false));
        for (int i = 0; i < 10; i++)
            _time.Pass(Limits.EchoWait);
        Assert.Contains("\"r/#\"", await _sink.DownAsync(), StringComparison.Ordinal);
        // In the inbox and as a beacon.
        Assert.Equal(20, _client.Published.Count);
        Assert.Equal(0, _sink.Ups);
    }

    [Fact]
    public async Task A_refused_subscription_is_down_with_the_brokers_reason()
    {
        _client.Bring(handler => handler.Connected(MqttVersion.Five, sessionPresent: false));
        _client.Bring(handler => handler.SubscriptionRefused("Not authorized"));
        string reason = await _sink.DownAsync();
        Assert.Contains("Not authorized", reason, StringComparison.Ordinal);
        Assert.Contains("\"r/#\"", reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Frames_for_one_peer_travel_together_up_to_the_last()
    {
        Connect();
        _transport.Send(There, [1], more: true);
        _transport.Send(There, [2, 2], more: true);
        Assert.Empty(_client.Published);
        _transport.Send(There, [3], more: false);
        var one = Assert.Single(_client.Published);
        Assert.Equal($"r/to/{There}/{_own}", one.Topic);
        Assert.Equal(Convert.FromHexString("000101" + "00020202" + "000103"), one.Payload);
        Assert.Equal((MqttQos.AtMostOnce, false), (one.Qos, one.Retain));
    }

    [Fact]
    public void A_frame_for_another_peer_sends_what_is_gathered()
    {
        Connect();
        _transport.Send(There, [1], more: true);
        _transport.Send(Elsewhere, [2], more: false);
        Assert.Equal([$"r/to/{There}/{_own}", $"r/to/{Elsewhere}/{_own}"], _client.Published.Select(one => one.Topic));
    }

    [Fact]
    public void A_beacon_is_kept_by_the_broker_and_waits_for_none()
    {
        Connect();
        _transport.Send(LinkAddress.Broadcast, [7], more: true);
        var one = Assert.Single(_client.Published);
        Assert.Equal(($"r/beacon/{_own}", true), (one.Topic, one.Retain));
    }

    [Fact]
    public void A_frame_waits_two_milliseconds_for_company()
    {
        Connect();
        _transport.Send(There, [1], more: true);
        _time.Pass(Limits.BatchWait - TimeSpan.FromTicks(1));
        Assert.Empty(_client.Published);
        _time.Pass(TimeSpan.FromTicks(1));
        Assert.Single(_client.Published);
    }

    [Fact]
    public void Room_shrinks_by_what_has_not_left_and_comes_back()
    {
        Connect();
        int most = _sink.Room;
        byte[] frame = new byte[Limits.FrameBytesMax];
        for (int i = 0; i < most; i++)
            _transport.Send(There, frame, more: true);
        var sent = _client.Published;
        Assert.InRange(sent.Sum(one => one.Payload.Length), most * Limits.FrameBytesMax, Limits.UnsentBytesMax + (Limits.FrameBytesMax * 2));
        _client.Bring(handler => handler.Sent(sent[0].Id));
        Assert.InRange(_sink.Room, 1, 4);
        foreach (var one in sent.Skip(1))
            _client.Bring(handler => handler.Sent(one.Id));
        Assert.Equal(most, _sink.Room);
    }

    [Fact]
    public void What_the_client_does_not_take_is_dropped_and_leaves_room()
    {
        Connect();
        _client.Takes = false;
        for (int i = 0; i < _sink.Room; i++)
            _transport.Send(There, [1], more: false);
        Assert.InRange(_transport.Counters.FramesDropped, 1, long.MaxValue);
        Assert.InRange(_sink.Room, 1, int.MaxValue);
    }

    [Fact]
    public void Frames_are_received_from_whom_the_topic_names()
    {
        Connect();
        _client.Bring(handler => handler.Received(new MqttReceived($"r/to/{_own}/{There}", Convert.FromHexString("000101" + "00020202"), retained: false, null)));
        _client.Bring(handler => handler.Received(new MqttReceived($"r/beacon/{Elsewhere}", Convert.FromHexString("000107"), retained: false, null)));
        Assert.Equal(["0102030405060708 01", "0102030405060708 0202", "0909090909090909 07"], _sink.Frames);
        Assert.Equal(0, _transport.Counters.FramesDropped);
    }

    [Fact]
    public void A_farewell_its_own_beacon_and_an_echo_are_no_frames_and_no_faults()
    {
        Connect();
        _client.Bring(handler => handler.Received(new MqttReceived($"r/beacon/{There}", [], retained: false, null)));
        _client.Bring(handler => handler.Received(new MqttReceived($"r/beacon/{_own}", [0, 1, 7], retained: false, null)));
        _client.Bring(handler => handler.Received(new MqttReceived($"r/to/{_own}/{_own}", [0, 1, 7], retained: false, null)));
        Assert.Empty(_sink.Frames);
        Assert.Equal(0, _transport.Counters.FramesDropped);
    }

    [Fact]
    public void What_is_no_batch_and_what_is_nobodys_is_counted()
    {
        Connect();
        _client.Bring(handler => handler.Received(new MqttReceived($"r/beacon/{There}", [0, 1, 7, 0], retained: false, null)));
        _client.Bring(handler => handler.Received(new MqttReceived("r/beacon/nobody", [0, 1, 7], retained: false, null)));
        Assert.Single(_sink.Frames);
        Assert.Equal(2, _transport.Counters.FramesDropped);
    }

    [Fact]
    public async Task Frames_are_dropped_while_it_is_down_and_none_of_before_leaves_later()
    {
        Connect();
        _transport.Send(There, [1], more: true);
        _client.End(MqttEndKind.Lost, "lost");
        await _sink.DownAsync();
        _transport.Send(There, [2], more: false);
        Assert.Equal(1, _transport.Counters.FramesDropped);
        Connect();
        _transport.Send(There, [3], more: false);
        Assert.Equal([0, 1, 3], Assert.Single(_client.Published).Payload);
    }

    [Fact]
    public async Task The_same_failure_is_said_once()
    {
        for (int i = 0; i < 2; i++)
            _client.End(MqttEndKind.NotReached, "nobody there");
        _client.End(MqttEndKind.NotReached, "no such name");
        Assert.Equal("nobody there", await _sink.DownAsync());
        Assert.Equal("no such name", await _sink.DownAsync());
    }

    [Fact]
    public async Task Who_goes_on_purpose_takes_its_beacon_along()
    {
        Connect();
        await _transport.DisposeAsync();
        var last = _client.Published[^1];
        Assert.Equal(($"r/beacon/{_own}", 0, true), (last.Topic, last.Payload.Length, last.Retain));
    }

    private void Connect()
    {
        _client.Bring(handler => handler.Connected(MqttVersion.Five, sessionPresent: false));
        foreach (var question in _client.Published)
            Echo(question);
        _client.Forget();
    }

    private void Echo(Publication question) => _client.Bring(handler => handler.Received(new MqttReceived(question.Topic, question.Payload, retained: false, null)));

    private sealed class Sink : ITransportSink
    {
        private readonly BlockingCollection<string> _downs = [];

        public int Ups { get; private set; }

        public int Room { get; private set; }

        public List<string> Frames { get; } = [];

        public Task<string> DownAsync() => Task.Run(() => _downs.TryTake(out string? reason, TimeSpan.FromSeconds(30)) ? reason : throw new TimeoutException("it was never down"));

        public void Up(ITransport transport, TransportTraits traits) => Ups++;

        public void Down(ITransport transport, string reason) => _downs.Add(reason);

        public void Received(ITransport transport, in LinkAddress from, ReadOnlySpan<byte> frame) => Frames.Add($"{from} {Convert.ToHexString(frame)}");

        public void PathMtu(ITransport transport, in LinkAddress to, int frameBytesMax)
        {
        }

        public void Warn(ITransport transport, string text)
        {
        }

        void ITransportSink.Room(ITransport transport, int frames) => Room = frames;
    }
}
