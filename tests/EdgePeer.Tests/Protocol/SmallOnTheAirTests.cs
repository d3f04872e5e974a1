using EdgePeer.Protocol;
using EdgePeer.Wire;
using EdgePeer.Wire.Framing;
using Xunit;

namespace EdgePeer.Tests.Protocol;

/// <summary>What a message costs on a slow line, counted in bytes on the line, and that the short words that make it cheap are never misread.</summary>
public class SmallOnTheAirTests
{
    private readonly Lab _lab = new(11);
    private readonly LabPeer _a, _b;
    private readonly LabLine _line;
    private readonly List<(LabPeer From, int LineBytes)> _packets = [];

    public SmallOnTheAirTests()
    {
        (_a, _b) = (_lab.AddPeer("a"), _lab.AddPeer("b"));
        _line = _lab.Connect(_a, _b, DeliveryTests.Radio with { HalfDuplex = true }, TimeSpan.FromMilliseconds(5));
        _line.Tap = (from, frame) =>
        {
            if (FrameHead.Of(frame[0]).Kind == FrameKind.ShortTagPacket)
                _packets.Add((from, frame.Length + SerialFraming.FramingBytes + LeadingDelimiter));
        };
    }

    [Theory]
    [InlineData(0, 31)]
    [InlineData(100_000, 33)]
    [InlineData(2_000_000, 33)]
    public void A_lone_message_of_12_bytes_costs_31_to_33_bytes_and_its_answer_21(int sequence, int messageBytes)
    {
        BeginAt((ulong)sequence);
        SendAlone(sequence == 0 ? 1 : 300);
        _packets.Clear();
        SendAlone(100);
        Assert.InRange(BytesFrom(_a) / 100.0, messageBytes, messageBytes + 0.5);
        Assert.InRange(BytesFrom(_b) / 100.0, 21, 21.5);
        Assert.Equal(200, _packets.Count);
    }

    [Fact]
    public void A_sync_that_takes_longer_than_its_window_costs_no_second_answer()
    {
        BeginAt(0);
        _b.SyncTime = TimeSpan.FromMilliseconds(55);
        SendAlone(2);
        _packets.Clear();
        SendAlone(50);
        Assert.Equal(100, _packets.Count);
    }

    [Fact]
    public void What_is_consumed_is_told_with_the_next_word_and_the_last_of_it_after_a_quiet_time()
    {
        BeginAt(0);
        SendAlone(10);
        Assert.Equal(9, Consumed);
        int before = _packets.Count;
        Assert.True(_lab.Run(TimeSpan.FromSeconds(30), () => Consumed == 10));
        Assert.InRange(_packets.Count - before, 1, 2);
    }

    [Fact]
    public void Who_waits_for_consumed_is_told_at_once()
    {
        BeginAt(0);
        SendAlone(2);
        for (int i = 0; i < 5; i++)
        {
            _a.Send("readings", new byte[12], Receipt.Consumed);
            Assert.True(_lab.Run(TimeSpan.FromMilliseconds(300), () => Told(Receipt.Consumed) == i + 1), $"message {i}");
        }
    }

    [Fact]
    public void Who_waits_for_consumed_is_told_at_once_by_a_reader_that_has_restarted_meanwhile()
    {
        BeginAt(0);
        SendAlone(2);
        _b.Consumes = false;
        _a.Send("readings", new byte[12], Receipt.Consumed);
        _lab.Run(TimeSpan.FromSeconds(2));
        for (int i = 0; i < 2; i++)
        {
            _b.Restart();
            var reader = _b.Read("readings");
            _b.Delivered.Clear();
            Assert.True(_lab.Run(TimeSpan.FromSeconds(60), () => _b.Delivered.Count > 0 && _b.Node.Status(_lab.Now).Peers.Any(peer => peer.Links.Count > 0)));
            _lab.Run(TimeSpan.FromSeconds(40));
            Assert.Equal(0, Told(Receipt.Consumed));
            if (i == 1)
                _b.Node.Consume(reader, _b.Delivered[0].Stream, _b.Delivered[0].Sequence, _lab.Now);
        }
        Assert.True(_lab.Run(TimeSpan.FromMilliseconds(300), () => Told(Receipt.Consumed) == 1));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(7)]
    public void With_words_lost_all_is_delivered_once_and_in_order_across_the_wrap_of_low_bytes(int nth)
    {
        BeginAt(200);
        int words = 0;
        _line.Loses = (from, frame) => from == _b && FrameHead.Of(frame[0]).Kind == FrameKind.ShortTagPacket && ++words % nth == 0;
        for (int i = 0; i < 600; i++)
        {
            _a.Send("readings", DeliveryTests.Payload(i, 12));
            _lab.Run(TimeSpan.FromMilliseconds(i % 5 == 0 ? 400 : 10));
        }
        Assert.True(_lab.Run(TimeSpan.FromMinutes(2), () => Told(Receipt.Delivered) == 600));
        Assert.Equal(600, _b.Payloads.Count);
        for (int i = 0; i < 600; i++)
            Assert.Equal(DeliveryTests.Payload(i, 12), _b.Payloads[i]);
    }

