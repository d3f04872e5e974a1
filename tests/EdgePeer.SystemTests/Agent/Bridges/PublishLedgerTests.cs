using EdgePeer.Agent.Bridges;
using EdgePeer.Runtime;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.SystemTests.Agent.Bridges;

public sealed class PublishLedgerTests
{
    private static readonly DateTimeOffset Start = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly StreamKey Stream = new(default, PipeName.Parse("readings"), 3, new Incarnation(7));
    private readonly Dictionary<StreamKey, ReceivedMessage> _consumable = [];

    [Fact]
    public void Nothing_is_consumed_before_all_before_it_are_acknowledged()
    {
        var ledger = new PublishLedger(new ReplayWindow(0, TimeSpan.FromDays(1)), 1 << 20);
        Publish(ledger, 0, 1, 2);

        Assert.True(ledger.OnAcknowledged(1, Start));
        Assert.True(ledger.OnAcknowledged(2, Start));
        Assert.Equal(0, ledger.TakeOutside(Start, _consumable));
        Assert.True(ledger.OnAcknowledged(0, Start));

        Assert.Equal(3, ledger.TakeOutside(Start, _consumable));
        Assert.Equal(2UL, Assert.Single(_consumable).Value.Sequence);
        Assert.False(ledger.OnAcknowledged(0, Start));
    }

    [Fact]
    public void What_the_broker_never_takes_is_named_and_in_nobodys_way()
    {
        var ledger = new PublishLedger(new ReplayWindow(0, TimeSpan.FromDays(1)), 1 << 20);
        Publish(ledger, 0, 1, 2);

        Assert.Equal(1UL, ledger.OnRefused(1, Start, out _)!.Sequence);
        Assert.Null(ledger.OnRefused(1, Start, out _));
        Assert.Equal(0UL, ledger.First(out _)!.Sequence);
        Assert.True(ledger.OnAcknowledged(0, Start));

        Assert.Equal(2, ledger.TakeOutside(Start, _consumable));
        Assert.Equal(2UL, ledger.First(out _)!.Sequence);
    }

    [Fact]
    public void The_window_ends_by_number_by_time_and_by_size()
    {
        var byNumber = Acknowledged(new ReplayWindow(2, TimeSpan.FromDays(1)), 1 << 20);
        Assert.Equal(3, byNumber.TakeOutside(Start, _consumable));

        var byTime = Acknowledged(new ReplayWindow(100, TimeSpan.FromSeconds(10)), 1 << 20);
        Assert.Equal(0, byTime.TakeOutside(Start.AddSeconds(9.9), _consumable));
        Assert.Equal(5, byTime.TakeOutside(Start.AddSeconds(10), _consumable));

        var bySize = Acknowledged(new ReplayWindow(100, TimeSpan.FromDays(1)), 200);
        Assert.Equal(3, bySize.TakeOutside(Start, _consumable));
        Assert.Equal(2, bySize.Held);
    }

    [Fact]
    public void What_a_broker_acknowledged_is_known_to_the_next_reader_until_the_broker_forgets_it()
    {
        var ledger = Acknowledged(new ReplayWindow(100, TimeSpan.FromDays(1)), 1 << 20);
        Publish(ledger, 5);
        ledger.OnReaderEnded();
        Assert.Equal((0, 0, 0L), (ledger.InFlight, ledger.Held, ledger.InFlightBytes));
        Assert.True(ledger.IsAcknowledged(Message(4)));
        Assert.False(ledger.IsAcknowledged(Message(5)));
        Assert.False(ledger.WasAcknowledged(Message(4)));
        // Read again from the first on, as a new reader does.
        ledger.HoldAgain(Message(0), Start);
        Assert.True(ledger.IsAcknowledged(Message(1)));
        Assert.True(ledger.IsAcknowledged(Message(4)));

        ledger.OnBrokerForgot();

        Assert.False(ledger.IsAcknowledged(Message(4)));
        Assert.True(ledger.WasAcknowledged(Message(4)));
        Assert.False(ledger.WasAcknowledged(Message(5)));
    }

    [Fact]
    public void A_message_that_nobody_can_take_is_done_with_when_all_before_it_are()
    {
        var ledger = new PublishLedger(new ReplayWindow(0, TimeSpan.FromDays(1)), 1 << 20);
        Publish(ledger, 0);
        ledger.OnRefused(Message(1), Start);
        Assert.Equal(0, ledger.TakeOutside(Start, _consumable));
        ledger.OnAcknowledged(0, Start);
        Assert.Equal(2, ledger.TakeOutside(Start, _consumable));
    }

    private static PublishLedger Acknowledged(ReplayWindow window, long bytesMax)
    {
        var ledger = new PublishLedger(window, bytesMax);
        Publish(ledger, 0, 1, 2, 3, 4);
        for (int id = 0; id < 5; id++)
            ledger.OnAcknowledged(id, Start);
        return ledger;
    }

    private static void Publish(PublishLedger ledger, params ReadOnlySpan<int> sequences)
    {
        foreach (int sequence in sequences)
            ledger.OnPublished(Message((ulong)sequence), sequence);
    }

    internal static ReceivedMessage Message(ulong sequence) => new(Stream, EndpointName.Parse("bridge"), sequence, new byte[10]);
}
