using EdgePeer.Protocol;
using EdgePeer.Tests.Support;
using EdgePeer.Tests.Wire;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol;

/// <summary>What comes from outside never throws, never fills the node up, and without a right tag changes nothing.</summary>
public class NodeFuzzTests
{
    [Fact]
    public void Damaged_copies_of_all_frames_and_noise_between_them_lose_and_repeat_nothing()
    {
        var random = new Random(1);
        var lab = new Lab(1);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        var line = lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1), 0.05);
        int injected = 0;
        line.Tap = (from, frame) =>
        {
            var to = from == a ? b : a;
            Inject(lab, from == a ? 1 : 2, to, Mutation.Of(random, frame));
            Inject(lab, from == a ? 1 : 2, to, Mutation.Bytes(random, 1_400));
            Inject(lab, random.Next(256), to, frame);
            injected += 3;
        };
        b.Read("readings");
        for (int i = 0; i < 300; i++)
            a.Send("readings", DeliveryTests.Payload(i, 200));
        Assert.True(lab.Run(TimeSpan.FromMinutes(5), () => b.Payloads.Count >= 300 && a.Receipts.Count(r => r.Receipt == Receipt.Delivered) == 300));
        Assert.Equal(300, b.Payloads.Count);
        for (int i = 0; i < 300; i++)
            Assert.Equal(DeliveryTests.Payload(i, 200), b.Payloads[i]);
        var counters = b.Node.Status(lab.Now).Counters;
        Assert.True(counters.FramesDropped + counters.FramesMalformed > injected / 10, "hardly anything was found damaged");
    }

    /// <summary>As an enemy who knows both boots would: what such a one says is believed, but nothing breaks.</summary>
    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Damaged_packets_with_right_tags_break_nothing_and_leave_every_queue_bounded(int seed)
    {
        var random = new Random(seed);
        var lab = new Lab(seed);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        var line = lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        var forger = new Forger(random);
        int forged = 0;
        line.Tap = (from, frame) =>
        {
            forger.Learn(frame);
            var to = from == a ? b : a;
            if (random.Next(4) != 0 || !forger.TryForgePacket(frame, from.Options.Peer, to.Options.Peer, out byte[] damaged))
                return;
            Inject(lab, from == a ? 1 : 2, to, damaged);
            forged++;
        };
        for (int i = 0; i < 200; i++)
        {
            // What was forged may end a conversation for good: begin a new one now and then.
            if (i % 10 == 0)
            {
                (i % 20 == 0 ? a : b).Restart();
                a.Read("commands");
                b.Read("readings");
            }
            a.Send("readings", DeliveryTests.Payload(i, 10 + (i * 50)), Receipt.Durable);
            b.Send("commands", DeliveryTests.Payload(i, 50), Receipt.Durable);
            lab.Run(TimeSpan.FromMilliseconds(100));
        }
        Assert.True(forged > 100, $"only {forged} packets were forged");
        AssertBounded(a, lab.Now);
        AssertBounded(b, lab.Now);
    }

    /// <summary>As an enemy who knows the group would, who makes up peers, boots, labels and addresses.</summary>
    [Fact]
    public void Damaged_beacons_and_greetings_with_right_tags_leave_every_queue_bounded()
    {
        var random = new Random(6);
        var lab = new Lab(6);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        var line = lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        var overheard = new List<byte[]>();
        line.Tap = (_, frame) =>
        {
            if (FrameHead.Of(frame[0]).Kind != FrameKind.Packet)
                overheard.Add(frame);
        };
        lab.Run(TimeSpan.FromSeconds(5));
        line.Tap = null;
        Assert.Contains(overheard, frame => FrameHead.Of(frame[0]).Kind == FrameKind.Open);

        int most = 0;
        for (int i = 0; i < 2_000; i++)
        {
            Inject(lab, random.Next(256), a, Forger.ForgeForGroup(random, overheard[random.Next(overheard.Count)]));
            lab.Run(TimeSpan.FromMilliseconds(5));
            most = Math.Max(most, a.Node.Status(lab.Now).Peers.Count);
        }
        Assert.True(most > 50, $"at most {most} made-up peers were believed in");
        AssertBounded(a, lab.Now);
    }

    [Fact]
    public void Noise_on_every_transport_is_counted_and_answered_by_nothing()
    {
        var random = new Random(5);
        var lab = new Lab(5);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        var line = lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
        line.Cut = true;
        lab.Run(TimeSpan.FromSeconds(1));
        for (int i = 0; i < 20_000; i++)
            a.Node.OnFrame(new TransportId(0), new LinkAddress([(byte)random.Next(256)]), Mutation.Bytes(random, 300), lab.Now);
        byte[] frame = new byte[1_400];
        int answers = 0;
        while (a.Node.TryCompose(new TransportId(0), lab.Now, frame, out var sent))
        {
            // A packet under an unknown label may be answered by one hint, which is shorter than any packet.
            Assert.Equal(FrameKind.Hint, FrameHead.Of(frame[0]).Kind);
            Assert.Equal(HintFrame.Bytes, sent.Length);
            answers++;
        }
        Assert.InRange(answers, 0, 1);
        var counters = a.Node.Status(lab.Now).Counters;
        Assert.InRange(counters.FramesDropped + counters.FramesMalformed, 15_000, 20_000);
        Assert.Empty(a.Node.Status(lab.Now).Peers);
    }

    private static void Inject(Lab lab, int source, LabPeer to, byte[] frame) =>
        lab.At(lab.Now, () => to.Node.OnFrame(new TransportId(0), new LinkAddress([(byte)source]), frame, lab.Now));

    private static void AssertBounded(LabPeer peer, Instant now)
    {
        var status = peer.Node.Status(now);
        Assert.InRange(status.Peers.Count, 0, Limits.SessionsMax);
        Assert.All(status.Peers, other => Assert.InRange(other.Links.Count, 0, Limits.PathsPerSessionMax));
        Assert.InRange(status.Pipes.Count, 0, Limits.PipesMax);
        Assert.InRange(peer.Buffer.Streams().Count(stream => stream.Direction == StreamDirection.Incoming), 0, Limits.IncomingStreamsMax);
        // Whatever waits to be said is said in a bounded number of frames.
        byte[] frame = new byte[1_400];
        int frames = 0;
        while (peer.Node.TryCompose(new TransportId(0), now, frame, out _))
            Assert.InRange(++frames, 1, Limits.GreetingsQueuedMax + (Limits.SessionsMax * Limits.PathsPerSessionMax) + Limits.ControlsMax);
    }

    /// <summary>Mends the tags of damaged frames, with the boots that it has overheard.</summary>
    private sealed class Forger(Random random)
    {
        private readonly Dictionary<PeerId, ulong> _boots = [];

        /// <summary>Every second one is whole but for its peer, which nobody knows.</summary>
        public static byte[] ForgeForGroup(Random random, byte[] frame)
        {
            if (random.Next(2) == 0)
                return Damaged(random, frame, 1, Group);
            byte[] stranger = [.. frame];
            random.NextBytes(stranger.AsSpan(1, PeerId.SizeBytes));
            return Legal.Tagged(stranger, Group);
        }

        public void Learn(byte[] frame)
        {
            if (FrameHead.Of(frame[0]).Kind is FrameKind.Open or FrameKind.Accept && GreetingFrame.TryRead(frame, Group, out var greeting) == FrameFault.None)
                _boots[greeting.Peer] = greeting.Boot;
        }

        /// <summary>Label and number stay, so that what is damaged reaches the path.</summary>
        public bool TryForgePacket(byte[] frame, PeerId from, PeerId to, out byte[] damaged)
        {
            damaged = [];
            if (FrameHead.Of(frame[0]).Kind != FrameKind.Packet || !_boots.TryGetValue(from, out ulong sender) || !_boots.TryGetValue(to, out ulong receiver))
                return false;
            damaged = Damaged(random, frame, 4 + (frame[0] & 3), Tag.SeedOfSession(sender, receiver));
            return true;
        }

        private static byte[] Damaged(Random random, byte[] frame, int headBytes, uint seed) =>
            Legal.Tagged([.. frame[..headBytes], .. Mutation.Of(random, frame.AsSpan(headBytes..^FrameHead.TagBytes)), 0, 0, 0, 0], seed);

        private static readonly uint Group = Tag.SeedOfGroup("default");
    }
}
