using EdgePeer.Transports.Serial;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Transports;

/// <summary>SERIAL.md, "Turns", on a made-up clock: 57,600 baud, where 20 byte times are 3.5 ms and three are 0.5 ms.</summary>
public class TurnTakingTests
{
    private static readonly TimeSpan Gap = Ms(30) + Bytes(20);
    private static readonly TimeSpan Silence = Ms(2) + Bytes(3);
    private readonly LinePacing _line = new(57600);
    private readonly TurnTaking _turns;
    private Instant _now = new(10_000_000_000);
    private double _draw = 0.5;

    public TurnTakingTests()
    {
        _turns = new TurnTaking(_line, () => _draw);
        _line.Reset(_now);
    }

    [Fact]
    public void A_silent_line_may_be_taken_at_once()
    {
        Assert.True(_turns.StartAt <= _now);
    }

    [Fact]
    public void A_burst_ends_with_the_mark_when_nothing_more_waits()
    {
        Assert.False(Send(200, more: true));
        Assert.True(_turns.StartAt <= _now);
        Assert.True(Send(200, more: false));
        Assert.Equal(_line.FreeAt + Gap, _turns.StartAt);
    }

    [Fact]
    public void A_burst_ends_with_the_mark_before_400_ms_of_airtime()
    {
        var begin = _now;
        int frames = 1;
        while (!Send(200, more: true))
            frames++;
        Assert.InRange((_now - begin).TotalMilliseconds, 400 - 35, 400);
        Assert.Equal(11, frames);
        Assert.Equal(_line.FreeAt + Gap, _turns.StartAt);
    }

    [Fact]
    public void A_frame_longer_than_a_burst_is_a_burst()
    {
        Assert.True(Send(5000, more: true));
    }

    [Fact]
    public void The_mark_in_a_frame_for_us_gives_us_the_line()
    {
        Send(200, more: false);
        Hear(Ms(10), yields: true, toUs: true);
        Assert.True(_turns.StartAt <= _now);
    }

    [Fact]
    public void Without_the_mark_silence_a_reply_gap_and_a_random_part_of_one_are_waited_for()
    {
        Hear(Ms(10), yields: false, toUs: true);
        Assert.Equal(_now + Silence + Gap * 1.5, _turns.StartAt);
    }

    [Fact]
    public void The_mark_for_another_leaves_the_line_to_that_one()
    {
        Hear(Ms(10), yields: true, toUs: false);
        Assert.Equal(_now + Silence + Gap * 1.5, _turns.StartAt);
    }

    [Fact]
    public void The_mark_for_everyone_makes_all_draw_lots_within_the_speakers_patience()
    {
        _draw = 0.999;
        Hear(Ms(10), yields: true, toUs: false, toAll: true);
        Assert.InRange((_turns.StartAt - _now).Ticks, 0, (Gap / 2).Ticks);
    }

    [Fact]
    public void Bytes_during_our_burst_end_it_and_widen_the_window_once()
    {
        Send(200, more: true);
        _now = _line.FreeAt + -Ms(10);
        _turns.OnBytes(_now);
        _turns.OnBytes(_now + Ms(2));
        Assert.Equal(1, _turns.Backoff);
        Assert.Equal(_line.FreeAt + Gap * 2, _turns.StartAt);
    }

    [Fact]
    public void Collisions_in_a_row_widen_the_window_to_sixteen_gaps_and_good_frames_narrow_it()
    {
        for (int i = 0; i < 10; i++)
        {
            Send(200, more: true);
            _turns.OnBytes(_line.FreeAt + -Ms(1));
            _now = Instant.Later(_now, _turns.StartAt);
        }
        Assert.Equal(4, _turns.Backoff);
        Assert.Equal(_line.FreeAt + Gap * 9, _turns.StartAt);
        for (int i = 0; i < 4; i++)
            Hear(Ms(100), yields: true, toUs: true);
        Assert.Equal(0, _turns.Backoff);
    }

    [Fact]
    public void A_burst_that_dries_up_lapses()
    {
        Send(200, more: true);
        _now = _line.FreeAt;
        _turns.OnSilence(_now + Ms(14));
        Assert.True(_turns.StartAt <= _now);
        _turns.OnSilence(_now + Ms(15));
        Assert.Equal(_line.FreeAt + Gap * 1.5, _turns.StartAt);
        Assert.Equal(Instant.Never, _turns.LapsesAt);
    }

    [Fact]
    public void Answers_that_take_longer_lengthen_the_gap_and_quicker_ones_shorten_it_slowly()
    {
        Answer(after: Ms(100));
        Assert.Equal(Ms(125), _turns.ReplyGap);
        Answer(after: Ms(20));
        Assert.Equal(Ms(100), _turns.ReplyGap);
        Answer(after: Ms(900));
        Assert.Equal(Ms(100), _turns.ReplyGap);
        for (int i = 0; i < 20; i++)
            Answer(after: Ms(10));
        Assert.Equal(Gap, _turns.ReplyGap);
    }

    [Fact]
    public void Where_echoes_were_seen_bytes_during_our_burst_are_no_collision_but_a_bad_frame_is()
    {
        _turns.OnEcho();
        Send(200, more: true);
        _turns.OnBytes(_line.FreeAt + -Ms(1));
        _turns.OnBytes(_line.FreeAt + Ms(10));
        Assert.Equal(0, _turns.Backoff);
        Assert.True(_turns.StartAt <= _now);
        _turns.OnBadFrame(_line.FreeAt + Ms(10));
        Assert.Equal(1, _turns.Backoff);
    }

    private bool Send(int lineBytes, bool more)
    {
        bool yields = _turns.OnStart(lineBytes, more);
        _line.OnWritten(lineBytes, _now);
        _now = _line.FreeAt;
        return yields;
    }

    private void Hear(TimeSpan after, bool yields, bool toUs, bool toAll = false)
    {
        _now += after;
        _turns.OnBytes(_now);
        _turns.OnFrame(yields, toUs, toAll, _now);
    }

    private void Answer(TimeSpan after)
    {
        Send(200, more: false);
        Hear(after, yields: true, toUs: true);
    }

    private static TimeSpan Ms(int milliseconds) => TimeSpan.FromMilliseconds(milliseconds);

    private static TimeSpan Bytes(int count) => new(count * 10 * TimeSpan.TicksPerSecond / 57600);
}
