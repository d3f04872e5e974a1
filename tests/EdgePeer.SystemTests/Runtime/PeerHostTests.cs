using System.Text;
using EdgePeer.Protocol;
using EdgePeer.Runtime;
using EdgePeer.Store;
using EdgePeer.SystemTests.Support;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.SystemTests.Runtime;

public sealed class PeerHostTests
{
    [Fact]
    public async Task Messages_arrive_once_and_in_order_over_a_cable()
    {
        await using var pair = PeerPair.ByCable();
        await AllArriveAsync(pair, messages: 300);
    }

    [Fact]
    public async Task Messages_arrive_once_and_in_order_over_a_serial_line_with_bit_errors()
    {
        await using var pair = PeerPair.ByRadio(baud: 230_400, bitErrorRate: 1e-5);
        await AllArriveAsync(pair, messages: 100);
    }

    [Fact]
    public async Task What_was_accepted_is_delivered_after_a_restart_of_its_sender()
    {
        await using var pair = PeerPair.ByCable();
        var before = await pair.Sender.StartAsync();
        await SendAsync(before, 1, 20);
        await before.DisposeAsync();
        await pair.Sender.StartAsync();

        await ReadAsync(await pair.Receiver.StartAsync(), 1, 20);
    }

    [Fact]
    public async Task What_was_consumed_is_not_handed_over_again_after_a_restart_of_its_reader()
    {
        await using var pair = PeerPair.ByCable();
        var sender = await pair.Sender.StartAsync();
        var before = await pair.Receiver.StartAsync();
        await SendAsync(sender, 1, 20);
        await ReadAsync(before, 1, 20);
        await before.DisposeAsync();
        await SendAsync(sender, 21, 20);

        await ReadAsync(await pair.Receiver.StartAsync(), 21, 20);
    }

    [Fact]
    public async Task A_message_that_the_flash_of_its_receiver_has_lost_is_passed_by_and_those_behind_it_are_read()
    {
        await using var pair = PeerPair.ByCable();
        var sender = await pair.Sender.StartAsync();
        var receiver = await pair.Receiver.StartAsync();
        byte[] lost = Encoding.ASCII.GetBytes("the one that the flash forgets");
        await using (var first = receiver.OpenReader(Readings, Desk, window: 1))
        {
            await SendAsync(sender, 1, 1);
            var taken = await first.ReadAsync(Cancellation).AsTask().WaitAsync(TestPeer.Deadline, Cancellation);
            first.Consume(taken!);
        }
        await sender.SendAsync(Readings, lost, new SendOptions(WaitFor: Receipt.Delivered), Cancellation).WaitAsync(TestPeer.Deadline, Cancellation);
        await SendAsync(sender, 2, 20);
        pair.Receiver.Damage(lost);

        await ReadAsync(receiver, 2, 20);
    }

    [Fact]
    public async Task A_message_of_sixteen_mebibytes_arrives_byte_for_byte()
    {
        await using var pair = PeerPair.ByCable();
        await using var sender = new TestPeer("left") { Journal = Large, Transports = pair.Sender.Transports };
        await using var receiver = new TestPeer("right") { Journal = Large, Transports = pair.Receiver.Transports };
        byte[] payload = new byte[Limits.MessageBytesMax];
        new Random(1).NextBytes(payload);
        await using var reader = (await receiver.StartAsync()).OpenReader(Readings, Desk);

        var sent = await (await sender.StartAsync()).SendAsync(Readings, payload, new SendOptions(WaitFor: Receipt.Delivered), Cancellation).WaitAsync(TestPeer.Deadline, Cancellation);

        Assert.Equal(Receipt.Delivered, sent.Reached);
        var message = await reader.ReadAsync(Cancellation).AsTask().WaitAsync(TestPeer.Deadline, Cancellation);
        Assert.True(message!.Payload.AsSpan().SequenceEqual(payload));
    }

    [Fact]
    public async Task A_sender_that_waits_for_consumed_hears_it_when_the_reader_says_so()
    {
        await using var pair = PeerPair.ByCable();
        var sender = await pair.Sender.StartAsync();
        await using var reader = (await pair.Receiver.StartAsync()).OpenReader(Readings, Desk);
        var sending = sender.SendAsync(Readings, "once"u8.ToArray(), new SendOptions(WaitFor: Receipt.Consumed), Cancellation);

        var message = await reader.ReadAsync(Cancellation).AsTask().WaitAsync(TestPeer.Deadline, Cancellation);
        Assert.False(sending.IsCompleted);
        reader.Consume(message!);

        var result = await sending.WaitAsync(TestPeer.Deadline, Cancellation);
        Assert.Equal(Receipt.Consumed, result.Reached);
        Assert.Equal(message!.Sequence, result.Sequence);
    }

