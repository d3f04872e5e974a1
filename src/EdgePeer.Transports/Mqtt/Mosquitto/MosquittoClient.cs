using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

namespace EdgePeer.Transports.Mqtt.Mosquitto;

/// <summary><see cref="IMqttClient"/> by libmosquitto. Its loop runs on the caller's thread, and so do its callbacks.</summary>
public sealed unsafe class MosquittoClient : IMqttClient
{
    private readonly MqttBroker _broker;
    private readonly MqttPresence _presence;
    private readonly TimeProvider _time;

    /// <summary>Held while the library's client is used from other threads, made or destroyed.</summary>
    private readonly Lock _lock = new();

    private nint _client;
    private volatile bool _stopping;
    private int _version;
    private IMqttHandler? _handler;
    private bool _connected;
    private int _answer;
    private string _complaint = "";

    public MosquittoClient(MqttBroker broker, MqttPresence presence, TimeProvider? time = null) => (_broker, _presence, _time) = (broker, presence, time ?? TimeProvider.System);

    public MqttEnd Run(IMqttHandler handler)
    {
        if (!Libmosquitto.IsThere)
            return new MqttEnd(MqttEndKind.NotReached, "libmosquitto.so.1 is not on this machine: install Debian's package libmosquitto1");
        _handler = handler;
        (_connected, _answer, _complaint) = (false, 0, "");
        var tag = GCHandle.Alloc(this);
        try
        {
            nint client = Libmosquitto.New(_presence.ClientId, cleanSession: true, GCHandle.ToIntPtr(tag));
            if (client == 0)
                return new MqttEnd(MqttEndKind.NotReached, $"libmosquitto makes no client: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
            try
            {
                return Configure(client) is { } fault ? fault : Serve(client);
            }
            finally
            {
                lock (_lock)
                    _client = 0;
                Libmosquitto.Destroy(client);
            }
        }
        finally
        {
            tag.Free();
        }
    }

    public void Stop()
    {
        _stopping = true;
        lock (_lock)
            if (_client != 0)
                _ = Libmosquitto.Disconnect(_client);
    }

    public bool TrySubscribe(string filter, MqttQos qos)
    {
        lock (_lock)
            return _client != 0 && Libmosquitto.Subscribe(_client, out _, filter, (int)qos) == 0;
    }

    public bool TryPublish(string topic, ReadOnlySpan<byte> payload, MqttQos qos, bool retain, out int id)
    {
        id = 0;
        lock (_lock)
            return _client != 0 && Libmosquitto.Publish(_client, out id, topic, payload.Length, payload, (int)qos, retain) == 0;
    }

    public void Dispose() => Stop();

    private MqttVersion Version => MqttOptions.Versions[_version % MqttOptions.Versions.Length];

    private MqttEnd? Configure(nint client)
    {
        _ = Libmosquitto.SetThreaded(client, threaded: true);
        _ = Libmosquitto.SetOption(client, MosquittoOption.ProtocolVersion, (int)Version);
        _ = Libmosquitto.SetOption(client, MosquittoOption.TcpNoDelay, 1);
        _ = Libmosquitto.SetWill(client, _presence.Will, 0, 0, 0, retain: true);
        Libmosquitto.OnConnect(client, &Connected);
        Libmosquitto.OnPublish(client, &Published);
        Libmosquitto.OnMessage(client, &Arrived);
        Libmosquitto.OnSubscribe(client, &Subscribed);
        Libmosquitto.OnLog(client, &Logged);
        if (_broker.User is not null && Libmosquitto.SetUser(client, _broker.User, _broker.Password) is var userError and not 0)
            return Unusable(userError, "user or password");
        if (_broker.Tls is not { } tls)
            return null;
        if (tls.AuthorityFile is null)
            _ = Libmosquitto.SetOption(client, MosquittoOption.UseSystemAuthorities, 1);
        int error = tls.AuthorityFile is null && tls.CertificateFile is null ? 0 : Libmosquitto.SetTls(client, tls.AuthorityFile, null, tls.CertificateFile, tls.KeyFile, 0);
        return error == 0 ? null : Unusable(error, $"the TLS files {string.Join(", ", new[] { tls.AuthorityFile, tls.CertificateFile, tls.KeyFile }.Where(file => file is not null))}");
    }

    private static MqttEnd Unusable(int error, string what) => new(MqttEndKind.Refused, $"{what}: {Libmosquitto.Describe(error)}");

    private MqttEnd Serve(nint client)
    {
        int error = Libmosquitto.ConnectAsync(client, _broker.Host, _broker.Port, (int)Limits.KeepAlive.TotalSeconds);
        if (error != 0)
            return End(error, Marshal.GetLastPInvokeError());
        lock (_lock)
            _client = client;
        long began = _time.GetTimestamp(), stopped = 0;
        while (true)
        {
            error = Libmosquitto.Loop(client, LoopMs, 1);
            int errno = Marshal.GetLastPInvokeError();
            if (error != 0 || _answer != 0)
                return End(error, errno);
            if (!_connected && _time.GetElapsedTime(began) > Limits.ConnectWait)
                return NotReached($"nobody has answered within {Limits.ConnectWait.TotalSeconds} s");
            if (!_stopping)
                continue;
            if (stopped == 0)
                stopped = _time.GetTimestamp();
            else if (_time.GetElapsedTime(stopped) > StopWait)
                return new MqttEnd(MqttEndKind.Stopped, "stopped");
        }
    }

    private MqttEnd End(int error, int errno)
    {
        if (_stopping)
            return new MqttEnd(MqttEndKind.Stopped, "stopped");
        if (_connected)
            return new MqttEnd(MqttEndKind.Lost, $"the connection to {_broker} is lost: {Words(error, errno)}");
        if (_answer != 0)
            return EndOfAnswer();
        switch ((MosquittoError)error)
        {
            case MosquittoError.Tls or MosquittoError.TlsHandshake:
                return new MqttEnd(MqttEndKind.Refused, $"{_broker}: no TLS: {Words(error, errno)}; check the broker's certificate, its name and dates, and \"caFile\"");
            // Closed, or nonsense, in place of an answer: what an older broker does with a newer opening, and so does what is no broker.
            case MosquittoError.Protocol or MosquittoError.MalformedPacket:
                _version++;
                return new MqttEnd(MqttEndKind.OtherVersion, $"{_broker} does not answer as a broker of MQTT 5 or 3.1.1 does: check host and port");
            default:
                return NotReached(Words(error, errno));
        }
    }

    private MqttEnd EndOfAnswer()
    {
        bool five = Version == MqttVersion.Five;
        string words = five && _answer >= FirstReason ? Libmosquitto.DescribeReason(_answer) : Libmosquitto.DescribeAnswer(_answer);
        if (_answer is UnacceptableVersion or UnsupportedVersion)
        {
            _version++;
            return new MqttEnd(MqttEndKind.OtherVersion, $"{_broker} speaks neither MQTT 5 nor 3.1.1: {words}");
        }
        return new MqttEnd(MqttEndKind.Refused, $"{_broker} refuses: {words}; check \"user\" and \"passwordFile\", and what the broker allows");
    }

    private MqttEnd NotReached(string words) => new(MqttEndKind.NotReached, $"no connection to {_broker}: {words}");

    private string Words(int error, int errno) =>
        _complaint != "" ? _complaint
        : error == (int)MosquittoError.Errno ? Marshal.GetPInvokeErrorMessage(errno)
        : Libmosquitto.Describe(error).TrimEnd('.');

    private static MosquittoClient Of(nint tag) => (MosquittoClient)GCHandle.FromIntPtr(tag).Target!;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Connected(nint client, nint tag, int answer, int flags)
    {
        var self = Of(tag);
        self._answer = answer;
        if (answer != 0)
            return;
        self._connected = true;
        self._handler!.Connected();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Published(nint client, nint tag, int id) => Of(tag)._handler!.Sent(id);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Arrived(nint client, nint tag, MosquittoMessage* message) =>
        Of(tag)._handler!.Received(Utf8StringMarshaller.ConvertToManaged(message->Topic) ?? "", new ReadOnlySpan<byte>(message->Payload, message->PayloadBytes));

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Subscribed(nint client, nint tag, int id, int count, int* granted)
    {
        for (int i = 0; i < count; i++)
            if (granted[i] >= FirstReason)
                Of(tag)._handler!.SubscriptionRefused(Libmosquitto.DescribeReason(granted[i]).TrimEnd('.'));
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Logged(nint client, nint tag, int level, byte* text)
    {
        if (level == ErrorLevel)
            Of(tag)._complaint = Utf8StringMarshaller.ConvertToManaged(text) ?? "";
    }

    // MOSQ_LOG_ERR.
    private const int ErrorLevel = 1 << 3;

    // MQTT 5 §2.4: from here on a reason is a failure. §3.2.2.2: the version is not supported. 3.1.1, §3.2.2.3: the same.
    private const int FirstReason = 0x80;
    private const int UnsupportedVersion = 0x84;
    private const int UnacceptableVersion = 1;

    private const int LoopMs = 500;

    // What was published last gets so long to leave.
    private static readonly TimeSpan StopWait = TimeSpan.FromSeconds(2);
}
