using EdgePeer.Agent.Bridges;
using EdgePeer.Runtime;
using Xunit;

namespace EdgePeer.SystemTests.Agent.Bridges;

public sealed class LostWithMessageTests
{
    private readonly LostWithMessage _lost = new();

    [Fact]
    public void A_message_over_which_five_connections_were_lost_is_named_with_its_size()
    {
        for (int i = 0; i < 4; i++)
            Assert.Null(_lost.Count(Message(7), 300_000));
        string said = _lost.Count(Message(7), 300_000)!;
        Assert.Contains("message 7 of ", said, StringComparison.Ordinal);
        Assert.Contains("300000 bytes", said, StringComparison.Ordinal);
        // The same words each time: they are said once.
        Assert.Equal(said, _lost.Count(Message(7), 300_000));
    }

    [Fact]
    public void Another_message_an_acknowledgement_and_nothing_on_its_way_are_no_sign()
    {
        for (ulong i = 0; i < 20; i++)
            Assert.Null(_lost.Count(Message(i / 4), 1));
        for (int i = 0; i < 20; i++)
        {
            Assert.Null(_lost.Count(Message(9), 1));
            if (i % 4 == 3)
                _lost.Clear();
            Assert.Null(_lost.Count(null, 0));
        }
    }

    private static ReceivedMessage Message(ulong sequence) => PublishLedgerTests.Message(sequence);
}
