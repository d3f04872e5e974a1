using EdgePeer.Transports.Serial;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Transports;

public class EchoMemoryTests
{
    private static readonly Instant _free = new(50_000_000);

    [Fact]
    public void Each_frame_is_known_once_and_for_a_second()
    {
        var echoes = new EchoMemory();
        echoes.Remember(7, _free);
        echoes.Remember(8, _free);
        Assert.False(echoes.TryForget(9, _free));
        Assert.True(echoes.TryForget(7, _free));
        Assert.False(echoes.TryForget(7, _free));
        Assert.False(echoes.TryForget(8, _free + TimeSpan.FromMilliseconds(1001)));
    }

    [Fact]
    public void The_last_sixteen_are_known()
    {
        var echoes = new EchoMemory();
        for (uint i = 1; i <= 17; i++)
            echoes.Remember(i, _free);
        Assert.False(echoes.TryForget(1, _free));
        for (uint i = 2; i <= 17; i++)
            Assert.True(echoes.TryForget(i, _free));
    }
}
