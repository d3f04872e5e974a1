using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using EdgePeer.SystemTests.Support;
using EdgePeer.Transports.Mqtt;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.SystemTests.Transports.Mqtt;

/// <summary>Transports over real brokers.</summary>
public sealed class MqttBrokerTests : IDisposable
{
    private readonly TestAuthority _authority = new();

    public void Dispose() => _authority.Dispose();

    [Fact]
    public async Task Beacons_reach_who_is_there_and_who_comes_later_and_frames_go_back()
    {
        await using var broker = await MosquittoBroker.StartAsync();
        await using var one = await UpAsync(new MqttStation(broker.Port));
        one.Transport.Send(LinkAddress.Broadcast, [1, 2, 3], more: false);
        await using var other = await UpAsync(new MqttStation(broker.Port));
        await other.Sink.Until(() => other.Sink.Frames.Count == 1);
        Assert.True(other.Sink.Frames.TryDequeue(out var beacon));
        Assert.Equal([1, 2, 3], beacon.Frame);

        other.Transport.Send(beacon.From, [4], more: true);
        other.Transport.Send(beacon.From, [5, 5], more: false);
        await one.Sink.Until(() => one.Sink.Frames.Count == 2);
        Assert.Equal(["04", "0505"], one.Sink.Frames.Select(frame => Convert.ToHexString(frame.Frame)));
        one.Transport.Send(one.Sink.Frames.First().From, [6], more: false);
        await other.Sink.Until(() => other.Sink.Frames.Count == 1);
        // p5 is MQTT 5.
        await broker.UntilSaidAsync(" (p5, c1", times: 2);
    }

