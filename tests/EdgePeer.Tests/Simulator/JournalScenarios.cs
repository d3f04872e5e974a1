using EdgePeer.Protocol;
using EdgePeer.Simulator;
using EdgePeer.Simulator.Model;
using EdgePeer.Simulator.Network;
using Xunit;

namespace EdgePeer.Tests.Simulator;

/// <summary>Flashes that are full, restored from a copy, or replaced; readers that stay away.</summary>
public class JournalScenarios
{
    [Fact]
    public void A_message_of_16_MiB_goes_on_where_crashes_stopped_it()
    {
        const int Length = 16 << 20;
        var scenario = new Scenario(Scenario.LargeJournal, KnownMedia.Serial("radio", 2_000_000, halfDuplex: false, 1024));
        scenario.Read();
        scenario.World.Run(TimeSpan.FromSeconds(10));
        var sent = Assert.Single(scenario.Send(1, Length, Receipt.Delivered));
        for (int crash = 0; crash < 6; crash++)
        {
            scenario.World.Run(TimeSpan.FromSeconds(12));
            Scenario.Restart(crash % 2 == 0 ? scenario.Reader : scenario.Writer);
        }
        Assert.NotEqual(Receipt.Delivered, sent.Reached);
        long before = scenario.Medium().BytesSent;
        scenario.Settle(TimeSpan.FromMinutes(5));
        // The whole takes 84 s of this line; what came in the first 72 s is not sent again.
        Assert.InRange(scenario.Medium().BytesSent - before, 0, Length / 2);
    }

    [Fact]
    public void What_was_accepted_before_anyone_read_is_kept_for_the_first_who_does()
    {
        var scenario = new Scenario(Scenario.SmallJournal, KnownMedia.Ethernet("lan"));
        scenario.Send(50, 400);
        scenario.World.Run(TimeSpan.FromMinutes(5));
        Scenario.Restart(scenario.Writer);
        scenario.World.Run(TimeSpan.FromHours(1));
        scenario.Read();
        scenario.Settle(TimeSpan.FromMinutes(2));
        Assert.Equal(50, scenario.World.Reached.Deliveries);
    }

    [Fact]
    public void Two_full_journals_do_not_wait_for_each_other()
    {
        var scenario = new Scenario(Scenario.SmallJournal, KnownMedia.Ethernet("lan"));
        var back = scenario.World.AddPipe("answers", scenario.Writer, new PipeOptions());
        scenario.World.Run(TimeSpan.FromSeconds(5));
        scenario.Habit.PaceMax = TimeSpan.FromHours(1);
        scenario.Read();
        var habitBack = new EdgePeer.Simulator.Peers.ReadingHabit(back) { PaceMax = TimeSpan.FromHours(1) };
        scenario.Writer.Applications.Read(habitBack);
        scenario.Send(60, 30_000, Receipt.Durable);
        for (int i = 0; i < 60; i++)
            scenario.Reader.Applications.Submit(scenario.World.NewMessage(scenario.Reader, back, 30_000), Receipt.Durable);
        scenario.World.Run(TimeSpan.FromMinutes(5));
        Assert.True(scenario.Writer.Applications.WaitingCount > 0 && scenario.Reader.Applications.WaitingCount > 0, "the journals are not full");
        scenario.Habit.PaceMax = habitBack.PaceMax = TimeSpan.FromMilliseconds(10);
        Scenario.Restart(scenario.Writer);
        Scenario.Restart(scenario.Reader);
        scenario.Settle(TimeSpan.FromMinutes(10));
    }

    [Fact]
    public void What_is_consumed_makes_room_for_what_is_written()
    {
        var scenario = new Scenario(Scenario.SmallJournal, KnownMedia.Ethernet("lan"));
        var unread = scenario.World.AddPipe("unread", scenario.Writer, new PipeOptions());
        scenario.World.Run(TimeSpan.FromSeconds(5));
        scenario.Habit.PaceMax = TimeSpan.FromHours(1);
        scenario.Read();
        scenario.Send(30, 10_000, Receipt.Durable);
        scenario.World.Run(TimeSpan.FromMinutes(1));
        for (int i = 0; i < 20; i++)
            scenario.Reader.Applications.Submit(scenario.World.NewMessage(scenario.Reader, unread, 10_000), Receipt.Durable);
        scenario.World.Run(TimeSpan.FromMinutes(1));
        Assert.InRange(scenario.Reader.Applications.WaitingCount, 10, 19);

        scenario.World.RunUntil(() => scenario.Reader.Applications.WaitingCount == 0, TimeSpan.FromHours(40));
        Assert.Equal(0, scenario.Reader.Applications.WaitingCount);
        Assert.Equal(30, scenario.World.Reached.Deliveries);
        scenario.Writer.Applications.Read(new EdgePeer.Simulator.Peers.ReadingHabit(unread));
        scenario.Settle(TimeSpan.FromHours(40));
    }

