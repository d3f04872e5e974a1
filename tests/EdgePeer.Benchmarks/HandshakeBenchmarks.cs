using BenchmarkDotNet.Attributes;
using EdgePeer.Protocol.Cryptography;
using EdgePeer.Protocol.Noise;

namespace EdgePeer.Benchmarks;

/// <summary>Whole handshakes, the work of both ends together, from the first byte to the split.</summary>
[MemoryDiagnoser]
public class HandshakeBenchmarks
{
    private readonly SystemRandom _random = new();
    private readonly byte[] _psk = new byte[NoiseProtocol.PskBytes];
    private readonly byte[] _message = new byte[300];
    private readonly byte[] _payload = new byte[100];
    private readonly byte[] _secret = new byte[32];
    private readonly IKeyPair _initiator;
    private readonly IKeyPair _responder;
    private NoiseProtocol _protocol = null!;

    public HandshakeBenchmarks()
    {
        _initiator = P256.Instance.Generate(_random);
        _responder = P256.Instance.Generate(_random);
    }

    [Params("XXpsk0", "IKpsk0")]
    public string Pattern { get; set; } = "";

    [Params(CipherSuite.ChaChaPoly, CipherSuite.AesCcm8)]
    public CipherSuite Suite { get; set; }

    [GlobalSetup]
    public void Setup() => _protocol = new NoiseProtocol(HandshakePattern.Named(Pattern), P256.Instance, SystemCryptography.Instance.Cipher(Suite));

    /// <summary>What no handshake goes without: the agreements (XX 6, IK 8 of both ends) and two new key pairs.</summary>
    [Benchmark(Baseline = true)]
    public void AgreementsAndKeyPairsAlone()
    {
        using var a = P256.Instance.Generate(_random);
        using var b = P256.Instance.Generate(_random);
        for (int i = Pattern == "XXpsk0" ? 6 : 8; i > 0; i--)
            _initiator.TryAgree(_responder.PublicKey, _secret);
    }

    [Benchmark]
    public void Handshake()
    {
        var known = Pattern == "IKpsk0" ? _responder.PublicKey : default;
        using var initiator = new HandshakeState(_protocol, true, _random, [], _initiator, known, _psk);
        using var responder = new HandshakeState(_protocol, false, _random, [], _responder, default, _psk);
        while (!initiator.IsComplete)
        {
            var (writer, reader) = initiator.WritesNext ? (initiator, responder) : (responder, initiator);
            int length = writer.Write([], _message);
            if (!reader.TryRead(_message.AsSpan(0, length), _payload, out _))
                throw new InvalidOperationException("an honest message was refused");
        }
        initiator.Split(_secret, _payload);
    }
}
