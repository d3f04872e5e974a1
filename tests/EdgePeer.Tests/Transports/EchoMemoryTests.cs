using EdgePeer.Transports.Serial;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Transports;

public class EchoMemoryTests
{
    private static readonly Instant Free = new(50_000_000);

    [Fact]
    public void Each_frame_is_known_once_and_for_a_second()
    {
        var echoes = new EchoMemory();
        echoes.Remember(7, Free);
        echoes.Remember(8, Free);
        Assert.False(echoes.TryForget(9, Free));
        Assert.True(echoes.TryForget(7, Free));
        Assert.False(echoes.TryForget(7, Free));
        Assert.False(echoes.TryForget(8, Free + TimeSpan.FromMilliseconds(1001)));
    }

    [Fact]
    public void The_last_sixteen_are_known()
    {
        var echoes = new EchoMemory();
        for (uint i = 1; i <= 17; i++)
            echoes.Remember(i, Free);
        Assert.False(echoes.TryForget(1, Free));
        for (uint i = 2; i <= 17; i++)
            Assert.True(echoes.TryForget(i, Free));
    }
}