    [Fact]
    public void A_restored_backup_goes_on_under_a_new_incarnation_and_says_so()
    {
        var scenario = new Scenario(Scenario.SmallJournal, KnownMedia.Ethernet("lan"));
        scenario.Read();
        scenario.Send(20, 300);
        scenario.Settle(TimeSpan.FromMinutes(1));
        var backup = scenario.Writer.Disk.Flash.Clone(scenario.World.Random.Fork());
        scenario.Send(20, 300);
        scenario.Settle(TimeSpan.FromMinutes(1));
        scenario.Writer.Crash(powerCut: true);
        scenario.Writer.ReplaceFlash(backup);
        scenario.Writer.Boot();
        scenario.World.Run(TimeSpan.FromMinutes(1));
        Assert.NotEmpty(scenario.ReportsOf(scenario.Writer, ReportKind.NewIncarnation));
        scenario.Send(20, 300);
        scenario.Settle(TimeSpan.FromMinutes(2));
        Assert.Equal(60, scenario.World.Reached.Deliveries);
    }

    /// <summary>By number the copy is not behind: it has given the numbers that the original went on with to messages of its own.</summary>
    [Theory]
    [InlineData(0, 0, BacklogOrder.OldestFirst)]
    [InlineData(2, 0, BacklogOrder.OldestFirst)]
    [InlineData(0, 3, BacklogOrder.OldestFirst)]
    [InlineData(2, 20, BacklogOrder.OldestFirst)]
    [InlineData(1, 1, BacklogOrder.NewestFirst)]
    public void A_restored_backup_that_gets_further_than_its_original_goes_on_under_a_new_incarnation(int originalRestarts, int copyRestarts, BacklogOrder order)
    {
        var scenario = new Scenario(Scenario.SmallJournal, KnownMedia.Ethernet("lan"));
        var pipe = order == BacklogOrder.OldestFirst ? scenario.Pipe : scenario.World.AddPipe("latest", scenario.Reader, new PipeOptions { Order = order });
        scenario.Reader.Applications.Read(new EdgePeer.Simulator.Peers.ReadingHabit(pipe));
        Send(20);
        scenario.Settle(TimeSpan.FromMinutes(1));
        var backup = scenario.Writer.Disk.Flash.Clone(scenario.World.Random.Fork());
        Send(20);
        scenario.Settle(TimeSpan.FromMinutes(1));
        for (int i = 0; i < originalRestarts; i++)
        {
            Scenario.Restart(scenario.Writer);
            Send(3);
            scenario.Settle(TimeSpan.FromMinutes(1));
        }
        scenario.Reader.Crash(powerCut: true);
        scenario.Writer.Crash(powerCut: true);
        scenario.Writer.ReplaceFlash(backup);
        scenario.Writer.Boot();
        for (int i = 0; i <= copyRestarts; i++)
        {
            Send(30, Receipt.Durable);
            scenario.World.Run(TimeSpan.FromSeconds(5));
            if (i < copyRestarts)
                Scenario.Restart(scenario.Writer);
        }
        scenario.Reader.Boot();
        scenario.Settle(TimeSpan.FromMinutes(2));
        Assert.Single(scenario.ReportsOf(scenario.Writer, ReportKind.NewIncarnation));
        Assert.Equal(40 + 3 * originalRestarts + 30 * (copyRestarts + 1), scenario.World.Reached.Deliveries);

        void Send(int count, Receipt waitFor = Receipt.Consumed)
        {
            for (int i = 0; i < count; i++)
                scenario.Writer.Applications.Submit(scenario.World.NewMessage(scenario.Writer, pipe, 300), waitFor);
        }
    }

    [Fact]
    public void Starts_without_damage_keep_their_incarnation()
    {
        var scenario = new Scenario(Scenario.SmallJournal, KnownMedia.Ethernet("lan"));
        scenario.Read();
        for (int i = 0; i < 40; i++)
        {
            scenario.Send(3, 300, Receipt.Durable);
            scenario.World.Run(TimeSpan.FromMilliseconds(40 * (i % 7)));
            Scenario.Restart(i % 3 == 0 ? scenario.Reader : scenario.Writer);
        }
        scenario.Settle(TimeSpan.FromMinutes(5));
        Assert.Empty(scenario.ReportsOf(scenario.Writer, ReportKind.NewIncarnation));
    }

