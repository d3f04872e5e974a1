using EdgePeer.SystemTests.Support;
using EdgePeer.Transports.Serial;
using EdgePeer.Wire;
using EdgePeer.Wire.Framing;
using Xunit;

namespace EdgePeer.SystemTests.Transports;

/// <summary>One transport on a real pty; the test is the other end of the line.</summary>
public sealed class SerialTransportTests : IDisposable
{
    private static readonly LinkAddress Nine = new([9]);
    private readonly Pty _pty = new();
    private readonly RecordingSink _sink = new();

    public void Dispose() => _pty.Dispose();

    [Fact]
    public async Task Traits_say_what_the_line_is()
    {
        await using var transport = await Start(57600);
        var traits = _sink.Traits!;
        Assert.Equal(576, traits.FrameBytesMax);
        Assert.Equal(57600, traits.BitsPerSecond);
        Assert.Equal(10, traits.BitsPerByte);
        Assert.True(traits is { Broadcast: true, ChosenAddresses: true, KeepsOrder: true, BitErrors: true, HalfDuplex: false });
        Assert.Equal(TimeSpan.FromMilliseconds(100), traits.Airtime(576 - SerialFraming.FramingBytes));
    }

    [Fact]
    public async Task Frames_sent_stand_on_the_line_as_the_format_says()
    {
        await using var transport = await Start(1_000_000);
        await _sink.Until(() => _sink.Room == 1);
        transport.Send(Nine, [1, 0, 2], more: false);
        var (destination, frame) = await NextFrame();
        Assert.Equal(9, destination);
        Assert.Equal([1, 0, 2], frame);

        await _sink.Until(() => _sink.Room == 1);
        transport.Send(LinkAddress.Broadcast, [7], more: false);
        Assert.Equal(SerialFraming.Everyone, (await NextFrame()).Destination);
        Assert.Equal(2, transport.Counters.FramesSent);
    }

    [Fact]
    public async Task Only_frames_for_everyone_or_for_the_chosen_address_are_reported()
    {
        await using var transport = await Start(115200);
        Say(9, [1]);
        Say(SerialFraming.Everyone, [2]);
        await _sink.Until(() => _sink.Frames.Count == 1);
        transport.UseAddress(Nine);
        Say(8, [3]);
        Say(9, [4]);
        await _sink.Until(() => _sink.Frames.Count == 2);
        Assert.Equal([2, 4], _sink.Frames.Select(f => (int)f.Frame[0]));
        Assert.All(_sink.Frames, f => Assert.True(f.From.IsBroadcast));
        Assert.Equal(0, transport.Counters.FramesDropped);
    }

    [Fact]
    public async Task Garbage_is_counted_and_the_next_frame_heard()
    {
        await using var transport = await Start(115200);
        byte[] noise = new byte[20_000];
        new Random(5).NextBytes(noise);
        _pty.Write(noise);
        Say(SerialFraming.Everyone, [5]);
        await _sink.Until(() => _sink.Frames.Count == 1);
        Assert.InRange(transport.Counters.FramesDropped, 10, noise.Length);
        Assert.True(_sink.IsUp);
    }

    [Fact]
    public async Task An_echo_of_an_own_frame_is_dropped_and_the_same_bytes_from_another_are_not()
    {
        await using var transport = await Start(115200);
        await _sink.Until(() => _sink.Room == 1);
        transport.Send(LinkAddress.Broadcast, [1, 2, 3], more: false);
        Assert.True(_pty.WaitForOutput(10_000));
        byte[] line = _pty.Read();
        _pty.Write(line);
        Say(SerialFraming.Everyone, [4]);
        await _sink.Until(() => !_sink.Frames.IsEmpty);
        Assert.Equal([4], _sink.Frames.Single().Frame);
        _pty.Write(line);
        await _sink.Until(() => _sink.Frames.Count == 2);
        Assert.Equal(0, transport.Counters.FramesDropped);
    }

    [Fact]
    public async Task A_port_that_goes_is_down_and_up_again_where_its_link_points_then()
    {
        string link = Path.Combine(Path.GetTempPath(), $"edgepeer-port-{Guid.NewGuid():N}");
        File.CreateSymbolicLink(link, _pty.Path);
        try
        {
            await using var transport = await Start(115200, link);
            _pty.Dispose();
            await _sink.Until(() => !_sink.IsUp);
            Assert.Contains($"{link}: the port went away", _sink.Downs.Single(), StringComparison.Ordinal);

            using var back = new Pty();
            File.Delete(link);
            File.CreateSymbolicLink(link, back.Path);
            await _sink.Until(() => _sink.Ups == 2 && _sink.Room == 1);
            transport.Send(LinkAddress.Broadcast, [1], more: false);
            Assert.True(back.WaitForOutput(10_000));
        }
        finally
        {
            File.Delete(link);
        }
    }