    [Fact]
    public async Task A_second_send_with_a_client_id_is_answered_with_the_first_ones_identity()
    {
        await using var peer = new TestPeer("alone");
        var host = await peer.StartAsync();
        var first = await host.SendAsync(Readings, "once"u8.ToArray(), new SendOptions("m-1"), Cancellation).WaitAsync(TestPeer.Deadline, Cancellation);
        var again = await host.SendAsync(Readings, "once"u8.ToArray(), new SendOptions("m-1"), Cancellation).WaitAsync(TestPeer.Deadline, Cancellation);

        Assert.Equal(first, again);
        Assert.Equal(1, (await host.StatusAsync()).Node.Pipes.Single(pipe => pipe.Name == Readings).Accepted);
    }

    [Fact]
    public async Task A_full_journal_holds_a_sender_back_until_a_reader_has_made_room()
    {
        await using var pair = PeerPair.ByCable();
        await using var small = new TestPeer("left") { Journal = Small, Transports = pair.Sender.Transports };
        var sender = await small.StartAsync();
        byte[] payload = new byte[32 << 10];
        var sends = Enumerable.Range(0, 64).Select(_ => sender.SendAsync(Readings, payload, new SendOptions(), Cancellation)).ToArray();
        await sends[0].WaitAsync(TestPeer.Deadline, Cancellation);
        Assert.False(sends[^1].IsCompleted);

        await using var reader = (await pair.Receiver.StartAsync()).OpenReader(Readings, Desk);
        for (int i = 0; i < sends.Length; i++)
            reader.Consume((await reader.ReadAsync(Cancellation).AsTask().WaitAsync(TestPeer.Deadline, Cancellation))!);

        foreach (var result in await Task.WhenAll(sends).WaitAsync(TestPeer.Deadline, Cancellation))
            Assert.Equal(Receipt.Durable, result.Reached);
    }

    [Fact]
    public async Task A_pipe_that_is_full_by_its_own_capacity_holds_back_itself_alone()
    {
        await using var peer = new TestPeer("a") { Pipes = { [PipeName.Parse("small")] = new PipeOptions { CapacityBytes = 100_000 } } };
        var host = await peer.StartAsync();
        var held = Enumerable.Range(0, 3_000).Select(_ => host.SendAsync(PipeName.Parse("small"), new byte[1_000], new SendOptions(), TestContext.Current.CancellationToken)).ToList();

        var other = await host.SendAsync(PipeName.Parse("other"), new byte[1_000], new SendOptions(), TestContext.Current.CancellationToken).WaitAsync(TestPeer.Deadline, TestContext.Current.CancellationToken);

        Assert.Equal(Receipt.Durable, other.Reached);
        Assert.InRange(held.Count(one => one.IsCompleted), 1, 100);
    }

    [Fact]
    public async Task A_pipe_with_a_share_has_room_while_others_wait_for_some()
    {
        await using var peer = new TestPeer("a") { Pipes = { [PipeName.Parse("alarms")] = new PipeOptions { ShareBytes = 100_000 } } };
        var host = await peer.StartAsync();
        var held = Enumerable.Range(0, 1_000).Select(_ => host.SendAsync(PipeName.Parse("readings"), new byte[10_000], new SendOptions(), TestContext.Current.CancellationToken)).ToList();
        while ((await host.StatusAsync()).SendsWaiting == 0)
            await Task.Delay(10, TestContext.Current.CancellationToken);

        var alarm = await host.SendAsync(PipeName.Parse("alarms"), new byte[1_000], new SendOptions(), TestContext.Current.CancellationToken).WaitAsync(TestPeer.Deadline, TestContext.Current.CancellationToken);

        Assert.Equal(Receipt.Durable, alarm.Reached);
        Assert.Contains(held, one => !one.IsCompleted);
    }

    [Fact]
    public async Task A_full_journal_refuses_at_once_for_a_pipe_that_rejects()
    {
        await using var peer = new TestPeer("alone") { Journal = Small };
        peer.Pipes[Readings] = new PipeOptions { WhenFull = WhenFull.Reject };
        var host = await peer.StartAsync();
        SendResult result;
        int accepted = -1;
        do
        {
            accepted++;
            result = await host.SendAsync(Readings, new byte[32 << 10], new SendOptions(), Cancellation).WaitAsync(TestPeer.Deadline, Cancellation);
        }
        while (result.Reached == Receipt.Durable && accepted < 64);

        Assert.Equal(Receipt.Rejected, result.Reached);
        Assert.InRange(accepted, 1, 63);
        Assert.NotNull(result.Reason);
    }