    [Fact]
    public void A_receiver_with_a_new_flash_says_which_messages_will_not_come()
    {
        var scenario = new Scenario(Scenario.SmallJournal, KnownMedia.Ethernet("lan"));
        scenario.Read();
        scenario.Send(20, 300);
        scenario.Settle(TimeSpan.FromMinutes(1));
        scenario.Reader.Crash(powerCut: true);
        scenario.Send(20, 300);
        scenario.Reader.ReplaceFlash(scenario.World.NewFlash());
        scenario.Reader.Boot();
        scenario.Settle(TimeSpan.FromMinutes(2));
        Assert.NotEmpty(scenario.ReportsOf(scenario.Reader, ReportKind.Gap).Concat(scenario.ReportsOf(scenario.Writer, ReportKind.Gap)));
        Assert.Equal(40, scenario.World.Reached.Deliveries);
        Assert.DoesNotContain(scenario.World.Ledger.Messages, m => m.State != MessageState.Durable);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Messages_whose_bytes_were_damaged_after_they_were_kept_are_passed_by_once_and_for_all(bool restarts)
    {
        var scenario = new Scenario(Scenario.SmallJournal, KnownMedia.Ethernet("lan"));
        var habit = new EdgePeer.Simulator.Peers.ReadingHabit(scenario.Pipe) { Window = 4, PaceMax = TimeSpan.FromHours(1) };
        scenario.Reader.Applications.Read(habit);
        scenario.World.Run(TimeSpan.FromSeconds(5));
        // Enough that the segment with the damage is sealed: then no start reads its messages again.
        var sent = scenario.Send(300, 400, Receipt.Delivered);
        Assert.True(scenario.World.RunUntil(() => sent.TrueForAll(message => message.Reached == Receipt.Delivered), TimeSpan.FromMinutes(1)));
        SimMessage[] damaged = [sent[10], sent[11], sent[25]];
        foreach (var message in damaged)
            Damage(scenario.Reader.Disk.Flash, message);

        habit.PaceMax = TimeSpan.FromMilliseconds(10);
        if (restarts)
            Scenario.Restart(scenario.Reader);
        scenario.Settle(TimeSpan.FromHours(1));

        Assert.Equal(damaged, sent.Where(message => message.State == MessageState.DeclaredLost));
        AssertBooks(scenario, received: 300, lost: 3);
        Scenario.Restart(scenario.Reader);
        scenario.Send(5, 400);
        scenario.Settle(TimeSpan.FromMinutes(1));
        AssertBooks(scenario, received: 305, lost: 3);
        Assert.Equal(3, scenario.ReportsOf(scenario.Reader, ReportKind.Gap).Count(report => report.Text.Contains("cannot be read back", StringComparison.Ordinal)));
    }

    [Fact]
    public void What_lies_behind_damage_is_handed_over_although_its_sender_goes_on_under_a_new_incarnation()
    {
        var scenario = new Scenario(Scenario.SmallJournal, KnownMedia.Ethernet("lan"));
        var habit = new EdgePeer.Simulator.Peers.ReadingHabit(scenario.Pipe) { Window = 4, PaceMax = TimeSpan.FromHours(1) };
        scenario.Reader.Applications.Read(habit);
        scenario.World.Run(TimeSpan.FromSeconds(5));
        var backup = scenario.Writer.Disk.Flash.Clone(scenario.World.Random.Fork());
        // In blocks of a few: one is damaged whole.
        var sent = new List<SimMessage>();
        for (int i = 0; i < 10; i++)
        {
            sent.AddRange(scenario.Send(3, 400, Receipt.Delivered));
            Assert.True(scenario.World.RunUntil(() => sent.TrueForAll(message => message.Reached == Receipt.Delivered), TimeSpan.FromMinutes(1)));
        }
        scenario.Reader.Crash(powerCut: true);
        Damage(scenario.Reader.Disk.Flash, sent[12]);
        scenario.Writer.Crash(powerCut: true);
        scenario.Writer.ReplaceFlash(backup);
        habit.PaceMax = TimeSpan.FromMilliseconds(10);
        scenario.World.Reported += (peer, report) =>
        {
            if (peer == scenario.Reader && report.Kind == ReportKind.Gap && report.Text.Contains("messages 12 to 12 are not here", StringComparison.Ordinal))
                sent[12].State = MessageState.DeclaredLost;
        };
        scenario.Writer.Boot();
        scenario.Reader.Boot();
        scenario.World.Run(TimeSpan.FromMinutes(1));
        scenario.Send(5, 400);
        scenario.Settle(TimeSpan.FromMinutes(2));

        Assert.Equal([sent[12]], sent.Where(message => message.State == MessageState.DeclaredLost));
    }

    private static void AssertBooks(Scenario scenario, long received, long lost)
    {
        var books = scenario.Reader.Node!.Status(scenario.Reader.LocalNow).Pipes.Single(pipe => pipe.Name == scenario.Pipe.Name);
        Assert.Equal((received, lost, 0, received - lost), (books.Received, books.Lost, books.Waiting, books.Consumed));
    }

    /// <summary>Turns a bit of the message's bytes where they lie, at one of its ends: it may lie in two parts.</summary>
    private static void Damage(SimFlash flash, SimMessage message)
    {
        byte[] payload = new byte[message.Length];
        Payload.Fill(message.Number, payload);
        bool found = false;
        foreach (uint segment in flash.Segments())
        {
            byte[] bytes = new byte[flash.Length(segment)];
            flash.Read(segment, 0, bytes);
            foreach (var part in new Range[] { ..32, ^32.. })
                for (int from = 0; bytes.AsSpan(from).IndexOf(payload.AsSpan(part)) is var at && at >= 0; from += at + 1, found = true)
                    flash.Damage(segment, from + at, [(byte)(bytes[from + at] ^ 1)]);
        }
        Assert.True(found);
    }
}