    [Fact]
    public async Task A_process_with_thousands_of_open_files_has_a_broker_too()
    {
        await using var broker = await MosquittoBroker.StartAsync();
        // select() takes no descriptor above 1,023.
        var files = Enumerable.Range(0, 1_100).Select(static _ => File.OpenHandle("/dev/null")).ToList();
        await using var one = await UpAsync(new MqttStation(broker.Port));
        await using var other = await UpAsync(new MqttStation(broker.Port));
        one.Transport.Send(LinkAddress.Broadcast, [1, 2, 3], more: false);
        await other.Sink.Until(() => other.Sink.Frames.Count == 1);
        files.ForEach(static file => file.Dispose());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Frames_as_large_as_it_says_arrive_whole_and_in_numbers(bool secure)
    {
        const int Frames = 400;
        await using var broker = await MosquittoBroker.StartAsync(new MosquittoSetup { Certificate = secure ? _authority.Issue("127.0.0.1") : null });
        var tls = secure ? new MqttTls(_authority.AuthorityFile, null, null) : null;
        await using var one = await UpAsync(new MqttStation(broker.Port, tls));
        await using var other = await UpAsync(new MqttStation(broker.Port, tls));
        other.Transport.Send(LinkAddress.Broadcast, [1], more: false);
        await one.Sink.Until(() => one.Sink.Frames.Count == 1);
        var to = one.Sink.Frames.First().From;

        var sent = new List<byte[]>();
        for (int i = 0; i < Frames; i++)
        {
            await one.Sink.Until(() => one.Sink.Room > 0);
            byte[] frame = RandomNumberGenerator.GetBytes(i % 3 == 0 ? one.Sink.Traits!.FrameBytesMax : 1 + i);
            sent.Add(frame);
            one.Sink.UseRoom();
            one.Transport.Send(to, frame, more: i % 5 != 4);
        }
        await other.Sink.Until(() => other.Sink.Frames.Count == Frames);
        Assert.Equal(sent, other.Sink.Frames.Select(frame => frame.Frame));
        Assert.Equal(0, one.Transport.Counters.FramesDropped + other.Transport.Counters.FramesDropped);
        // Several frames in one publish.
        Assert.InRange(one.Transport.Counters.FramesSent, 1, Frames * 3 / 4);
    }

    [Fact]
    public async Task Frames_in_a_row_are_not_held_back_by_a_broker_that_leaves_TCP_its_delay()
    {
        await using var broker = await MosquittoBroker.StartAsync(new MosquittoSetup { Delays = true });
        await using var one = await UpAsync(new MqttStation(broker.Port));
        await using var other = await UpAsync(new MqttStation(broker.Port));
        other.Transport.Send(LinkAddress.Broadcast, [1], more: false);
        await one.Sink.Until(() => one.Sink.Frames.Count == 1);
        var to = one.Sink.Frames.First().From;
        one.Transport.Send(to, [1], more: false);
        await other.Sink.Until(() => other.Sink.Frames.Count == 1);
        var back = other.Sink.Frames.First().From;

        // There and back: the kernel puts acknowledgements off for who sends too.
        var times = new List<TimeSpan>();
        for (int i = 1; i <= 51; i++)
        {
            long begun = Stopwatch.GetTimestamp();
            SendTwo(one, to);
            await other.Sink.Until(() => other.Sink.Frames.Count == 1 + (2 * i));
            SendTwo(other, back);
            await one.Sink.Until(() => one.Sink.Frames.Count == 1 + (2 * i));
            times.Add(Stopwatch.GetElapsedTime(begun));
        }
        // 44 ms with the kernel's own acknowledgements, below one without.
        Assert.InRange(times.Order().ElementAt(times.Count / 2), TimeSpan.Zero, TimeSpan.FromMilliseconds(30));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Nothing_is_kept_of_who_has_gone(bool onPurpose)
    {
        await using var broker = await MosquittoBroker.StartAsync();
        await using var one = await UpAsync(new MqttStation(broker.Port));
        await using var other = await UpAsync(new MqttStation(broker.Port));
        one.Transport.Send(LinkAddress.Broadcast, [1], more: false);
        await other.Sink.Until(() => other.Sink.Frames.Count == 1);
        if (onPurpose)
            await one.DisposeAsync();
        else
            await CutAsync(broker, one);

        await using var third = await UpAsync(new MqttStation(broker.Port));
        other.Transport.Send(LinkAddress.Broadcast, [2], more: false);
        // Kept beacons come before later ones.
        await third.Sink.Until(() => !third.Sink.Frames.IsEmpty);
        Assert.Equal("02", Convert.ToHexString(third.Sink.Frames.First().Frame));
    }

    [Fact]
    public async Task A_broker_that_is_killed_is_down_and_up_again()
    {
        await using var broker = await MosquittoBroker.StartAsync();
        await using var one = await UpAsync(new MqttStation(broker.Port));
        await broker.KillAsync();
        await one.Sink.Until(() => !one.Sink.IsUp);
        Assert.Contains("is lost", one.Sink.Downs.First(), StringComparison.Ordinal);
        await broker.StartAgainAsync();
        await one.Sink.Until(() => one.Sink.Ups == 2);
    }

    [Fact]
    public async Task A_broker_of_an_authority_that_is_believed()
    {
        await using var broker = await MosquittoBroker.StartAsync(new MosquittoSetup { Certificate = _authority.Issue("127.0.0.1") });
        await using var station = await UpAsync(new MqttStation(broker.Port, new MqttTls(_authority.AuthorityFile, null, null)));
        Assert.Empty(station.Sink.Downs);
    }

    [Fact]
    public async Task A_pinned_certificate()
    {
        var own = _authority.SelfSigned("127.0.0.1");
        await using var broker = await MosquittoBroker.StartAsync(new MosquittoSetup { Certificate = own });
        await using var station = await UpAsync(new MqttStation(broker.Port, new MqttTls(own.CertificateFile, null, null)));
        Assert.Empty(station.Sink.Downs);
    }

    [Fact]
    public async Task A_pinned_certificate_that_an_authority_has_signed()
    {
        var own = _authority.Issue("127.0.0.1");
        await using var broker = await MosquittoBroker.StartAsync(new MosquittoSetup { Certificate = own });
        await using var station = await UpAsync(new MqttStation(broker.Port, new MqttTls(own.CertificateFile, null, null)));
        Assert.Empty(station.Sink.Downs);
    }

    [Fact]
    public async Task A_client_certificate()
    {
        var client = _authority.Issue("barn-3");
        await using var broker = await MosquittoBroker.StartAsync(new MosquittoSetup { Certificate = _authority.Issue("127.0.0.1"), ClientAuthorityFile = _authority.AuthorityFile });
        await using var station = await UpAsync(new MqttStation(broker.Port, new MqttTls(_authority.AuthorityFile, client.CertificateFile, client.KeyFile)));
        Assert.Empty(station.Sink.Downs);
        await broker.UntilSaidAsync("u'barn-3'");
    }

    [Fact]
    public async Task A_user_with_a_password_and_an_access_list()
    {
        await using var broker = await MosquittoBroker.StartAsync(new MosquittoSetup { Passwords = [("barn", "sesame")], Acl = $"user barn\ntopic readwrite {MqttStation.Root}/#\n" });
        await using var one = await UpAsync(new MqttStation(broker.Port, user: "barn", password: "sesame"));
        await using var other = await UpAsync(new MqttStation(broker.Port, user: "barn", password: "sesame"));
        one.Transport.Send(LinkAddress.Broadcast, [1], more: false);
        await other.Sink.Until(() => other.Sink.Frames.Count == 1);
        Assert.Empty(one.Sink.Downs);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_broker_that_knows_no_MQTT_5_is_spoken_to_in_3_1_1(bool answers)
    {
        await using var broker = await MosquittoBroker.StartAsync();
        using var front = new FakeListener(socket => OnlyThreeAsync(socket, broker.Port, answers));
        await using var one = await UpAsync(new MqttStation(front.Port));
        await using var other = await UpAsync(new MqttStation(front.Port));
        one.Transport.Send(LinkAddress.Broadcast, [1], more: false);
        await other.Sink.Until(() => other.Sink.Frames.Count == 1);
        // p2 is MQTT 3.1.1.
        await broker.UntilSaidAsync(" (p2, c1", times: 2);
        Assert.Equal(4, front.Accepted);
        // That there is an older version is no word of trouble.
        Assert.Empty(one.Sink.Downs);
    }

    /// <summary>As a broker of 3.1.1 (§3.1.2.2): another version is answered with code 1, or not at all, and closed; the rest a mosquitto does.</summary>
    private static async Task OnlyThreeAsync(Socket client, int brokerPort, bool answers)
    {
        byte[] opening = new byte[512];
        int length = await client.ReceiveAsync(opening);
        // Fixed header of two bytes, "MQTT" with its length, and then the version.
        if (opening[8] != (byte)MqttVersion.Three)
        {
            if (answers)
                await client.SendAsync(new byte[] { 0x20, 2, 0, 1 });
            return;
        }
        using var server = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await server.ConnectAsync(IPAddress.Loopback, brokerPort);
        await server.SendAsync(opening.AsMemory(0, length));
        await using var here = new NetworkStream(client);
        await using var there = new NetworkStream(server);
        await Task.WhenAny(here.CopyToAsync(there), there.CopyToAsync(here));
    }

    private static void SendTwo(MqttStation station, LinkAddress to)
    {
        station.Transport.Send(to, [1], more: false);
        station.Transport.Send(to, [2], more: false);
    }

    private static async Task<MqttStation> UpAsync(MqttStation station)
    {
        await station.UntilUpAsync();
        return station;
    }

    /// <summary>As if its process were killed: the connection ends without a word, and it does not come back.</summary>
    private static async Task CutAsync(MosquittoBroker broker, MqttStation station)
    {
        // Another client of the same name: the broker ends the older one's connection.
        await broker.UntilSaidAsync(" as edgepeer-", times: 2);
        string id = broker.Log.Split(" as ").Skip(1).Select(part => part.Split(' ')[0]).First(name => name.StartsWith("edgepeer-", StringComparison.Ordinal));
        await Tool.Run("mosquitto_pub", "-h", "127.0.0.1", "-p", $"{broker.Port}", "-i", id, "-t", "x", "-m", "x");
        await station.Sink.Until(() => !station.Sink.IsUp);
    }
}
