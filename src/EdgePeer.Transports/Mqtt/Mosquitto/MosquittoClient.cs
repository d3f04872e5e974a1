using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using EdgePeer.Transports.Interop;

namespace EdgePeer.Transports.Mqtt.Mosquitto;

/// <summary><see cref="IMqttClient"/> by libmosquitto. Its loop runs on the caller's thread, and so do its callbacks.</summary>
public sealed unsafe class MosquittoClient : IMqttClient
{
    private readonly MqttBroker _broker;
    private readonly MqttPresence _presence;
    private readonly TimeProvider _time;

    /// <summary>Held while the library's client is used from other threads, made or destroyed.</summary>
    private readonly Lock _lock = new();

    private MosquittoLoop? _loop;
    private volatile bool _stopping;
    private int _version;
    private IMqttHandler? _handler;
    private bool _connected;
    private int _answer;
    private string _complaint = "";
    private string? _certificateFault;
    private volatile string? _dropped;

    public MosquittoClient(MqttBroker broker, MqttPresence presence, TimeProvider? time = null) => (_broker, _presence, _time) = (broker, presence, time ?? TimeProvider.System);

    /// <summary>Whether this machine has libmosquitto: Debian's package libmosquitto1.</summary>
    public static bool LibraryIsThere => Libmosquitto.IsThere;

