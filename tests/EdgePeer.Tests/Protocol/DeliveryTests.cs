using EdgePeer.Protocol;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Protocol;

public class DeliveryTests
{
    public static readonly TransportTraits Lan = new() { FrameBytesMax = 1400, FramingBytes = 28, Broadcast = true, Cost = 10 };

    public static readonly TransportTraits Radio = new()
    {
        FrameBytesMax = 576,
        FramingBytes = 4,
        BitsPerSecond = 57_600,
        BitsPerByte = 10,
        Broadcast = true,
        KeepsOrder = true,
        BitErrors = true,
        ChosenAddresses = true,
        Cost = 50,
    };

    [Theory]
    [InlineData(0)]
    [InlineData(0.05)]
    [InlineData(0.2)]
    public void Messages_arrive_once_and_in_order_over_a_lossy_lan(double loss)
    {
        var lab = new Lab(1);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        lab.Connect(a, b, Lan, TimeSpan.FromMilliseconds(1), loss);
        b.Read("readings");
        for (int i = 0; i < 500; i++)
            a.Send("readings", Payload(i, 300));
        Assert.True(lab.Run(TimeSpan.FromMinutes(2), () => b.Payloads.Count >= 500 && a.Receipts.Count(r => r.Receipt == Receipt.Delivered) == 500));
        AssertInOrder(b, 500, 300);
    }

    [Fact]
    public void A_radio_is_used_to_nine_tenths()
    {
        var lab = new Lab(2);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        lab.Connect(a, b, Radio, TimeSpan.FromMilliseconds(5));
        b.Read("readings");
        a.Send("readings", Payload(0, 1000));
        Assert.True(lab.Run(TimeSpan.FromMinutes(1), () => b.Payloads.Count == 1));
        for (int i = 1; i <= 200; i++)
            a.Send("readings", Payload(i, 1000));
        var start = lab.Now;
        Assert.True(lab.Run(TimeSpan.FromMinutes(3), () => b.Payloads.Count == 201));
        double share = 200 * 1000 * 10 / (57_600 * (lab.Now - start).TotalSeconds);
        Assert.True(share > 0.9, $"{share:F3} of the line");
    }

    [Fact]
    public void A_large_message_crosses_a_lossy_radio_in_ranges()
    {
        var lab = new Lab(3);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        lab.Connect(a, b, Radio, TimeSpan.FromMilliseconds(5), 0.1);
        b.Read("files");
        a.Send("files", Payload(7, 100_000));
        Assert.True(lab.Run(TimeSpan.FromMinutes(3), () => b.Payloads.Count == 1));
        Assert.Equal(Payload(7, 100_000), b.Payloads[0]);
    }

    [Fact]
    public void A_large_message_goes_on_where_it_stopped_when_both_ends_have_restarted()
    {
        const int Bytes = 1_000_000;
        var lab = new Lab(8);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        var lan = lab.Connect(a, b, Lan with { BitsPerSecond = 10_000_000 }, TimeSpan.FromMilliseconds(1));
        b.Read("files");
        a.Send("files", Payload(7, Bytes));
        Assert.True(lab.Run(TimeSpan.FromMinutes(1), () => lan.BytesSent > Bytes / 3));
        b.Restart();
        b.Read("files");
        Assert.True(lab.Run(TimeSpan.FromMinutes(1), () => lan.BytesSent > Bytes * 2 / 3));
        a.Restart();
        Assert.True(lab.Run(TimeSpan.FromMinutes(3), () => b.Payloads.Count == 1));
        Assert.Equal(Payload(7, Bytes), b.Payloads[0]);
        Assert.InRange(lan.BytesSent, Bytes, Bytes * 5 / 4);
    }

    [Fact]
    public void What_was_accepted_before_anyone_read_is_kept_for_the_first_who_binds()
    {
        var lab = new Lab(4);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        lab.Connect(a, b, Lan, TimeSpan.FromMilliseconds(1));
        for (int i = 0; i < 20; i++)
            a.Send("readings", Payload(i, 50));
        lab.Run(TimeSpan.FromSeconds(30));
        b.Read("readings");
        Assert.True(lab.Run(TimeSpan.FromSeconds(30), () => b.Payloads.Count == 20));
        AssertInOrder(b, 20, 50);
    }

    [Fact]
    public void What_was_consumed_there_is_known_after_a_restart_before_the_peer_is_met_again()
    {
        var lab = new Lab(5);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        lab.Connect(a, b, Lan, TimeSpan.FromMilliseconds(1));
        b.Read("readings");
        for (int i = 0; i < 10; i++)
        {
            a.Send("readings", Payload(i, 300), Receipt.Consumed);
            Assert.True(lab.Run(TimeSpan.FromSeconds(5), () => a.Receipts.Count(r => r.Receipt == Receipt.Consumed) == i + 1));
        }

        a.Restart();

        // The last may have been told after anything was written.
        Assert.InRange(a.Node.Status(lab.Now).Pipes[0].Consumed, 9, 10);
        Assert.True(lab.Run(TimeSpan.FromSeconds(30), () => a.Node.Status(lab.Now).Pipes[0].Consumed == 10));
    }

