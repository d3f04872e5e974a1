using EdgePeer.Tests.Support;
using EdgePeer.Transports.Mqtt;
using Xunit;

namespace EdgePeer.Tests.Transports.Mqtt;

public class ReconnectionTests
{
    private readonly ManualTime _time = new();
    private double _draw = 1;

    [Theory]
    [InlineData(MqttEndKind.NotReached)]
    [InlineData(MqttEndKind.Refused)]
    [InlineData(MqttEndKind.Lost)]
    [InlineData(MqttEndKind.OtherVersion)]
    public void Each_pause_is_twice_the_last_one_up_to_a_minute(object ended)
    {
        var reconnection = Reconnection();
        double[] seconds = [.. Enumerable.Range(0, 9).Select(_ => reconnection.Pause((MqttEndKind)ended).TotalSeconds)];
        Assert.Equal([1, 2, 4, 8, 16, 32, 60, 60, 60], seconds);
    }

    [Fact]
    public void Pauses_lie_between_half_and_whole()
    {
        var low = Reconnection(0);
        Assert.Equal([0.5, 1, 2, 4, 8, 16, 30, 30], Enumerable.Range(0, 8).Select(_ => low.Pause(MqttEndKind.NotReached).TotalSeconds));
    }

    [Fact]
    public void Ten_thousand_failures_later_it_is_still_a_minute()
    {
        var reconnection = Reconnection();
        for (int i = 0; i < 10_000; i++)
            Assert.InRange(reconnection.Pause(MqttEndKind.NotReached), TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void A_connection_that_has_held_begins_anew()
    {
        var reconnection = Reconnection();
        for (int i = 0; i < 5; i++)
            reconnection.Pause(MqttEndKind.NotReached);
        reconnection.OnConnected();
        _time.Pass(TimeSpan.FromSeconds(31));
        Assert.Equal(TimeSpan.FromSeconds(1), reconnection.Pause(MqttEndKind.Lost));
    }

    [Fact]
    public void A_connection_that_is_lost_at_once_does_not()
    {
        var reconnection = Reconnection();
        for (int i = 0; i < 5; i++)
            reconnection.Pause(MqttEndKind.NotReached);
        reconnection.OnConnected();
        _time.Pass(TimeSpan.FromSeconds(1));
        Assert.Equal(TimeSpan.FromSeconds(32), reconnection.Pause(MqttEndKind.Lost));
    }

    private Reconnection Reconnection(double draw = 1)
    {
        _draw = draw;
        return new Reconnection(_time, () => _draw);
    }
}
