using EdgePeer.Protocol;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol;

/// <summary>What pipes may take of the journal, and what is kept free for them.</summary>
public class PipeCapacityTests
{
    [Fact]
    public void A_pipe_is_full_by_its_own_capacity_while_others_go_on()
    {
        var lab = new Lab(1);
        var a = lab.AddPeer("a", configure: LabPeer.Readings(new PipeOptions { CapacityBytes = 100_000 }));
        int taken = Fill(a, "readings");
        Assert.InRange(taken * 1_000, 85_000, 100_000);
        Assert.True(a.Node.IsFull(PipeName.Parse("readings"), 1_000));
        Assert.True(a.TrySend("others", new byte[1_000]));
        Assert.False(a.Node.IsFull(PipeName.Parse("others"), 1_000));
    }

    [Fact]
    public void What_is_kept_free_for_a_pipe_is_there_when_others_have_filled_the_rest()
    {
        var lab = new Lab(2);
        var a = lab.AddPeer("a", configure: LabPeer.Readings(new PipeOptions { ShareBytes = 50_000 }));
        a.Buffer.Capacity = 200_000;
        Assert.InRange(Fill(a, "others") * 1_000, 125_000, 150_000);
        Assert.InRange(Fill(a, "readings") * 1_000, 40_000, 55_000);
    }

    [Fact]
    public void A_pipe_that_drops_keeps_to_its_capacity_and_to_the_newest_also_after_a_restart()
    {
        var lab = new Lab(3);
        var a = lab.AddPeer("a", configure: LabPeer.Readings(new PipeOptions { CapacityBytes = 100_000, WhenFull = WhenFull.DropOldest }));
        for (int i = 0; i < 300; i++)
        {
            if (i == 150)
                a.Restart();
            a.Send("readings", new byte[1_000], Receipt.Durable);
            lab.Run(TimeSpan.FromMilliseconds(50));
            Assert.True(a.Buffer.Capacity - a.Buffer.RoomBytes(StreamDirection.Outgoing) <= 100_000, "more than its capacity");
        }
        var books = a.Books("readings");
        Assert.Equal((300, 300), (books.Accepted, books.Queued + books.Dropped));
        Assert.InRange(books.Queued, 85, 100);
    }

    [Fact]
    public void A_message_that_can_never_fit_is_refused_with_what_would()
    {
        var lab = new Lab(4);
        var a = lab.AddPeer("a", configure: LabPeer.Readings(new PipeOptions { CapacityBytes = 100_000 }));
        a.Send("readings", new byte[30_000]);
        lab.Run(TimeSpan.FromMilliseconds(10));
        var refused = Assert.Single(a.Receipts);
        Assert.Equal(Receipt.Rejected, refused.Receipt);
        Assert.Contains("give the pipe's capacity more", refused.Reason, StringComparison.Ordinal);
    }

    private static int Fill(LabPeer peer, string pipe)
    {
        int taken = 0;
        while (taken < 1_000 && peer.TrySend(pipe, new byte[1_000], Receipt.Durable))
            taken++;
        return taken;
    }
}