    [Fact]
    public void A_links_loss_is_the_share_of_its_packets_taken_for_lost()
    {
        var lab = new Lab(3);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        var line = lab.Connect(a, b, Lan, TimeSpan.FromMilliseconds(1), 0.2);
        b.Read("readings");
        for (int i = 0; i < 300; i++)
            a.Send("readings", Payload(i, 1000));
        Assert.True(lab.Run(TimeSpan.FromMinutes(2), () => b.Payloads.Count == 300));
        line.Loss = 0;
        for (int i = 300; i < 400; i++)
            a.Send("readings", Payload(i, 1000));
        Assert.True(lab.Run(TimeSpan.FromMinutes(2), () => a.Receipts.Count(r => r.Receipt == Receipt.Delivered) == 400));

        var link = a.Node.Status(lab.Now).Peers[0].Links[0];

        Assert.True(link.PacketsSent < 1000, "all are within what the share is taken of");
        Assert.Equal((double)link.PacketsLost / link.PacketsSent, link.Loss, 0.03);
        Assert.InRange(link.Loss, 0.05, 0.25);
    }

    [Fact]
    public void Restarts_of_either_end_lose_nothing_and_repeat_nothing()
    {
        var lab = new Lab(5);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        lab.Connect(a, b, Lan, TimeSpan.FromMilliseconds(1), 0.1);
        b.Read("readings");
        for (int i = 0; i < 1000; i++)
        {
            a.Send("readings", Payload(i, 300), Receipt.Durable);
            if (i % 100 == 50)
            {
                lab.Run(TimeSpan.FromMilliseconds(400));
                a.Restart();
            }
            if (i % 100 == 99)
            {
                lab.Run(TimeSpan.FromMilliseconds(400));
                b.Restart();
                b.Read("readings");
            }
        }
        Assert.True(lab.Run(TimeSpan.FromMinutes(5), () => a.Node.Status(lab.Now).Pipes[0].Delivered == 1000 && b.Payloads.Count >= 1000));
        AssertInOrder(b, 1000, 300);
    }

    [Fact]
    public void Traffic_moves_to_the_other_link_when_one_falls_silent_and_back()
    {
        var lab = new Lab(6);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        var lan = lab.Connect(a, b, Lan, TimeSpan.FromMilliseconds(1));
        var radio = lab.Connect(a, b, Radio, TimeSpan.FromMilliseconds(5));
        b.Read("readings");
        a.Send("readings", Payload(0, 100));
        Assert.True(lab.Run(TimeSpan.FromSeconds(10), () => b.Payloads.Count == 1));
        lab.Run(TimeSpan.FromSeconds(5));
        lan.Cut = true;
        a.Send("readings", Payload(1, 100));
        Assert.True(lab.Run(TimeSpan.FromSeconds(1), () => b.Payloads.Count == 2));
        lan.Cut = false;
        Assert.True(lab.Run(TimeSpan.FromSeconds(60), () => a.Node.Status(lab.Now).Peers[0].Links.Single(link => link.Active).Transport.Value == 0));
    }

    /// <summary>On a line so noisy that short frames are best, a binding with long names still needs a longer one.</summary>
    [Fact]
    public void A_pipe_with_the_longest_names_is_bound_over_a_line_where_short_frames_are_best()
    {
        var lab = new Lab(7);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer(new string('b', 64)));
        var radio = lab.Connect(a, b, Radio, TimeSpan.FromMilliseconds(5), 0.3);
        string pipe = new('p', 64);
        b.Read("readings");
        for (int i = 0; i < 200; i++)
            a.Send("readings", Payload(i, 300));
        Assert.True(lab.Run(TimeSpan.FromMinutes(10), () => b.Payloads.Count == 200));
        Assert.InRange(a.Node.Status(lab.Now).Peers[0].Links[0].FrameBytesMax, 90, 150);

        long before = radio.FramesSent;
        b.Read(pipe);
        a.Send(pipe, Payload(200, 20));
        Assert.True(lab.Run(TimeSpan.FromSeconds(30), () => b.Payloads.Count == 201));
        Assert.InRange(radio.FramesSent - before, 1, 300);
    }

    [Fact]
    public void A_large_message_goes_on_where_it_stopped_when_either_end_restarts()
    {
        var lab = new Lab(8);
        var (a, b) = (lab.AddPeer("a"), lab.AddPeer("b"));
        var line = lab.Connect(a, b, Radio, TimeSpan.FromMilliseconds(5));
        b.Read("files");
        a.Send("files", Payload(9, 200_000), Receipt.Durable);
        lab.Run(TimeSpan.FromSeconds(12));
        a.Restart();
        lab.Run(TimeSpan.FromSeconds(12));
        b.Restart();
        b.Read("files");
        Assert.True(lab.Run(TimeSpan.FromMinutes(3), () => b.Payloads.Count == 1));
        Assert.Equal(Payload(9, 200_000), b.Payloads[0]);
        Assert.True(line.BytesSent < 250_000, $"{line.BytesSent} bytes on the line for 200,000");
    }

    internal static byte[] Payload(int number, int length)
    {
        byte[] payload = new byte[length];
        new Random(number).NextBytes(payload);
        BitConverter.TryWriteBytes(payload, number);
        return payload;
    }

    private static void AssertInOrder(LabPeer peer, int count, int length)
    {
        Assert.Equal(count, peer.Payloads.Count);
        for (int i = 0; i < count; i++)
            Assert.Equal(Payload(i, length), peer.Payloads[i]);
    }
}
