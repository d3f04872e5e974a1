using EdgePeer.SystemTests.Support;
using EdgePeer.Transports.Serial;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.SystemTests.Transports;

/// <summary>Two transports over the emulated radio, each sending whatever it is asked for.</summary>
public class SerialRadioTests
{
    [Theory]
    [InlineData(200)]
    [InlineData(576)]
    public async Task Back_to_back_frames_keep_the_line_busy(int frameBytes)
    {
        const int Frames = 40;
        double share = 0;
        // A busy machine may stop both for longer than the line's reserve; that says nothing about the transport.
        for (int attempt = 0; attempt < 3 && share < LineShare; attempt++)
        {
            await using var air = await RadioSim.Start(2, 57600, "--latency-ms", "5");
            await using var sender = new Station(air.Port(0), 1, halfDuplex: false);
            await using var receiver = new Station(air.Port(1), 2, halfDuplex: false);
            await receiver.Sink.Until(() => receiver.Sink.IsUp);
            sender.Saturate(to: 2, frameBytes, Frames);
            await receiver.Sink.Until(() => receiver.Sink.Frames.Count == Frames);
            var port = (await air.Statistics())[0]!;
            share = (double)port["busy_seconds"]! / ((double)port["last_byte_time"]! - (double)port["first_byte_time"]!);
            Assert.Equal(0, receiver.Transport.Counters.FramesDropped);
        }
        TestContext.Current.TestOutputHelper!.WriteLine($"{frameBytes}-byte frames: {share:P2} of the line");
        Assert.InRange(share, LineShare, 1.001);
    }

    [Theory]
    [InlineData(2, 5)]
    [InlineData(2, 20)]
    [InlineData(3, 5)]
    public async Task Half_duplex_stations_take_turns_and_nearly_nothing_collides(int count, int latencyMs)
    {
        const int Frames = 60;
        await using var air = await RadioSim.Start(count, 57600, "--half-duplex", "--latency-ms", $"{latencyMs}");
        var stations = Enumerable.Range(1, count).Select(i => new Station(air.Port(i - 1), (byte)i, halfDuplex: true)).ToArray();
        await using var stop = new Stations(stations);
        foreach (var station in stations)
            await station.Sink.Until(() => station.Sink.IsUp);
        for (int i = 0; i < count; i++)
            stations[i].Saturate(to: (byte)((i + 1) % count + 1), 200, Frames);
        foreach (var station in stations)
            await station.Sent;
        // A frame that met another is lost: nobody here sends it again.
        foreach (var station in stations)
            await station.Sink.Until(() => station.Sink.Frames.Count >= Frames * 8 / 10);

        var ports = await air.Statistics();
        double collided = ports.Sum(port => (double)port!["collisions"]!) / ports.Sum(port => (double)port!["bytes_sent"]!);
        double begin = ports.Min(port => (double)port!["first_byte_time"]!), end = ports.Max(port => (double)port!["last_byte_time"]!);
        double share = ports.Sum(port => (double)port!["busy_seconds"]!) / (end - begin);
        string heard = string.Join(" ", stations.Select(station => station.Sink.Frames.Count));
        TestContext.Current.TestOutputHelper!.WriteLine($"{count} stations, latency {latencyMs} ms: {collided:P2} of the bytes collided, {share:P1} of the line used, heard {heard} of {Frames} each");
        Assert.InRange(collided, 0, 0.15);
    }

    private const double LineShare = 0.99;

    /// <summary>A transport and the simplest of nodes: it has so many frames to send, and no more.</summary>
    private sealed class Station : IAsyncDisposable
    {
        private readonly TaskCompletionSource _sent = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Station(string port, byte address, bool halfDuplex)
        {
            Transport = new SerialTransport(new SerialOptions { Name = $"radio{address}", Port = port, Baud = 57600, HalfDuplex = halfDuplex });
            Transport.UseAddress(new LinkAddress([address]));
            Transport.Start(Sink);
        }

        public SerialTransport Transport { get; }

        public RecordingSink Sink { get; } = new();

        /// <summary>All frames have been given to the transport.</summary>
        public Task Sent => _sent.Task;

        public void Saturate(byte to, int frameBytes, int frames)
        {
            byte[] frame = new byte[frameBytes];
            new Random(frameBytes).NextBytes(frame);
            int left = frames;
            bool begun = false;
            void OnRoom(int room)
            {
                // Room may have been said before the frames were there; either way the first is sent once.
                if (room == 0 || left == 0)
                    return;
                Sink.UseRoom();
                left--;
                frame[0] = (byte)left;
                Transport.Send(new LinkAddress([to]), frame, more: left > 0);
                if (left == 0)
                    _sent.TrySetResult();
            }
            var gate = new Lock();
            Sink.OnRoom = room =>
            {
                lock (gate)
                {
                    begun = true;
                    OnRoom(room);
                }
            };
            lock (gate)
                if (!begun)
                    OnRoom(Sink.Room);
        }

        public ValueTask DisposeAsync() => Transport.DisposeAsync();
    }

    private sealed class Stations(Station[] stations) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            foreach (var station in stations)
                await station.DisposeAsync();
        }
    }
}
