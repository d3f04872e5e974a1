using EdgePeer.Protocol;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Tests.Support;
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

    /// <summary>As a member gone bad would: what such a one says is believed, but nothing breaks.</summary>
    [Theory]
    [InlineData(2, PacketLie)]
    [InlineData(3, PacketLie)]
    [InlineData(4, PacketLie)]
    [InlineData(5, BeaconLie)]
    [InlineData(6, HandshakeLie)]
    public void Damaged_content_with_right_seals_breaks_nothing_and_leaves_every_queue_bounded(int seed, int associatedBytes)
    {
        var lab = new Lab(seed);
        var (liarA, liarB) = (new Liar(new Random(seed), associatedBytes), new Liar(new Random(seed + 100), associatedBytes));
        var (a, b) = (lab.AddPeer("a", cryptography: liarA), lab.AddPeer("b", cryptography: liarB));
        lab.Connect(a, b, DeliveryTests.Lan, TimeSpan.FromMilliseconds(1));
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
        Assert.True(liarA.Lies + liarB.Lies > 20, $"only {liarA.Lies + liarB.Lies} lies were told");
        AssertBounded(a, lab.Now);
        AssertBounded(b, lab.Now);
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

    /// <summary>Seals something else than it is given, now and then; what it is, the length of the associated data tells.</summary>
    private sealed class Liar(Random random, int associatedBytes) : ICryptography
    {
        public int Lies { get; private set; }

        public IKeyAgreement Agreement => SystemCryptography.Instance.Agreement;

        public ICipher Cipher(CipherSuite suite) => new LyingCipher(this, SystemCryptography.Instance.Cipher(suite));

        public bool Verify(ReadOnlySpan<byte> publicKey, ReadOnlySpan<byte> statement, ReadOnlySpan<byte> signature) => SystemCryptography.Instance.Verify(publicKey, statement, signature);

        private ReadOnlySpan<byte> Twist(ReadOnlySpan<byte> plain, int associated)
        {
            if (associated != associatedBytes || plain.IsEmpty || random.Next(associated == PacketLie ? 4 : 2) != 0)
                return plain;
            Lies++;
            byte[] twisted = plain.ToArray();
            for (int changes = random.Next(1, 6); changes > 0; changes--)
                twisted[random.Next(twisted.Length)] = (byte)random.Next(256);
            return twisted;
        }

        private sealed class LyingCipher(Liar liar, ICipher cipher) : ICipher
        {
            public string Name => cipher.Name;

            public int TagBytes => cipher.TagBytes;

            public void WriteNonce(ulong counter, Span<byte> nonce) => cipher.WriteNonce(counter, nonce);

            public ICipherKey Create(ReadOnlySpan<byte> key) => new LyingKey(liar, cipher.Create(key));
        }

        private sealed class LyingKey(Liar liar, ICipherKey key) : ICipherKey
        {
            public int TagBytes => key.TagBytes;

            public void Seal(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> plain, Span<byte> into) =>
                key.Seal(nonce, associated, liar.Twist(plain, associated.Length), into);

            public bool TryOpen(ReadOnlySpan<byte> nonce, ReadOnlySpan<byte> associated, ReadOnlySpan<byte> sealedText, Span<byte> into) =>
                key.TryOpen(nonce, associated, sealedText, into);

            public void Dispose() => key.Dispose();
        }
    }

    // A packet's head, a beacon's, and the hash of a handshake.
    private const int PacketLie = 1;
    private const int BeaconLie = BeaconHeader.Bytes;
    private const int HandshakeLie = 32;
}