    [Fact]
    public async Task A_port_in_use_is_refused_until_it_is_free()
    {
        var first = await Start(115200);
        var sink = new RecordingSink();
        await using var second = new SerialTransport(new SerialOptions { Name = "second", Port = _pty.Path, Baud = 115200 });
        second.Start(sink);
        await sink.Until(() => !sink.Downs.IsEmpty);
        Assert.Contains("in use by another program", sink.Downs.First(), StringComparison.Ordinal);
        await first.DisposeAsync();
        await sink.Until(() => sink.IsUp);
    }

    [Theory]
    [InlineData("/dev/no-such-port", "no such port")]
    [InlineData("/dev/null", "not a serial port")]
    public async Task A_port_that_can_t_be_used_is_down_with_the_mend(string port, string reason)
    {
        await using var transport = new SerialTransport(new SerialOptions { Name = "radio", Port = port, Baud = 9600 });
        transport.Start(_sink);
        await _sink.Until(() => !_sink.Downs.IsEmpty);
        Assert.StartsWith($"{port}: {reason}; ", _sink.Downs.Single(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_much_and_too_long_are_dropped_and_room_is_said_again()
    {
        await using var transport = await Start(9600);
        await _sink.Until(() => _sink.Room == 1);
        _sink.UseRoom();
        transport.Send(Nine, new byte[201], more: false);
        await _sink.Until(() => _sink.Room == 1);
        Assert.Equal(1, transport.Counters.FramesDropped);
        for (int i = 0; i < 20; i++)
            transport.Send(Nine, new byte[200], more: false);
        Assert.InRange(transport.Counters.FramesDropped, 1 + 20 - 6, 20);
    }

    /// <summary>What stands in the pty has been handed over; the line could have carried no more than time times rate of it.</summary>
    [Theory]
    [InlineData(9600, 100)]
    [InlineData(57600, 300)]
    [InlineData(460800, 1000)]
    public async Task Nothing_is_handed_over_earlier_than_the_line_can_start_it(int baud, int frameBytes)
    {
        byte[] frame = new byte[frameBytes];
        Array.Fill(frame, (byte)0xA5);
        SerialTransport? transport = null;
        _sink.OnRoom = room =>
        {
            if (room > 0)
                transport!.Send(Nine, frame, more: true);
        };
        var clock = System.Diagnostics.Stopwatch.StartNew();
        transport = new SerialTransport(new SerialOptions { Name = "radio", Port = _pty.Path, Baud = baud });
        await using var stop = transport;
        transport.Start(_sink);
        int lineBytes = frameBytes + SerialFraming.FramingBytes + frameBytes / 254;
        while (_pty.WaitForOutput(10_000) && _pty.Waiting < Math.Min(3500, 8 * lineBytes))
        {
            int handedOver = _pty.Waiting;
            double lineCouldCarry = (clock.Elapsed.TotalSeconds + 0.006) * baud / 10;
            Assert.True(handedOver <= lineCouldCarry + lineBytes + 1, $"{handedOver} bytes after {clock.Elapsed}");
            await Task.Yield();
        }
        Assert.True(_pty.Waiting > lineBytes);
    }

    private async Task<SerialTransport> Start(int baud, string? port = null)
    {
        var transport = new SerialTransport(new SerialOptions { Name = "radio", Port = port ?? _pty.Path, Baud = baud });
        transport.Start(_sink);
        await _sink.Until(() => _sink.IsUp);
        return transport;
    }

    private void Say(byte destination, byte[] frame)
    {
        byte[] line = new byte[SerialFraming.LineBytesMax(frame.Length)];
        _pty.Write(line.AsSpan(0, SerialFraming.Encode(destination, false, afterSilence: true, frame, line, out _)));
    }

    private async Task<(byte Destination, byte[] Frame)> NextFrame()
    {
        var decoder = new SerialFrameDecoder();
        while (_pty.WaitForOutput(10_000))
        {
            ReadOnlySpan<byte> bytes = _pty.Read();
            if (decoder.TryRead(ref bytes, out var frame))
                return (frame.Destination, frame.Frame.ToArray());
        }
        throw new TimeoutException("no frame came out of the port");
    }
}