    /// <summary>Its low byte, read against what is known by now, would be that of a message 256 later.</summary>
    [Fact]
    public void A_word_that_was_overtaken_says_nothing()
    {
        BeginAt(0);
        SendAlone(100);
        byte[]? late = null;
        _line.Loses = (from, frame) => from == _b && late is null && (late = frame) is not null;
        SendAlone(10);
        Assert.NotNull(late);
        _line.Cut = true;
        for (int i = 0; i < 300; i++)
            _a.Send("readings", new byte[12]);
        _lab.Run(TimeSpan.FromMilliseconds(100));
        Assert.Equal(110, Told(Receipt.Delivered));
        _a.Node.OnFrame(new TransportId(0), LinkAddress.Broadcast, late, _lab.Now);
        _lab.Run(TimeSpan.FromMilliseconds(100));
        Assert.Equal(110, Told(Receipt.Delivered));
    }

    /// <summary>In order on its own path, and overtaken by those of another.</summary>
    [Fact]
    public void A_word_that_was_overtaken_on_another_path_says_nothing_new()
    {
        BeginAt(0);
        var other = _lab.Connect(_a, _b, _line.Traits with { Cost = 60 }, TimeSpan.FromMilliseconds(5));
        SendAlone(100);
        byte[]? late = null;
        _line.Loses = (from, frame) => late is not null || (from == _b && FrameHead.Of(frame[0]).Kind == FrameKind.ShortTagPacket && (late = frame) is not null);
        _a.Send("readings", new byte[12]);
        Assert.True(_lab.Run(TimeSpan.FromSeconds(1), () => late is not null));
        _b.Node.OnTransportDown(new TransportId(0), _lab.Now);
        SendAlone(2);
        other.Cut = true;
        for (int i = 0; i < 300; i++)
            _a.Send("readings", new byte[12]);
        _lab.Run(TimeSpan.FromMilliseconds(100));
        long Came() => _a.Node.Status(_lab.Now).Peers[0].Links.Single(link => link.Transport.Value == 0).PacketsReceived;
        long before = Came();
        _a.Node.OnFrame(new TransportId(0), LinkAddress.Broadcast, late!, _lab.Now);
        _lab.Run(TimeSpan.FromMilliseconds(100));
        Assert.Equal(before + 1, Came());
        Assert.Equal(103, Told(Receipt.Delivered));
    }

    [Fact]
    public void A_window_is_told_again_before_it_closes_though_words_are_short()
    {
        // Room for 40 such messages, less what is kept for a large one.
        _b.Buffer.Capacity = 16 << 10;
        BeginAt(0);
        SendAlone(2, 300);
        _packets.Clear();
        SendAlone(200, 300);
        Assert.Equal(0, _a.Node.Status(_lab.Now).Counters.WindowsClosed);
        Assert.Equal(400, _packets.Count);
    }

    [Fact]
    public void A_window_that_closes_while_words_are_short_is_told_and_so_is_its_opening()
    {
        const int All = 150;
        _b.Buffer.Capacity = 8 << 10;
        _b.Consumes = false;
        var reader = _b.Read("readings", window: All);
        for (int i = 0; i < All; i++)
        {
            _a.Send("readings", new byte[12]);
            _lab.Run(TimeSpan.FromMilliseconds(200));
        }
        Assert.InRange(_b.Delivered.Count, 50, All - 20);
        Assert.Equal(_b.Delivered.Count, Told(Receipt.Delivered));
        Assert.InRange(_a.Node.Status(_lab.Now).Counters.Retransmissions, 0, 2);
        _b.Consumes = true;
        _b.Node.Consume(reader, _b.Delivered[^1].Stream, _b.Delivered[^1].Sequence, _lab.Now);
        Assert.True(_lab.Run(TimeSpan.FromSeconds(3), () => Told(Receipt.Delivered) == All));
    }