    public MqttEnd Run(IMqttHandler handler)
    {
        if (!Libmosquitto.IsThere)
            return new MqttEnd(MqttEndKind.NotReached, "libmosquitto.so.1 is not on this machine: install Debian's package libmosquitto1");
        _handler = handler;
        (_connected, _answer, _complaint, _certificateFault, _dropped) = (false, 0, "", null, null);
        var tag = GCHandle.Alloc(this);
        try
        {
            nint client = Libmosquitto.New(_presence.ClientId, cleanSession: _presence.SessionExpiry is null, GCHandle.ToIntPtr(tag));
            if (client == 0)
                return new MqttEnd(MqttEndKind.NotReached, $"libmosquitto makes no client: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
            try
            {
                return Configure(client) is { } fault ? fault : Serve(client);
            }
            finally
            {
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
        Disconnect();
    }

    public void Drop(string reason)
    {
        _dropped = reason;
        Disconnect();
    }

    public bool TrySubscribe(string filter, MqttQos qos)
    {
        lock (_lock)
        {
            if (_loop is null)
                return false;
            int error = Libmosquitto.Subscribe(_loop.Client, out _, filter, (int)qos, KeptIfNew | RetainAsPublished, 0);
            _loop.Wake();
            return error == 0;
        }
    }

    public MqttTaken Publish(string topic, ReadOnlySpan<byte> payload, MqttQos qos, bool retain, MqttProperties? properties, out int id)
    {
        id = 0;
        nint list = 0;
        try
        {
            if (properties is not null && Version == MqttVersion.Five)
                MosquittoProperties.Add(ref list, properties);
            // What is given to the library without a connection is in its queue, which ends with the client: it is not sent later.
            lock (_lock)
            {
                if (_loop is null)
                    return MqttTaken.NotNow;
                int error = Libmosquitto.Publish(_loop.Client, out id, topic, payload.Length, payload, (int)qos, retain, list);
                _loop.Wake();
                return (MosquittoError)error switch
                {
                    MosquittoError.None => MqttTaken.Yes,
                    MosquittoError.Invalid or MosquittoError.MalformedText or MosquittoError.PayloadTooLong or MosquittoError.PacketTooLong => MqttTaken.Never,
                    MosquittoError.QosNotSupported => MqttTaken.NotAtThisQos,
                    _ => MqttTaken.NotNow,
                };
            }
        }
        finally
        {
            Libmosquitto.FreeProperties(ref list);
        }
    }

    public void Dispose() => Stop();

    private MqttVersion Version => MqttOptions.Versions[_version % MqttOptions.Versions.Length];

    private MqttEnd? Configure(nint client)
    {
        _ = Libmosquitto.SetThreaded(client, threaded: true);
        _ = Libmosquitto.SetOption(client, MosquittoOption.ProtocolVersion, (int)Version);
        _ = Libmosquitto.SetOption(client, MosquittoOption.TcpNoDelay, 1);
        _ = Libmosquitto.SetOption(client, MosquittoOption.SendMaximum, ushort.MaxValue);
        if (_presence.Will is { } will)
            _ = Libmosquitto.SetWill(client, will, 0, 0, 0, retain: true);
        if (_presence.SessionExpiry is { } expiry && Version == MqttVersion.Five)
            KeepSession(client, expiry);
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

    // The library has no asynchronous connect that takes properties.
    private void KeepSession(nint client, TimeSpan expiry)
    {
        nint list = 0;
        _ = Libmosquitto.AddProperty(ref list, MosquittoProperty.SessionExpiry, (uint)Math.Min(expiry.TotalSeconds, uint.MaxValue));
        _ = Libmosquitto.AddProperty(ref list, MosquittoProperty.PacketBytesMax, Limits.PacketBytesMax);
        _ = Libmosquitto.Connect(client, _broker.Host, NoPort, (int)Limits.KeepAlive.TotalSeconds, null, list);
        Libmosquitto.FreeProperties(ref list);
    }

    private static MqttEnd Unusable(int error, string what) => new(MqttEndKind.Refused, $"{what}: {Libmosquitto.Describe(error)}");

    private MqttEnd Serve(nint client)
    {
        int refused = Libmosquitto.ConnectAsync(client, _broker.Host, _broker.Port, (int)Limits.KeepAlive.TotalSeconds);
        if (refused != 0)
            return End((MosquittoError)refused, Marshal.GetLastPInvokeError());
        MosquittoLoop loop;
        try
        {
            loop = new MosquittoLoop(client, _broker.Tls is not null);
        }
        catch (IOException fault)
        {
            return new MqttEnd(MqttEndKind.NotReached, $"no connection to {_broker}: {fault.Message}");
        }
        using (loop)
        {
            Use(loop);
            try
            {
                return Serve(loop);
            }
            finally
            {
                // Nobody wakes it after that.
                Use(null);
            }
        }
    }

    private MqttEnd Serve(MosquittoLoop loop)
    {
        long began = _time.GetTimestamp(), stopped = 0;
        while (true)
        {
            var error = loop.Turn(_connected, out int errno);
            if (error != MosquittoError.None || _answer != 0)
                return End(error, errno);
            AcknowledgeAtOnce(loop.Client);
            if (!_connected && _time.GetElapsedTime(began) > Limits.ConnectWait)
                return new MqttEnd(MqttEndKind.NotReached, $"no connection to {_broker}: nobody has answered within {Limits.ConnectWait.TotalSeconds} s; check host and port, and that a broker runs there");
            if (!_stopping)
                continue;
            if (stopped == 0)
                stopped = _time.GetTimestamp();
            else if (_time.GetElapsedTime(stopped) > StopWait)
                return new MqttEnd(MqttEndKind.Stopped, "stopped");
        }
    }

    private void Use(MosquittoLoop? loop)
    {
        lock (_lock)
            _loop = loop;
    }

    private void Disconnect()
    {
        lock (_lock)
        {
            if (_loop is null)
                return;
            _ = Libmosquitto.Disconnect(_loop.Client);
            _loop.Wake();
        }
    }

    /// <summary>
    /// A broker that leaves TCP its delay, as mosquitto does unless told otherwise, holds a second packet back until the first is acknowledged, which
    /// the kernel here puts off for 40 ms. It forgets the option, so it is said each time.
    /// </summary>
    private static void AcknowledgeAtOnce(nint client) =>
        _ = Libc.SetSocketOption(Libmosquitto.SocketOf(client), SocketOptions.LevelTcp, SocketOptions.TcpQuickAcknowledgement, 1, sizeof(int));

    private MqttEnd End(MosquittoError error, int errno)
    {
        if (_stopping)
            return new MqttEnd(MqttEndKind.Stopped, "stopped");
        if (_dropped is { } reason)
            return new MqttEnd(MqttEndKind.Refused, reason);
        if (error == MosquittoError.PacketTooLong)
            return new MqttEnd(MqttEndKind.Refused, $"{_broker} sends a packet of more than {Limits.PacketBytesMax >> 20} MiB: set a limit there, such as mosquitto's message_size_limit, and clear what it has kept or queued");
        var trouble = new Trouble(error, errno, _complaint, _certificateFault);
        if (_connected)
        {
            // Another broker may answer there next time.
            _version = 0;
            return new MqttEnd(MqttEndKind.Lost, $"the connection to {_broker} is lost: {trouble.Words}");
        }
        if (_answer != 0)
            return EndOfAnswer();
        var end = trouble.EndOf(_broker);
        // Who keeps a session loses by a lower version, its expiry and all properties, and so takes a broker's own word for it: one that is being killed
        // closes too.
        if (end.Kind == MqttEndKind.OtherVersion && _presence.SessionExpiry is null)
            _version++;
        return end;
    }

    private MqttEnd EndOfAnswer()
    {
        bool five = Version == MqttVersion.Five;
        string words = (five && _answer >= FirstReason ? Libmosquitto.DescribeReason(_answer) : Libmosquitto.DescribeAnswer(_answer)).TrimEnd('.');
        if (_answer is UnacceptableVersion or UnsupportedVersion)
        {
            _version++;
            return new MqttEnd(MqttEndKind.OtherVersion, $"{_broker} speaks neither MQTT 5 nor 3.1.1: {words}");
        }
        return new MqttEnd(MqttEndKind.Refused, $"{_broker} refuses: {words}; check \"user\" and \"passwordFile\", and what the broker allows");
    }

    private static MosquittoClient OnPacket(nint tag)
    {
        var self = Of(tag);
        self._loop?.OnPacket();
        return self;
    }

    private static MosquittoClient Of(nint tag) => (MosquittoClient)GCHandle.FromIntPtr(tag).Target!;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Connected(nint client, nint tag, int answer, int flags)
    {
        var self = OnPacket(tag);
        self._answer = answer;
        if (answer != 0)
            return;
        self._connected = true;
        self._handler!.Connected(self.Version, sessionPresent: (flags & SessionPresent) != 0);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Published(nint client, nint tag, int id, int reason, nint properties)
    {
        var handler = OnPacket(tag)._handler!;
        if (reason >= FirstReason)
            handler.Refused(id, Libmosquitto.DescribeReason(reason).TrimEnd('.'));
        else
            handler.Sent(id);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Arrived(nint client, nint tag, MosquittoMessage* message, nint properties)
    {
        var received = new MqttReceived(
            Utf8StringMarshaller.ConvertToManaged(message->Topic) ?? "",
            new ReadOnlySpan<byte>(message->Payload, message->PayloadBytes),
            message->Retain != 0,
            MosquittoProperties.Read(properties));
        if (!OnPacket(tag)._handler!.Received(received))
            CutOff(client);
    }

    // The library has its acknowledgement in its queue by now, and writes it when the callback has returned: to nobody.
    private static void CutOff(nint client)
    {
        using var handle = new SafeSocketHandle(Libmosquitto.SocketOf(client), ownsHandle: false);
        using var socket = new Socket(handle);
        try
        {
            socket.Shutdown(SocketShutdown.Both);
        }
        catch (SocketException)
        {
            // It has ended by itself.
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Subscribed(nint client, nint tag, int id, int count, int* granted)
    {
        var handler = OnPacket(tag)._handler!;
        for (int i = 0; i < count; i++)
            if (granted[i] >= FirstReason)
                handler.SubscriptionRefused(Libmosquitto.DescribeReason(granted[i]).TrimEnd('.'));
            else
                handler.Subscribed((MqttQos)granted[i]);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Logged(nint client, nint tag, int level, byte* text)
    {
        var self = Of(tag);
        // The first one is nearest to the cause. Of a certificate the library says only that it failed.
        if (level != ErrorLevel || self._complaint != "")
            return;
        self._complaint = Utf8StringMarshaller.ConvertToManaged(text) ?? "";
        self._certificateFault = Libmosquitto.CertificateFault(client);
    }

    // MOSQ_LOG_ERR.
    internal const int ErrorLevel = 1 << 3;

    // MQTT 5 §2.4: from here on a reason is a failure. §3.2.2.2: the version is not supported. 3.1.1, §3.2.2.3: the same.
    private const int FirstReason = 0x80;
    private const int UnsupportedVersion = 0x84;
    private const int UnacceptableVersion = 1;

    // MQTT 5 §3.2.2.1.1, §3.8.3.1: kept messages are sent where the subscription is new, and the flag stays as it was published.
    private const int SessionPresent = 1;
    private const int KeptIfNew = 0x10;
    private const int RetainAsPublished = 0x08;

    private const int NoPort = -1;

    // What was published last gets so long to leave.
    private static readonly TimeSpan StopWait = TimeSpan.FromSeconds(2);
}
