using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Noise;
using EdgePeer.Wire;

namespace EdgePeer.Tests.Protocol.Noise;

/// <summary>Two ends of one handshake, and whose turn it is.</summary>
internal sealed class HandshakeRun : IDisposable
{
    private bool _initiatorWrites = true;

    public HandshakeRun(
        string pattern,
        CipherSuite suite,
        int responderRandomness = 2,
        byte[]? responderPsk = null,
        byte[]? responderPrologue = null,
        byte[]? knownToInitiator = null,
        IKeyPair? initiatorKey = null,
        IKeyAgreement? initiatorAgreement = null,
        IKeyAgreement? responderAgreement = null)
    {
        var random = new SeededRandom(1);
        InitiatorKey = initiatorKey ?? P256.Instance.Generate(random);
        ResponderKey = P256.Instance.Generate(random);
        byte[] known = knownToInitiator ?? (pattern.StartsWith("IK", StringComparison.Ordinal) ? ResponderKey.PublicKey.ToArray() : []);
        Initiator = new HandshakeState(Protocol(pattern, suite, initiatorAgreement), true, random, [1], InitiatorKey, known, GroupSecret());
        Responder = new HandshakeState(
            Protocol(pattern, suite, responderAgreement),
            false,
            new SeededRandom(responderRandomness),
            responderPrologue ?? [1],
            ResponderKey,
            default,
            responderPsk ?? GroupSecret());
    }

    public IKeyPair InitiatorKey { get; }

    public IKeyPair ResponderKey { get; }

    public HandshakeState Initiator { get; }

    public HandshakeState Responder { get; }

    public HandshakeState Reader => _initiatorWrites ? Responder : Initiator;

    public bool IsComplete => Initiator.IsComplete && Responder.IsComplete;

    public static byte[] GroupSecret() => [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    public static NoiseProtocol Protocol(string pattern, CipherSuite suite = CipherSuite.ChaChaPoly, IKeyAgreement? agreement = null) =>
        new(HandshakePattern.Named(pattern), agreement ?? P256.Instance, SystemCryptography.Instance.Cipher(suite));

    public byte[] Write(byte[] payload)
    {
        var writer = _initiatorWrites ? Initiator : Responder;
        byte[] message = new byte[payload.Length + writer.OverheadBytes];
        Xunit.Assert.Equal(message.Length, writer.Write(payload, message));
        return message;
    }

    public void Turn() => _initiatorWrites = !_initiatorWrites;

    /// <summary>One message, written and read.</summary>
    public void Step(byte[] payload)
    {
        byte[] read = new byte[payload.Length];
        Xunit.Assert.True(Reader.TryRead(Write(payload), read, out int length));
        Xunit.Assert.Equal(payload, read[..length]);
        Turn();
    }

    public void Dispose()
    {
        Initiator.Dispose();
        Responder.Dispose();
        InitiatorKey.Dispose();
        ResponderKey.Dispose();
    }
}

/// <summary>Tells a public key whose private half it does not have.</summary>
internal sealed class Impostor(byte[] publicKey) : IKeyPair
{
    private readonly IKeyPair _own = P256.Instance.Generate(new SeededRandom(77));

    public ReadOnlySpan<byte> PublicKey => publicKey;

    public bool TryAgree(ReadOnlySpan<byte> other, Span<byte> secret) => _own.TryAgree(other, secret);

    public void Dispose() => _own.Dispose();
}

/// <summary>P-256 whose ephemeral public keys are no points of it.</summary>
internal sealed class NoPoints : IKeyAgreement
{
    public string Name => P256.Instance.Name;

    public int PublicKeyBytes => P256.Instance.PublicKeyBytes;

    public int SecretBytes => P256.Instance.SecretBytes;

    public bool IsPublicKey(ReadOnlySpan<byte> bytes) => P256.Instance.IsPublicKey(bytes);

    // x = 1 is not on the curve.
    public IKeyPair Generate(IRandom random) => new Impostor([2, .. new byte[31], 1]);
}
