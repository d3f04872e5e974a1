using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using EdgePeer.SystemTests.Support;
using EdgePeer.Transports.Mqtt;
using EdgePeer.Transports.Mqtt.Mosquitto;
using Xunit;

namespace EdgePeer.SystemTests.Transports.Mqtt;

/// <summary>Brokers that cannot be used: each is one line that says what to do, however often it is tried again.</summary>
public sealed class MqttTroubleTests(ITestOutputHelper output) : IDisposable
{
    private readonly TestAuthority _authority = new(), _stranger = new();

    public void Dispose()
    {
        _authority.Dispose();
        _stranger.Dispose();
    }

    [Fact]
    public Task A_certificate_of_another_authority() =>
        OneLineAsync(new MosquittoSetup { Certificate = _stranger.Issue("127.0.0.1") }, Believing(_authority), "issuer certificate", "\"caFile\" names whom to believe");

    [Fact]
    public Task An_expired_certificate() =>
        OneLineAsync(new MosquittoSetup { Certificate = _authority.Issue("127.0.0.1", expired: true) }, Believing(_authority), "certificate has expired", "its dates");

    [Fact]
    public Task A_certificate_of_another_host() =>
        OneLineAsync(new MosquittoSetup { Certificate = _authority.Issue("broker.example") }, Believing(_authority), "it is not for the host name 127.0.0.1", "its name");

    [Fact]
    public Task Another_certificate_than_the_pinned_one() =>
        OneLineAsync(new MosquittoSetup { Certificate = _authority.SelfSigned("127.0.0.1") }, new MqttTls(_authority.SelfSigned("127.0.0.1").CertificateFile, null, null), "self-signed", "\"caFile\" names whom to believe");

    [Fact]
    public Task A_broker_without_TLS() => OneLineAsync(new MosquittoSetup(), Believing(_authority), "no TLS", "write mqtt://");

    [Fact]
    public Task A_port_for_TLS_and_a_client_without() =>
        OneLineAsync(new MosquittoSetup { Certificate = _authority.Issue("127.0.0.1") }, null, "closed the connection", "write mqtts://");

    [Fact]
    public Task No_client_certificate_where_one_is_asked_for() =>
        OneLineAsync(new MosquittoSetup { Certificate = _authority.Issue("127.0.0.1"), ClientAuthorityFile = _authority.AuthorityFile }, Believing(_authority), "certificate required", "\"certificateFile\"");

    [Fact]
    public async Task One_who_ends_TLS_without_a_word()
    {
        MosquittoBroker.Require();
        var files = _authority.Issue("127.0.0.1");
        using var certificate = X509Certificate2.CreateFromPemFile(files.CertificateFile, files.KeyFile);
        using var listener = new FakeListener(async socket =>
        {
            await using var tls = new SslStream(new NetworkStream(socket));
            await tls.AuthenticateAsServerAsync(certificate);
            socket.LingerState = new LingerOption(true, 0);
            socket.Close();
        });
        await OneLineAsync(listener.Port, Believing(_authority), "ends TLS without a word", "\"certificateFile\"");
    }

    [Fact]
    public Task A_wrong_password() => OneLineAsync(WithPassword, null, "refuses: ", "\"passwordFile\"", user: "barn", password: "wrong");

    [Fact]
    public Task No_password_where_one_is_asked_for() => OneLineAsync(WithPassword, null, "refuses: ", "\"passwordFile\"");

    [Fact]
    public Task A_caFile_that_is_none()
    {
        MosquittoBroker.Require();
        string file = _authority.AuthorityFile + ".txt";
        File.WriteAllText(file, "no PEM");
        return OneLineAsync(MosquittoBroker.FreePort(), new MqttTls(file, null, null), file, "name a PEM file");
    }

    [Fact]
    public Task Nobody_there()
    {
        MosquittoBroker.Require();
        return OneLineAsync(MosquittoBroker.FreePort(), null, "Connection refused", "check host and port");
    }

    [Fact]
    public Task A_name_that_does_not_resolve()
    {
        MosquittoBroker.Require();
        return OneLineAsync(1883, null, "the name broker.invalid does not resolve", "DNS", host: "broker.invalid");
    }

    [Fact]
    public async Task One_who_answers_garbage()
    {
        MosquittoBroker.Require();
        byte[] garbage = Encoding.ASCII.GetBytes($"HTTP/1.1 400 Bad Request\r\n{new string('x', 500)}");
        using var listener = new FakeListener(async socket =>
        {
            await socket.SendAsync(garbage);
            await Task.Delay(Timeout.Infinite);
        });
        await OneLineAsync(listener.Port, null, "does not answer as a broker", "check host and port");
        // The other version at once, and then no oftener than another broker would be.
        Assert.InRange(listener.Accepted, 2, 6);
    }

