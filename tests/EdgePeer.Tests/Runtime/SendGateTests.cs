using EdgePeer.Protocol;
using EdgePeer.Runtime.Loop;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Runtime;

public sealed class SendGateTests
{
    private readonly List<PendingSend> _admitted = [];

    [Fact]
    public void Those_beyond_the_count_follow_in_order_as_the_first_leave()
    {
        var gate = Gate(messagesMax: 1, bytesMax: 1000);
        PendingSend[] sends = [Send(10), Send(10), Send(10)];
        foreach (var send in sends)
            gate.Enter(send);

        Assert.Equal(sends[..1], _admitted);
        gate.Leave(sends[0]);
        Assert.Equal(sends[..2], _admitted);
        gate.Leave(sends[1]);
        Assert.Equal(sends, _admitted);
    }

    [Fact]
    public void A_large_one_is_not_overtaken_by_a_small_one_that_would_fit()
    {
        var gate = Gate(messagesMax: 10, bytesMax: 100);
        PendingSend[] sends = [Send(60), Send(80), Send(10)];
        foreach (var send in sends)
            gate.Enter(send);

        Assert.Equal(sends[..1], _admitted);
        gate.Leave(sends[0]);
        Assert.Equal(sends, _admitted);
    }

    [Fact]
    public void One_larger_than_the_bound_passes_alone()
    {
        var gate = Gate(messagesMax: 10, bytesMax: 100);
        PendingSend[] sends = [Send(500), Send(0)];
        foreach (var send in sends)
            gate.Enter(send);
        Assert.Equal(sends[..1], _admitted);
    }

    [Fact]
    public void One_that_gives_up_lets_those_behind_it_pass()
    {
        var gate = Gate(messagesMax: 10, bytesMax: 100);
        PendingSend[] sends = [Send(60), Send(80), Send(10)];
        foreach (var send in sends)
            gate.Enter(send);

        Assert.True(gate.TryGiveUp(sends[1]));
        Assert.Equal([sends[0], sends[2]], _admitted);
        Assert.False(gate.TryGiveUp(sends[2]));
    }

    [Fact]
    public void Leaving_twice_makes_room_once()
    {
        var gate = Gate(messagesMax: 1, bytesMax: 100);
        PendingSend[] sends = [Send(1), Send(1), Send(1)];
        foreach (var send in sends)
            gate.Enter(send);

        gate.Leave(sends[0]);
        gate.Leave(sends[0]);
        Assert.Equal(sends[..2], _admitted);
    }

    [Fact]
    public void One_that_is_not_taken_holds_nobody_back()
    {
        int refused = 0;
        var gate = new SendGate(1, 100, _ => ++refused < 0);
        gate.Enter(Send(100));
        gate.Enter(Send(100));
        Assert.Equal(2, refused);
    }

    private SendGate Gate(int messagesMax, long bytesMax) => new(messagesMax, bytesMax, send =>
    {
        _admitted.Add(send);
        return true;
    });

    private static PendingSend Send(int bytes) => new()
    {
        Caller = new CallerId(1),
        Pipe = PipeName.Parse("readings"),
        Lane = null,
        Tag = default,
        Payload = new byte[bytes],
        WaitFor = Receipt.Durable,
        Ttl = null,
    };
}