    [Fact]
    public async Task A_cancelled_wait_for_room_ends_and_lets_the_next_one_wait()
    {
        await using var peer = new TestPeer("alone") { Journal = Small };
        var host = await peer.StartAsync();
        using var impatient = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var sends = Enumerable.Range(0, 64).Select(_ => host.SendAsync(Readings, new byte[32 << 10], new SendOptions(), impatient.Token)).ToArray();
        await sends[0].WaitAsync(TestPeer.Deadline, Cancellation);

        await impatient.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => sends[^1].WaitAsync(TestPeer.Deadline, Cancellation));
    }

    [Fact]
    public async Task A_second_host_on_a_directory_is_refused_until_the_first_has_stopped()
    {
        await using var peer = new TestPeer("alone");
        var first = await peer.StartAsync();
        Assert.Throws<StateDirectoryBusyException>(peer.Open);

        await first.DisposeAsync();
        await peer.StartAsync();
    }

    [Fact]
    public async Task Stopping_answers_all_who_wait()
    {
        await using var peer = new TestPeer("alone") { Journal = Small };
        var host = await peer.StartAsync();
        var reading = host.OpenReader(Readings, Desk).ReadAsync(Cancellation).AsTask();
        var delivered = host.SendAsync(PipeName.Parse("other"), "x"u8.ToArray(), new SendOptions(WaitFor: Receipt.Delivered), Cancellation);
        var sends = Enumerable.Range(0, 64).Select(_ => host.SendAsync(PipeName.Parse("other"), new byte[32 << 10], new SendOptions(), Cancellation)).ToArray();

        await host.DisposeAsync().AsTask().WaitAsync(TestPeer.Deadline, Cancellation);

        Assert.Null(await reading.WaitAsync(TestPeer.Deadline, Cancellation));
        Assert.Equal(Receipt.Durable, (await delivered.WaitAsync(TestPeer.Deadline, Cancellation)).Reached);
        var results = await Task.WhenAll(sends).WaitAsync(TestPeer.Deadline, Cancellation);
        Assert.Equal(Receipt.Rejected, results[^1].Reached);
        await Assert.ThrowsAsync<ObjectDisposedException>(host.StatusAsync);
        Assert.Equal(Receipt.Rejected, (await host.SendAsync(Readings, "late"u8.ToArray(), new SendOptions(), Cancellation)).Reached);
    }

    [Fact]
    public async Task An_idle_loop_goes_round_when_nudged()
    {
        await using var peer = new TestPeer("alone");
        var host = await peer.StartAsync();
        long turns = host.LoopTurns;
        host.Nudge();
        await Wait.UntilAsync("the loop has gone round", () => host.LoopTurns > turns);
    }

    [Fact]
    public async Task A_message_beyond_the_limit_is_refused_with_the_mend()
    {
        await using var peer = new TestPeer("alone");
        var host = await peer.StartAsync();
        var result = await host.SendAsync(Readings, new byte[Limits.MessageBytesMax + 1], new SendOptions(), Cancellation);
        Assert.Equal(Receipt.Rejected, result.Reached);
        Assert.Contains("parts", result.Reason, StringComparison.Ordinal);
    }

    private static async Task AllArriveAsync(PeerPair pair, int messages)
    {
        var receiver = await pair.Receiver.StartAsync();
        var reading = ReadAsync(receiver, 1, messages);
        await SendAsync(await pair.Sender.StartAsync(), 1, messages);
        await reading;
    }

    private static async Task SendAsync(PeerHost host, int first, int count)
    {
        var sends = Enumerable.Range(first, count).Select(number => host.SendAsync(Readings, Encoding.ASCII.GetBytes($"message {number}"), new SendOptions(), Cancellation)).ToArray();
        foreach (var result in await Task.WhenAll(sends).WaitAsync(TestPeer.Deadline, Cancellation))
            Assert.Equal(Receipt.Durable, result.Reached);
    }

    private static async Task ReadAsync(PeerHost host, int first, int count)
    {
        await using var reader = host.OpenReader(Readings, Desk);
        for (int number = first; number < first + count; number++)
        {
            var message = await reader.ReadAsync(Cancellation).AsTask().WaitAsync(TestPeer.Deadline, Cancellation);
            Assert.Equal($"message {number}", Encoding.ASCII.GetString(message!.Payload));
            reader.Consume(message);
        }
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private static readonly PipeName Readings = PipeName.Parse("readings");
    private static readonly EndpointName Desk = EndpointName.Parse("desk");

    // The smallest that the configuration takes: full after a few dozen messages.
    private static readonly JournalOptions Small = new() { CapacityBytes = 1 << 20, SyncWindow = TimeSpan.FromMilliseconds(2) };
    private static readonly JournalOptions Large = new() { CapacityBytes = 256 << 20, SyncWindow = TimeSpan.FromMilliseconds(2) };
}
