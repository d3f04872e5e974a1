using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using EdgePeer.SystemTests.Support;
using EdgePeer.Wire.Framing;
using Xunit;

namespace EdgePeer.SystemTests.EndToEnd;

/// <summary>Random bytes and mutated frames into every socket and port of two running agents.</summary>
[Collection(EndToEndCollection.Name)]
public sealed class BadInputTests(ITestOutputHelper output)
{
    [Fact]
    public async Task Noise_on_every_transport_ends_nothing_grows_nothing_and_stops_no_message()
    {
        var messages = new NumberedMessages("noise", 200);
        var (cable, a, b) = Site.Cables(loss: 0);
        var radio = await RadioSim.Start(3, Site.Baud, "--latency-ms", "5");
        int openA = UdpProxy.FreePort(), openB = UdpProxy.FreePort();
        await using var site = await Site.MakeAsync(
            Site.Join(Site.Join(a, Site.RadioPort(radio, 0)), MulticastPort(openA)), Site.Join(Site.Join(b, Site.RadioPort(radio, 1)), MulticastPort(openB)), cable, radio);
        var datagrams = new Noise(seed: 1);
        cable.Tap = datagram => datagrams.Hear(datagram.Span);
        await site.StartAsync();
        await using var reading = new ReadingApplication(site.B, messages);
        await site.UntilLinkedAsync("radio");
        await site.UntilLinkedAsync("open");
        var sending = new SendingApplication(site.A, messages);
        await sending.SendAsync(20, batch: 20, TestContext.Current.CancellationToken);
        await reading.UntilAsync(20, Patience);

        using var quiet = new CancellationTokenSource();
        var noise = Task.WhenAll(
            Task.Run(() => OverEthernetAsync(cable, datagrams, [openA, openB, .. ListenPorts(a, b)], quiet.Token), quiet.Token),
            Task.Run(() => OnTheAirAsync(radio, quiet.Token), quiet.Token));
        for (int part = 0; part < Parts; part++)
        {
            // The cable is away for half of the time, so that the radio has to carry something too.
            cable.Cut = part % 2 == 1;
            await Task.Delay(While / Parts, TestContext.Current.CancellationToken);
            await sending.SendAsync(5, batch: 5, TestContext.Current.CancellationToken);
            output.WriteLine($"after {(part + 1) * While.TotalSeconds / Parts:0} s of noise: {reading.Ledger.Next} messages came, resident memory {Memory(site.A)} and {Memory(site.B)}");
        }
        await reading.UntilAsync(21, Patience);
        int during = reading.Ledger.Next;
        await quiet.CancelAsync();
        long[] sent = await noise;
        cable.Cut = false;

        await reading.UntilAsync(sending.Durable, Patience);
        await sending.SendAsync(20, batch: 20, TestContext.Current.CancellationToken);
        await reading.UntilAsync(sending.Durable, Patience);
        reading.Ledger.AssertComplete(sending.Durable);
        await site.UntilLinkedAsync("lan");
        await site.UntilLinkedAsync("radio");
        await site.AssertBooksAsync(sending.Durable);
        await site.A.AssertHealthyAsync();
        await site.B.AssertHealthyAsync();
        var counters = (await site.B.Agent.StatusAsync())["counters"]!;
        output.WriteLine(
            $"{sent[0]} datagrams and {sent[1]} bytes on the air were noise; {during - 20} messages came meanwhile; the receiver counts {counters["framesDropped"]} frames dropped and {counters["framesMalformed"]} malformed; "
            + $"resident at most {site.A.ResidentMemory().KilobytesMost / 1024} and {site.B.ResidentMemory().KilobytesMost / 1024} MiB");
        Assert.InRange(site.A.ResidentMemory().KilobytesMost, 1, ResidentKilobytesMax);
        Assert.InRange(site.B.ResidentMemory().KilobytesMost, 1, ResidentKilobytesMax);
    }

    private static JsonObject MulticastPort(int port) => new()
    {
        ["open"] = new JsonObject { ["type"] = "ethernet", ["listen"] = $"127.0.0.1:{port}", ["multicast"] = Group },
    };

    private static IEnumerable<int> ListenPorts(params JsonObject[] transports) =>
        transports.Select(one => IPEndPoint.Parse((string)one["lan"]!["listen"]!).Port);

    /// <returns>How many datagrams.</returns>
    private static async Task<long> OverEthernetAsync(UdpProxy cable, Noise noise, int[] ports, CancellationToken quiet)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.MulticastInterface, IPAddress.Loopback.GetAddressBytes());
        IPEndPoint[] targets = [.. ports.Select(port => new IPEndPoint(IPAddress.Loopback, port)), new IPEndPoint(IPAddress.Parse(Group), MulticastPortNumber)];
        long sent = 0;
        while (!quiet.IsCancellationRequested)
        {
            foreach (var target in targets)
                for (int i = 0; i < DatagramsAtOnce; i++, sent++)
                    socket.SendTo(noise.Next(DatagramBytesMax), target);
            // The same as if it came from the other peer's address.
            for (int i = 0; i < DatagramsAtOnce; i++, sent += 2)
            {
                cable.Inject(toA: true, noise.Next(DatagramBytesMax));
                cable.Inject(toA: false, noise.Next(DatagramBytesMax));
            }
            await Task.Delay(Pause, CancellationToken.None).ConfigureAwait(false);
        }
        return sent;
    }

    /// <returns>How many bytes.</returns>
    private static async Task<long> OnTheAirAsync(RadioSim radio, CancellationToken quiet)
    {
        var noise = new Noise(seed: 2);
        var random = new Random(3);
        using var tap = new AirTap(radio.Port(2));
        long sent = 0;
        while (!quiet.IsCancellationRequested)
        {
            tap.Listen(noise);
            byte[] bytes = noise.Next(SerialFraming.FrameBytesMax / 4);
            // Half of it is caught by the line's checksum, the other half must be caught behind it.
            sent += random.Next(2) == 0 || bytes.Length == 0 ? tap.Say(bytes) : tap.SayFrame(random.Next(2) == 0 ? SerialFraming.Everyone : (byte)random.Next(1, SerialFraming.AddressMax), bytes);
            // A third of the line's time: what meets another's frame spoils it.
            await Task.Delay(AirPause, CancellationToken.None).ConfigureAwait(false);
        }
        return sent;
    }

    private static string Memory(Station station) => $"{station.ResidentMemory().Kilobytes / 1024} MiB";

    private const string Group = "239.255.47.47";
    private const int MulticastPortNumber = 47475;
    private const int DatagramsAtOnce = 4;
    private const int DatagramBytesMax = 1_500;
    private const int Parts = 4;

    // An idle agent of a debug build holds about half of that.
    private const long ResidentKilobytesMax = 200 << 10;
    private static readonly TimeSpan While = Effort.Of(TimeSpan.FromSeconds(8), TimeSpan.FromMinutes(1));
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(2), AirPause = TimeSpan.FromMilliseconds(70);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);
}
