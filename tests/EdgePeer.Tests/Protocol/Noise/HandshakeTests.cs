using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Noise;
using EdgePeer.Tests.Support;
using Xunit;

namespace EdgePeer.Tests.Protocol.Noise;

/// <summary>Handshakes as EdgePeer makes them: P-256, and a secret of the group before all else.</summary>
public class HandshakeTests
{
    [Theory, MemberData(nameof(Protocols))]
    public void Both_ends_come_to_the_same_keys_and_know_each_other(string pattern, CipherSuite suite)
    {
        using var run = new HandshakeRun(pattern, suite);
        var random = new Random(1);
        while (!run.IsComplete)
            run.Step(Mutation.Bytes(random, 100));
        Assert.True(run.Initiator.HandshakeHash.SequenceEqual(run.Responder.HandshakeHash));
        Assert.True(run.Initiator.RemoteStatic.SequenceEqual(run.ResponderKey.PublicKey));
        Assert.True(run.Responder.RemoteStatic.SequenceEqual(run.InitiatorKey.PublicKey));
        byte[] sendingA = new byte[32], receivingA = new byte[32], sendingB = new byte[32], receivingB = new byte[32];
        run.Initiator.Split(sendingA, receivingA);
        run.Responder.Split(sendingB, receivingB);
        Assert.Equal(sendingA, receivingB);
        Assert.Equal(sendingB, receivingA);
        Assert.NotEqual(sendingA, receivingA);
    }

    /// <summary>Damage at each message; then the right one still fits, so damage cannot end a handshake either.</summary>
    [Theory, MemberData(nameof(Protocols))]
    public void Damaged_messages_are_refused_and_change_nothing(string pattern, CipherSuite suite)
    {
        using var run = new HandshakeRun(pattern, suite);
        var random = new Random(2);
        byte[] payload = [1, 2, 3, 4, 5], into = new byte[200];
        while (!run.IsComplete)
        {
            byte[] message = run.Write(payload);
            for (int bit = 0; bit < message.Length * 8; bit++)
            {
                message[bit / 8] ^= (byte)(1 << (bit % 8));
                Assert.False(run.Reader.TryRead(message, into, out _), $"bit {bit} flipped");
                message[bit / 8] ^= (byte)(1 << (bit % 8));
            }
            for (int length = 0; length < message.Length; length++)
                Assert.False(run.Reader.TryRead(message.AsSpan(0, length), into, out _), $"cut to {length}");
            for (int i = 0; i < 100; i++)
            {
                byte[] mutated = Mutation.Of(random, message);
                Assert.False(!mutated.AsSpan().SequenceEqual(message) && run.Reader.TryRead(mutated, into, out _));
            }
            Assert.False(run.Reader.TryRead(new byte[NoiseProtocol.MessageBytesMax + 1], new byte[NoiseProtocol.MessageBytesMax], out _));
            Assert.True(run.Reader.TryRead(message, into, out int payloadBytes));
            Assert.Equal(payload, into[..payloadBytes]);
            run.Turn();
        }
        Assert.True(run.Initiator.HandshakeHash.SequenceEqual(run.Responder.HandshakeHash));
    }

    [Theory, MemberData(nameof(Protocols))]
    public void Without_the_secret_not_even_the_first_message_is_read(string pattern, CipherSuite suite)
    {
        byte[] wrong = HandshakeRun.GroupSecret();
        wrong[31] ^= 1;
        using var run = new HandshakeRun(pattern, suite, responderPsk: wrong);
        Assert.False(run.Reader.TryRead(run.Write([1]), new byte[10], out _));
    }

    [Theory, MemberData(nameof(Protocols))]
    public void Ends_with_other_prologues_do_not_understand_each_other(string pattern, CipherSuite suite)
    {
        using var run = new HandshakeRun(pattern, suite, responderPrologue: [2]);
        Assert.False(run.Reader.TryRead(run.Write([1]), new byte[10], out _));
    }

    [Fact]
    public void Only_the_peer_whose_key_was_meant_can_read()
    {
        using var other = P256.Instance.Generate(new SeededRandom(9));
        using var run = new HandshakeRun("IKpsk0", CipherSuite.ChaChaPoly, knownToInitiator: other.PublicKey.ToArray());
        Assert.False(run.Reader.TryRead(run.Write([1]), new byte[10], out _));
    }

    /// <summary>Someone of the group who tells another one's public key cannot finish: the last message proves the private one.</summary>
    [Fact]
    public void A_copied_public_key_without_its_private_half_is_refused()
    {
        using var honest = P256.Instance.Generate(new SeededRandom(9));
        using var run = new HandshakeRun("XXpsk0", CipherSuite.ChaChaPoly, initiatorKey: new Impostor(honest.PublicKey.ToArray()));
        run.Step([]);
        run.Step([]);
        Assert.False(run.Reader.TryRead(run.Write([]), [], out _));
        Assert.False(run.Responder.IsComplete);
    }