    [Fact]
    public async Task An_HTTP_server()
    {
        MosquittoBroker.Require();
        using var listener = new FakeListener(async socket =>
        {
            await socket.ReceiveAsync(new byte[512]);
            await socket.SendAsync(Encoding.ASCII.GetBytes("HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"));
        });
        await OneLineAsync(listener.Port, null, "it speaks HTTP", "check host and port");
    }

    [Fact]
    public async Task An_answer_at_which_the_library_would_end_the_process()
    {
        MosquittoBroker.Require();
        using var listener = new FakeListener(async socket =>
        {
            await socket.ReceiveAsync(new byte[512]);
            await socket.SendAsync(DeadlyAnswer);
            await Task.Delay(Timeout.Infinite);
        });
        await OneLineAsync(listener.Port, null, "CONNACK has property 0x7F, which MQTT does not have", "check host and port");
        Assert.InRange(listener.Accepted, 2, 6);
    }

    [Fact]
    public async Task The_same_by_TLS()
    {
        MosquittoBroker.Require();
        var files = _authority.Issue("127.0.0.1");
        using var certificate = X509Certificate2.CreateFromPemFile(files.CertificateFile, files.KeyFile);
        using var listener = new FakeListener(async socket =>
        {
            await using var tls = new SslStream(new NetworkStream(socket));
            await tls.AuthenticateAsServerAsync(certificate);
            _ = await tls.ReadAsync(new byte[512]);
            // In two records, of which the first ends within a packet.
            await tls.WriteAsync(DeadlyAnswer.AsMemory(0, 3));
            await tls.WriteAsync(DeadlyAnswer.AsMemory(3));
            await Task.Delay(Timeout.Infinite);
        });
        await OneLineAsync(listener.Port, Believing(_authority), "CONNACK has property 0x7F, which MQTT does not have", "check host and port");
    }

    [Theory]
    [InlineData(MqttVersion.Five)]
    [InlineData(MqttVersion.Three)]
    public async Task Whatever_a_broker_sends_this_process_lives(MqttVersion version)
    {
        MosquittoBroker.Require();
        var random = new Random(5);
        using var listener = new FakeListener(async socket =>
        {
            byte[] opening = new byte[512];
            await socket.ReceiveAsync(opening);
            if (opening[8] != (byte)version)
            {
                await socket.SendAsync(new byte[] { 0x20, 2, 0, 1 });
                return;
            }
            byte[] stream;
            lock (random)
                stream = EdgePeer.Tests.Transports.Mqtt.BrokerPackets.Mutated(version, random);
            await socket.SendAsync(stream);
        });
        using var client = new MosquittoClient(new MqttBroker { Host = "127.0.0.1", Port = listener.Port }, new MqttPresence("edgepeer-test", null));
        var handler = new CountingHandler();
        for (int i = 0; i < 500; i++)
            Assert.NotEqual(MqttEndKind.Stopped, (await Task.Run(() => client.Run(handler))).Kind);
        // Many were good enough to get there.
        Assert.InRange(handler.Connected, 100, 500);
        Assert.InRange(handler.Received, 50, int.MaxValue);
    }

    [Fact]
    public Task Nobody_there_by_TLS()
    {
        MosquittoBroker.Require();
        return OneLineAsync(MosquittoBroker.FreePort(), Believing(_authority), "Connection refused", "check host and port");
    }

    [Fact]
    public Task A_key_that_is_another_certificates()
    {
        MosquittoBroker.Require();
        var (one, other) = (_authority.Issue("a"), _authority.Issue("b"));
        return OneLineAsync(MosquittoBroker.FreePort(), new MqttTls(null, one.CertificateFile, other.KeyFile), other.KeyFile, "name the two that belong together");
    }

    [Fact]
    public async Task One_who_takes_connections_and_answers_nothing()
    {
        MosquittoBroker.Require();
        using var listener = new FakeListener(_ => Task.Delay(Timeout.Infinite));
        await OneLineAsync(listener.Port, null, "nobody has answered within 20 s", "check host and port", time: new QuickTime(20));
        Assert.InRange(listener.Accepted, 1, 3);
    }

    [Fact]
    public async Task One_who_sends_a_packet_without_end()
    {
        MosquittoBroker.Require();
        long sent = 0;
        using var listener = new FakeListener(async socket =>
        {
            // CONNACK of MQTT 5, and the head of a PUBLISH with the longest length that there is.
            await socket.ReceiveAsync(new byte[512]);
            await socket.SendAsync(new byte[] { 0x20, 3, 0, 0, 0, 0x30, 0xff, 0xff, 0xff, 0x7f });
            for (byte[] part = new byte[64 << 10]; ;)
                Interlocked.Add(ref sent, await socket.SendAsync(part));
        });
        await OneLineAsync(listener.Port, null, "a packet of more than 18 MiB", "message_size_limit");
        // No more than was in the kernel's buffers.
        Assert.InRange(sent / listener.Accepted, 0, 8 << 20);
    }

