using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;
using EdgePeer.Protocol.Cryptography;

namespace EdgePeer.Benchmarks;

/// <summary>Packets sealed, opened and refused, beside one bare call of .NET's AES-GCM.</summary>
[MemoryDiagnoser]
public class PacketBenchmarks
{
    private readonly byte[] _nonce = new byte[ICipherKey.NonceBytes];
    private readonly byte[] _header = new byte[1];
    private readonly AesGcm _bare = new(new byte[32], tagSizeInBytes: 16);
    private readonly byte[] _bareTag = new byte[16];
    private byte[] _plain = [];
    private byte[] _sealed = [];
    private byte[] _forged = [];
    private byte[] _opened = [];
    private ICipherKey _key = null!;
    private ICipherKey _attackedKey = null!;

    [Params(40, 200, 1_400)]
    public int Bytes { get; set; }

    [Params(CipherSuite.ChaChaPoly, CipherSuite.AesCcm8, CipherSuite.AesGcm)]
    public CipherSuite Suite { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _key = SystemCryptography.Instance.Cipher(Suite).Create(new byte[32]);
        _attackedKey = SystemCryptography.Instance.Cipher(Suite).Create(new byte[32]);
        _plain = new byte[Bytes];
        _opened = new byte[Bytes];
        _sealed = new byte[Bytes + _key.TagBytes];
        _key.Seal(_nonce, _header, _plain, _sealed);
        _forged = [.. _sealed];
        _forged[0] ^= 1;
        // Past the careful opens of a new key.
        for (int i = 0; i < 1_000; i++)
            Require(_key.TryOpen(_nonce, _header, _sealed, _opened));
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _key.Dispose();
        _attackedKey.Dispose();
        _bare.Dispose();
    }

    [Benchmark(Baseline = true)]
    public void BareAesGcm() => _bare.Encrypt(_nonce, _plain, _opened, _bareTag, _header);

    [Benchmark]
    public void Seal() => _key.Seal(_nonce, _header, _plain, _sealed);

    [Benchmark]
    public void Open() => Require(_key.TryOpen(_nonce, _header, _sealed, _opened));

    [Benchmark]
    public void Refuse() => Require(!_attackedKey.TryOpen(_nonce, _header, _forged, _opened));

    private static void Require(bool isSo)
    {
        if (!isSo)
            throw new InvalidOperationException("a good packet was refused, or a forged one opened");
    }
}
