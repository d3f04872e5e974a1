using System.Buffers;
using EdgePeer.Runtime;
using EdgePeer.Runtime.Loop;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Runtime;

public sealed class LoopInboxTests
{
    private readonly LoopInbox _inbox = new(transports: 2);
    private readonly LoopInput _input = new(transports: 2);

    [Fact]
    public void The_newest_frame_is_dropped_when_the_queue_is_full_and_taken_again_when_it_was_emptied()
    {
        for (int i = 0; i < Limits.FramesQueuedMax; i++)
            Assert.True(_inbox.TryPostFrame(0, default, [(byte)i]));
        Assert.False(_inbox.TryPostFrame(0, default, [0xFF]));

        _inbox.Take(TimeSpan.Zero, _input);

        Assert.Equal(Limits.FramesQueuedMax, _input.Frames.Count);
        Assert.Equal(unchecked((byte)(Limits.FramesQueuedMax - 1)), _input.Frames[^1].Bytes[0]);
        Assert.True(_inbox.TryPostFrame(0, default, [1]));
    }

    [Fact]
    public void A_frame_is_copied_before_the_call_returns()
    {
        byte[] lent = [1, 2, 3];
        _inbox.TryPostFrame(1, new LinkAddress([7]), lent);
        lent.AsSpan().Clear();

        _inbox.Take(TimeSpan.Zero, _input);

        var frame = Assert.Single(_input.Frames);
        Assert.Equal([1, 2, 3], frame.Bytes.ToArray());
        Assert.Equal(new LinkAddress([7]), frame.From);
        Assert.Equal(1, frame.Transport);
        ArrayPool<byte>.Shared.Return(frame.Buffer);
    }

    [Fact]
    public void Only_the_last_room_said_counts_and_only_once()
    {
        _inbox.PostRoom(1, 8);
        _inbox.PostRoom(1, 3);

        _inbox.Take(TimeSpan.Zero, _input);
        Assert.Equal([LoopInbox.NoRoomSaid, 3], _input.Rooms);

        _inbox.Take(TimeSpan.Zero, _input);
        Assert.Equal([LoopInbox.NoRoomSaid, LoopInbox.NoRoomSaid], _input.Rooms);
    }

    [Fact]
    public void A_sleeping_loop_wakes_for_a_call_long_before_its_deadline()
    {
        var poster = new Thread(() => _inbox.Post(_ => { }));
        poster.Start();
        while (_input.Calls.Count == 0)
            _inbox.Take(TimeSpan.MaxValue, _input);
        poster.Join();
        Assert.Single(_input.Calls);
    }

    [Fact]
    public void A_closed_inbox_refuses_what_comes_and_gives_what_it_has()
    {
        _inbox.Post(_ => { });
        _inbox.Close();

        Assert.False(_inbox.Post(_ => { }));
        Assert.False(_inbox.TryPostFrame(0, default, [1]));
        _inbox.Take(TimeSpan.Zero, _input);
        Assert.Single(_input.Calls);
        Assert.Empty(_input.Frames);
    }

    [Fact]
    public void Reports_of_a_transport_are_declined_beyond_their_limit_and_other_calls_are_not()
    {
        for (int i = 0; i < Limits.TransportReportsQueuedMax; i++)
            Assert.True(_inbox.TryPostReport(_ => { }));
        Assert.False(_inbox.TryPostReport(_ => { }));
        Assert.True(_inbox.Post(_ => { }));
    }
}