    [Fact]
    public async Task One_who_closes_every_connection()
    {
        MosquittoBroker.Require();
        using var listener = new FakeListener(_ => Task.CompletedTask);
        await OneLineAsync(listener.Port, null, "closed the connection", "check host and port");
        Assert.InRange(listener.Accepted, 2, 6);
    }

    [Fact]
    public async Task A_topic_that_the_user_may_not_use_until_he_may()
    {
        await using var broker = await MosquittoBroker.StartAsync(new MosquittoSetup { Acl = "topic readwrite elsewhere/#\n" });
        await using var station = new MqttStation(broker.Port, time: new QuickTime(20));
        await station.Sink.Until(() => !station.Sink.Downs.IsEmpty);
        string reason = Assert.Single(station.Sink.Downs);
        output.WriteLine(reason);
        Assert.Contains($"read and write \"{MqttStation.Root}/#\"", reason, StringComparison.Ordinal);
        Assert.Equal(0, station.Sink.Ups);

        broker.ChangeAcl($"topic readwrite {MqttStation.Root}/#\n");
        await station.UntilUpAsync();
        Assert.Single(station.Sink.Downs);
    }

    [Theory]
    [InlineData("topic readwrite ROOT/to/#", "write \"ROOT/beacon/#\" (Not authorized)")]
    [InlineData("topic readwrite ROOT/beacon/#\ntopic read ROOT/to/#", "write \"ROOT/to/#\" (Not authorized)")]
    [InlineData("topic readwrite ROOT/to/#\ntopic write ROOT/beacon/#", "read and write \"ROOT/beacon/#\" (what it publishes there does not come back)")]
    [InlineData("topic readwrite ROOT/beacon/#\ntopic write ROOT/to/#", "read and write \"ROOT/to/#\" (what it publishes there does not come back)")]
    public async Task A_part_of_its_topics_that_the_user_may_not_use_until_he_may(string acl, string what)
    {
        await using var broker = await MosquittoBroker.StartAsync(new MosquittoSetup { Acl = acl.Replace("ROOT", MqttStation.Root, StringComparison.Ordinal) + "\n" });
        await using var station = new MqttStation(broker.Port, time: new QuickTime(20));
        await station.Sink.Until(() => !station.Sink.Downs.IsEmpty);
        string reason = Assert.Single(station.Sink.Downs);
        output.WriteLine(reason);
        Assert.Contains(what.Replace("ROOT", MqttStation.Root, StringComparison.Ordinal), reason, StringComparison.Ordinal);
        Assert.Equal(0, station.Sink.Ups);

        broker.ChangeAcl($"topic readwrite {MqttStation.Root}/#\n");
        await station.UntilUpAsync();
        Assert.Single(station.Sink.Downs);
    }

    [Fact]
    public Task A_subscription_that_is_refused() => OneLineAsync(new MosquittoSetup { Subscribable = ["elsewhere/#"] }, null, "read \"edgepeer/farm/#\"", "allow its user there");

    // CONNACK of MQTT 5 with property 127: libmosquitto 2.0.11 calls abort().
    private static readonly byte[] DeadlyAnswer = [0x20, 5, 0, 0, 2, 0x7f, 0];

    private sealed class CountingHandler : IMqttHandler
    {
        public int Connected { get; private set; }

        public int Received { get; private set; }

        void IMqttHandler.Connected(MqttVersion version, bool sessionPresent) => Connected++;

        void IMqttHandler.SubscriptionRefused(string reason)
        {
        }

        bool IMqttHandler.Received(in MqttReceived message)
        {
            Received++;
            return true;
        }

        void IMqttHandler.Sent(int id)
        {
        }
    }

    private static MosquittoSetup WithPassword => new() { Passwords = [("barn", "right")] };

    private static MqttTls Believing(TestAuthority authority) => new(authority.AuthorityFile, null, null);

    private async Task OneLineAsync(MosquittoSetup setup, MqttTls? tls, string what, string mend, string? user = null, string? password = null)
    {
        await using var broker = await MosquittoBroker.StartAsync(setup);
        await OneLineAsync(broker.Port, tls, what, mend, user, password);
    }

    private async Task OneLineAsync(int port, MqttTls? tls, string what, string mend, string? user = null, string? password = null, string host = "127.0.0.1", TimeProvider? time = null)
    {
        await using var station = new MqttStation(port, tls, user, password, host, time);
        await station.Sink.Until(() => !station.Sink.Downs.IsEmpty);
        // Long enough for two attempts more: they come half a second to a second after the first, and one to two after the second.
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        output.WriteLine(string.Join('\n', station.Sink.Downs));
        string reason = Assert.Single(station.Sink.Downs);
        Assert.Contains(what, reason, StringComparison.Ordinal);
        Assert.Contains(mend, reason, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', reason);
        Assert.Equal(0, station.Sink.Ups);
        Assert.Empty(station.Sink.Warnings);
    }
}