    [Fact]
    public void On_a_long_path_with_more_than_256_packets_open_nothing_is_taken_for_lost()
    {
        var lab = new Lab(12);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        lab.Connect(a, b, DeliveryTests.Radio with { BitsPerSecond = 4_000_000 }, TimeSpan.FromMilliseconds(600));
        b.Read("readings");
        a.Send("readings", new byte[12]);
        Assert.True(lab.Run(TimeSpan.FromMinutes(1), () => b.Payloads.Count == 1));
        for (int i = 0; i < 3_000; i++)
            a.Send("readings", DeliveryTests.Payload(i, 500), Receipt.Durable);
        long openMost = 0;
        Assert.True(lab.Run(TimeSpan.FromMinutes(2), () =>
        {
            openMost = Math.Max(openMost, a.Node.Status(lab.Now).Peers[0].Links[0].InFlightBytes);
            return b.Payloads.Count == 3_001;
        }));
        Assert.True(openMost > 256 * 576, $"{openMost} bytes open");
        Assert.Equal(0, a.Node.Status(lab.Now).Counters.Retransmissions);
    }

    /// <summary>The sender has more than 256 packets open and nothing but probes to send: short words would say nothing to it for long.</summary>
    [Fact]
    public void After_an_outage_of_one_direction_of_a_long_path_the_next_word_is_understood()
    {
        var lab = new Lab(13);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        var line = lab.Connect(a, b, DeliveryTests.Radio with { BitsPerSecond = 4_000_000 }, TimeSpan.FromMilliseconds(600));
        b.Read("readings");
        a.Send("readings", new byte[12]);
        Assert.True(lab.Run(TimeSpan.FromMinutes(1), () => b.Payloads.Count == 1));
        for (int i = 0; i < 3_000; i++)
            a.Send("readings", DeliveryTests.Payload(i, 500), Receipt.Durable);
        LinkStatus Link() => a.Node.Status(lab.Now).Peers[0].Links[0];
        Assert.True(lab.Run(TimeSpan.FromMinutes(1), () => Link().InFlightBytes > 350 * 576));
        line.Loses = (from, _) => from == b;
        lab.Run(TimeSpan.FromSeconds(8));
        line.Loses = null;
        long before = Link().PacketsReceived;
        Assert.True(lab.Run(TimeSpan.FromSeconds(30), () => a.Node.Status(lab.Now).Pipes[0].Delivered == 3_001), $"{a.Node.Status(lab.Now).Pipes[0].Delivered} {Link()} {before}");
    }

    [Fact]
    public void Words_ride_with_messages_that_go_the_other_way()
    {
        BeginAt(0);
        _a.Read("answers");
        _b.Send("answers", new byte[12]);
        SendAlone(2);
        _packets.Clear();
        // Each takes most of a frame.
        for (int i = 0; i < 200; i++)
        {
            _a.Send("readings", new byte[450]);
            _b.Send("answers", new byte[450]);
        }
        Assert.True(_lab.Run(TimeSpan.FromMinutes(1), () => _a.Payloads.Count == 201 && _b.Payloads.Count == 202));
        Assert.InRange(_packets.Count, 300, 420);
    }

    /// <summary>As if the messages before had been sent in earlier sessions.</summary>
    private void BeginAt(ulong sequence)
    {
        if (sequence > 0)
        {
            var stream = _a.Buffer.Open(StreamDirection.Outgoing, new StreamKey(_a.Options.Peer, PipeName.Parse("readings"), 3, default));
            _a.Buffer.Release(stream.Id, sequence);
            _a.Restart();
        }
        _b.Read("readings");
    }

    private void SendAlone(int count, int length = 12)
    {
        for (int i = 0; i < count; i++)
        {
            int told = Told(Receipt.Delivered);
            _a.Send("readings", new byte[length]);
            Assert.True(_lab.Run(TimeSpan.FromSeconds(60), () => Told(Receipt.Delivered) == told + 1));
            _lab.Run(TimeSpan.FromMilliseconds(500));
        }
    }

    private int Told(Receipt receipt) => _a.Receipts.Count(told => told.Receipt == receipt);

    private long Consumed => _a.Node.Status(_lab.Now).Pipes.Single(pipe => pipe.Name.Text == "readings").Consumed;

    private int BytesFrom(LabPeer peer) => _packets.Where(packet => packet.From == peer).Sum(packet => packet.LineBytes);

    private const int LeadingDelimiter = 1;
}
