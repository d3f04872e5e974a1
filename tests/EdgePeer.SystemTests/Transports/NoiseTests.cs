using System.Net;
using System.Net.Sockets;
using EdgePeer.SystemTests.Support;
using EdgePeer.Transports.Ethernet;
using EdgePeer.Transports.Serial;
using EdgePeer.Wire;
using EdgePeer.Wire.Framing;
using Xunit;

namespace EdgePeer.SystemTests.Transports;

/// <summary>Bytes from outside that nobody meant, for a while: nothing is thrown, memory stays, and the next good frame is heard.</summary>
[Collection(nameof(NoiseTests))]
public class NoiseTests
{
    private const long GrowthMax = 8 << 20;
    private static readonly TimeSpan While = Effort.Of(TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(1));
    private readonly RecordingSink _sink = new() { KeepsFrames = false };
    private readonly Random _random = new(8);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_serial_port_lives_with_random_bytes_and_mutated_frames(bool halfDuplex)
    {
        using var pty = new Pty();
        await using var transport = new SerialTransport(new SerialOptions { Name = "radio", Port = pty.Path, Baud = 115200, HalfDuplex = halfDuplex });
        // The node has always something to say.
        _sink.OnRoom = room =>
        {
            if (room > 0)
                transport.Send(LinkAddress.Broadcast, new byte[300], more: true);
        };
        transport.Start(_sink);
        await _sink.Until(() => _sink.IsUp);
        byte[] line = new byte[SerialFraming.LineBytesMax(SerialFraming.FrameBytesMax)];
        MakeNoise(() =>
        {
            byte[] frame = RandomBytes(SerialFraming.FrameBytesMax);
            int length = SerialFraming.Encode(SerialFraming.Everyone, _random.Next(2) == 0, true, frame, line, out _);
            pty.Write(_random.Next(2) == 0 ? frame : Mutated(line.AsSpan(0, length)));
            while (pty.Waiting > 0)
                pty.Read();
        });
        Assert.InRange(transport.Counters.FramesDropped, 100, long.MaxValue);

        long before = _sink.FrameCount;
        pty.Write(line.AsSpan(0, SerialFraming.Encode(SerialFraming.Everyone, true, afterSilence: true, [1, 2, 3], line, out _)));
        await _sink.Until(() => _sink.FrameCount > before);
        Assert.Empty(_sink.Downs);
    }

    [Fact]
    public async Task An_ethernet_socket_lives_with_random_datagrams()
    {
        await using var transport = new EthernetTransport(new EthernetOptions { Name = "lan", Listen = [new IPEndPoint(IPAddress.Loopback, 0)] });
        transport.Start(_sink);
        await _sink.Until(() => _sink.IsUp);
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        var to = transport.LocalEndPoints.Single();
        MakeNoise(() => socket.SendTo(RandomBytes(3000), to));

        long heard;
        do
        {
            heard = _sink.FrameCount;
            socket.SendTo([1, 2, 3], to);
            await _sink.Until(() => _sink.FrameCount > heard);
        }
        while (transport.Counters.FramesDropped == 0);
        Assert.Empty(_sink.Downs);
    }

    private static void MakeNoise(Action once)
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var clock = System.Diagnostics.Stopwatch.StartNew();
        while (clock.Elapsed < While)
            once();
        Assert.InRange(GC.GetTotalMemory(forceFullCollection: true) - before, long.MinValue, GrowthMax);
    }

    private byte[] RandomBytes(int max)
    {
        byte[] bytes = new byte[_random.Next(1, max + 1)];
        _random.NextBytes(bytes);
        return bytes;
    }

    private Span<byte> Mutated(Span<byte> line)
    {
        for (int i = _random.Next(1, 4); i > 0; i--)
            line[_random.Next(line.Length)] ^= (byte)(1 << _random.Next(8));
        return line[.._random.Next(1, line.Length + 1)];
    }
}

/// <summary>Alone, because the memory of the whole process is watched.</summary>
[CollectionDefinition(nameof(NoiseTests), DisableParallelization = true)]
public sealed class NoiseTestsRunAlone;
