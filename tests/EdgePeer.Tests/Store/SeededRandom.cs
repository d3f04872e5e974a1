using EdgePeer.Wire;

namespace EdgePeer.Tests.Store;

internal sealed class SeededRandom(int seed) : IRandom
{
    private readonly Random _random = new(seed);

    public void Fill(Span<byte> bytes) => _random.NextBytes(bytes);
}
