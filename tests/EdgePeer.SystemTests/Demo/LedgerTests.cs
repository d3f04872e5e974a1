using EdgePeer.Agent.Demo;
using Xunit;

namespace EdgePeer.SystemTests.Demo;

public sealed class LedgerTests
{
    private static readonly Flow Readings = new("readings", 0, 1, 10);
    private readonly Ledger _ledger = new(Readings);

    [Fact]
    public void All_once_and_in_order_is_complete_without_a_fault()
    {
        for (int number = 1; number <= 10; number++)
            Record(number);
        Assert.True(_ledger.Complete);
        Assert.Empty(_ledger.Faults);
    }

    [Fact]
    public void A_gap_is_named()
    {
        Record(1);
        Record(3);
        Assert.Contains("message 3 came where message 2 was due", Assert.Single(_ledger.Faults.Skip(1)), StringComparison.Ordinal);
    }

    [Fact]
    public void A_message_under_another_identity_is_a_duplicate()
    {
        Record(1);
        Record(2);
        _ledger.Record(new MessageIdentity("barn", "other", 3, 0), Readings.Compose(2));
        Assert.Contains("message 2 came again under another identity", Assert.Single(_ledger.Faults), StringComparison.Ordinal);
    }

    [Fact]
    public void A_repetition_counts_once_after_a_kill_and_is_a_fault_without_one()
    {
        Record(1);
        _ledger.PeerWasKilled();
        Record(1);
        Assert.Equal(1, _ledger.Repeated);
        Assert.Empty(_ledger.Faults);

        Record(1);
        Assert.Contains("twice without a kill", Assert.Single(_ledger.Faults), StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_that_were_never_sent_are_a_fault()
    {
        byte[] payload = Readings.Compose(1);
        payload[^1] ^= 1;
        _ledger.Record(new MessageIdentity("barn", "a", 3, 1), payload);
        Assert.Contains("never sent", Assert.Single(_ledger.Faults), StringComparison.Ordinal);
        Assert.Equal(0, _ledger.Arrived);
    }

    private void Record(int number) => _ledger.Record(new MessageIdentity("barn", "a", 3, (ulong)number), Readings.Compose(number));
}