    [Fact]
    public void A_recorded_handshake_does_not_fit_another_run()
    {
        using var recorded = new HandshakeRun("XXpsk0", CipherSuite.ChaChaPoly);
        byte[] first = recorded.Write([]);
        recorded.Turn();
        Assert.True(recorded.Responder.TryRead(first, [], out _));
        recorded.Step([]);
        byte[] third = recorded.Write([]);
        // The same keys at both ends; only the responder's ephemeral one is new.
        using var again = new HandshakeRun("XXpsk0", CipherSuite.ChaChaPoly, responderRandomness: 5);
        Assert.True(again.Responder.TryRead(first, [], out _));
        again.Responder.Write([], new byte[200]);
        Assert.False(again.Responder.TryRead(third, [], out _));
        Assert.True(recorded.Responder.TryRead(third, [], out _));
    }

    [Fact]
    public void A_payload_longer_than_the_reader_takes_is_refused()
    {
        using var run = new HandshakeRun("XXpsk0", CipherSuite.ChaChaPoly);
        byte[] message = run.Write(new byte[11]);
        Assert.False(run.Reader.TryRead(message, new byte[10], out _));
        Assert.True(run.Reader.TryRead(message, new byte[11], out _));
    }

    /// <summary>An enemy who holds the group's secret sends, well sealed, what is no point.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_key_that_is_no_point_is_refused_when_it_comes_in(int message)
    {
        var honest = P256.Instance;
        var lax = new NoPoints();
        using var run = new HandshakeRun(
            "XXpsk0", CipherSuite.ChaChaPoly, initiatorAgreement: message == 1 ? lax : honest, responderAgreement: message == 2 ? lax : honest);
        if (message == 2)
            run.Step([]);
        Assert.False(run.Reader.TryRead(run.Write([]), [], out _));
    }

    [Fact]
    public void Keys_that_do_not_suit_the_pattern_are_named()
    {
        using var key = P256.Instance.Generate(new SeededRandom(1));
        byte[] psk = new byte[32], remote = key.PublicKey.ToArray();
        Assert.Contains("static key of this end", Fault(HandshakeRun.Protocol("XXpsk0"), null, [], psk), StringComparison.Ordinal);
        Assert.Contains("known before", Fault(HandshakeRun.Protocol("IKpsk0"), key, [], psk), StringComparison.Ordinal);
        Assert.Contains("known before", Fault(HandshakeRun.Protocol("IKpsk0"), key, new byte[33], psk), StringComparison.Ordinal);
        Assert.Contains("does not use", Fault(HandshakeRun.Protocol("XXpsk0"), key, remote, psk), StringComparison.Ordinal);
        Assert.Contains("of 32 bytes, and 31", Fault(HandshakeRun.Protocol("XXpsk0"), key, [], psk[..31]), StringComparison.Ordinal);
        Assert.Contains("of 0 bytes, and 32", Fault(HandshakeRun.Protocol("XX"), key, [], psk), StringComparison.Ordinal);
        Assert.Contains("'ZZ'", Assert.Throws<ArgumentException>(() => HandshakePattern.Named("ZZ")).Message, StringComparison.Ordinal);
        Assert.Contains("from 0 to 2", Assert.Throws<ArgumentException>(() => HandshakePattern.Named("IKpsk3")).Message, StringComparison.Ordinal);

        static string Fault(NoiseProtocol protocol, IKeyPair? local, byte[] remote, byte[] psk) =>
            Assert.Throws<ArgumentException>(() => new HandshakeState(protocol, true, new SeededRandom(1), [], local, remote, psk)).Message;
    }

    [Fact]
    public void Nothing_is_had_out_of_turn()
    {
        using var run = new HandshakeRun("IKpsk0", CipherSuite.ChaChaPoly);
        byte[] into = new byte[300];
        Assert.Throws<InvalidOperationException>(() => run.Responder.Write([], into));
        Assert.Throws<InvalidOperationException>(() => run.Initiator.TryRead(into, into, out _));
        Assert.Throws<InvalidOperationException>(() => run.Initiator.Split(into, into));
        Assert.Throws<InvalidOperationException>(() => run.Initiator.HandshakeHash.Length);
        Assert.Throws<ArgumentException>(() => run.Initiator.Write([], new byte[run.Initiator.OverheadBytes - 1]));
        Assert.Throws<ArgumentException>(() => run.Initiator.Write(new byte[65_500], new byte[70_000]));
        run.Step([]);
        run.Step([]);
        Assert.Throws<InvalidOperationException>(() => run.Initiator.Write([], into));
        Assert.Throws<InvalidOperationException>(() => run.Initiator.OverheadBytes);
    }

    public static TheoryData<string, CipherSuite> Protocols { get; } = new()
    {
        { "XXpsk0", CipherSuite.ChaChaPoly },
        { "XXpsk0", CipherSuite.AesCcm8 },
        { "IKpsk0", CipherSuite.ChaChaPoly },
        { "IKpsk0", CipherSuite.AesCcm8 },
    };
}
