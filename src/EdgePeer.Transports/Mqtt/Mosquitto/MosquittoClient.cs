using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using EdgePeer.Transports.Interop;
using EdgePeer.Transports.Mqtt.Checking;
using EdgePeer.Transports.Mqtt.Connecting;

namespace EdgePeer.Transports.Mqtt.Mosquitto;

/// <summary><see cref="IMqttClient"/> by libmosquitto. Its loop runs on the caller's thread, and so do its callbacks.</summary>
public sealed unsafe class MosquittoClient : IMqttClient
{
    private readonly MqttBroker _broker;
    private readonly MqttPresence _presence;
    private readonly TimeProvider _time;

    /// <summary>Held while the library's client is used from other threads, made or destroyed.</summary>
    private readonly Lock _lock = new();

    private readonly CancellationTokenSource _stop = new();
    private MosquittoLoop? _loop;
    private WakeEvent? _wake;
    private volatile MqttVersion _version;
    private IMqttHandler? _handler;
    private bool _connected, _mayBeOlder;
    private int _answer;
    private string _complaint = "";
    private volatile string? _dropped;

    public MosquittoClient(MqttBroker broker, MqttPresence presence, TimeProvider? time = null) => (_broker, _presence, _time) = (broker, presence, time ?? TimeProvider.System);

    /// <summary>Whether this machine has libmosquitto: Debian's package libmosquitto1.</summary>
    public static bool LibraryIsThere => Libmosquitto.IsThere;

    public MqttEnd Run(IMqttHandler handler)
    {
        if (!Libmosquitto.IsThere)
            return new MqttEnd(MqttEndKind.NotReached, "libmosquitto.so.1 is not on this machine: install Debian's package libmosquitto1");
        _handler = handler;
        _dropped = null;
        try
        {
            using var wake = new WakeEvent();
            Use(wake);
            try
            {
                return RunVersions(wake);
            }
            finally
            {
                Use((WakeEvent?)null);
            }
        }
        catch (IOException fault)
        {
            return new MqttEnd(MqttEndKind.NotReached, $"no connection to {_broker}: {fault.Message}");
        }
    }

    public void Stop()
    {
        _stop.Cancel();
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
            if (properties is not null && _version == MqttVersion.Five)
                MosquittoProperties.Add(ref list, properties);
            // What is given to the library without a connection is in its queue, which ends with the client: it is not sent later.
            lock (_lock)
            {
                if (_loop is null)
                    return MqttTaken.NotNow;
                // The library looks at it too, and leaves out what it adds itself.
                if (_version == MqttVersion.Five && MosquittoProperties.PublishBytes(topic, payload.Length, qos, properties) > _loop.PacketBytesMax)
                    return MqttTaken.Never;
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

    public void Dispose()
    {
        if (_stop.IsCancellationRequested)
            return;
        Stop();
        _stop.Dispose();
    }

    private bool IsStopping => _stop.IsCancellationRequested;

    /// <summary>5 first; 3.1.1 at once where the broker, or whoever answers there, does not speak 5. When neither is spoken, what 5 has met says more.</summary>
    private MqttEnd RunVersions(WakeEvent wake)
    {
        var end = Run(MqttVersion.Five, wake);
        if (end.Kind != MqttEndKind.OtherVersion || !_mayBeOlder || IsStopping)
            return end;
        var older = Run(MqttVersion.Three, wake);
        return older.Kind == MqttEndKind.OtherVersion ? end : older;
    }

    private MqttEnd Run(MqttVersion version, WakeEvent wake)
    {
        (_version, _connected, _answer, _complaint, _mayBeOlder) = (version, false, 0, "", false);
        var dialer = new BrokerDialer(_broker, _time, wake, _stop.Token);
        // Nothing of the library is made for a broker that is not there.
        using var link = dialer.Dial(out var end);
        return link is null ? IsStopping ? Stopped : end : Run(link, dialer, wake);
    }

    private MqttEnd Run(IBrokerLink link, BrokerDialer dialer, WakeEvent wake)
    {
        var tag = GCHandle.Alloc(this);
        try
        {
            nint client = Libmosquitto.New(_presence.ClientId, cleanSession: _presence.SessionExpiry is null, GCHandle.ToIntPtr(tag));
            if (client == 0)
                return new MqttEnd(MqttEndKind.NotReached, $"libmosquitto makes no client: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
            try
            {
                using var pair = new LocalPair();
                if (Configure(client) is { } unusable)
                    return unusable;
                if (pair.Join(client) is { } fault)
                    return new MqttEnd(MqttEndKind.NotReached, $"no connection to {_broker}: libmosquitto is not reached: {fault}");
                using var loop = new MosquittoLoop(client, pair, link, new PacketCheck(_version), wake);
                Use(loop);
                try
                {
                    return Serve(loop, dialer);
                }
                finally
                {
                    // Nobody wakes it after that.
                    Use((MosquittoLoop?)null);
                }
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

    private MqttEnd? Configure(nint client)
    {
        _ = Libmosquitto.SetThreaded(client, threaded: true);
        _ = Libmosquitto.SetOption(client, MosquittoOption.ProtocolVersion, (int)_version);
        _ = Libmosquitto.SetOption(client, MosquittoOption.SendMaximum, ushort.MaxValue);
        if (_presence.Will is { } will)
            _ = Libmosquitto.SetWill(client, will, 0, 0, 0, retain: true);
        if (_presence.SessionExpiry is { } expiry && _version == MqttVersion.Five)
            KeepSession(client, expiry);
        Libmosquitto.OnConnect(client, &Connected);
        Libmosquitto.OnPublish(client, &Published);
        Libmosquitto.OnMessage(client, &Arrived);
        Libmosquitto.OnSubscribe(client, &Subscribed);
        Libmosquitto.OnLog(client, &Logged);
        if (_broker.User is not null && Libmosquitto.SetUser(client, _broker.User, _broker.Password) is var userError and not 0)
            return Unusable(userError, "user or password");
        return null;
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

    private MqttEnd Serve(MosquittoLoop loop, BrokerDialer dialer)
    {
        long stopped = 0;
        try
        {
            while (true)
            {
                var error = loop.Turn(out var fault);
                if (fault is not null || error != MosquittoError.None || _answer != 0)
                {
                    long ended = _time.GetTimestamp();
                    loop.Finish(() => _time.GetElapsedTime(ended) < StopWait);
                    return End(error, fault);
                }
                if (!_connected && dialer.Left <= TimeSpan.Zero)
                    return ConnectTrouble.Nobody(_broker);
                if (!IsStopping)
                    continue;
                if (stopped == 0)
                    stopped = _time.GetTimestamp();
                else if (_time.GetElapsedTime(stopped) > StopWait)
                    return Stopped;
            }
        }
        catch (Exception broken) when (broken is IOException or SocketException)
        {
            return EndOf(broken);
        }
    }

    private void Use(WakeEvent? wake)
    {
        lock (_lock)
            _wake = wake;
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
            if (_loop is not null)
                _ = Libmosquitto.Disconnect(_loop.Client);
            _wake?.Set();
        }
    }

    private MqttEnd End(MosquittoError error, PacketFault? fault)
    {
        if (Ordered() is { } ordered)
            return ordered;
        if (fault is { } found)
            return EndOf(found);
        if (_connected)
            return Lost(_complaint != "" ? _complaint.Replace("Error: ", "", StringComparison.Ordinal).TrimEnd('.')
                : error is MosquittoError.ConnectionLost ? "the other side has ended it" : Libmosquitto.Describe((int)error).TrimEnd('.'));
        if (_answer != 0)
            return EndOfAnswer();
        return error == MosquittoError.ConnectionLost ? MaybeOlder(ConnectTrouble.Closed(_broker))
            : new MqttEnd(MqttEndKind.NotReached, $"no connection to {_broker}: {Libmosquitto.Describe((int)error).TrimEnd('.')}; check host and port, and that a broker runs there");
    }

    private MqttEnd EndOf(Exception broken)
    {
        if (Ordered() is { } ordered)
            return ordered;
        return _connected ? Lost(ConnectTrouble.WordsOf(broken)) : _answer != 0 ? EndOfAnswer() : MaybeOlder(ConnectTrouble.Unanswered(_broker, broken));
    }

    private MqttEnd EndOf(in PacketFault fault)
    {
        if (fault.Kind == PacketFaultKind.TooLong)
            return new MqttEnd(MqttEndKind.Refused, $"{_broker} sends a packet of more than {Limits.PacketBytesMax >> 20} MiB: set a limit there, such as mosquitto's message_size_limit, and clear what it has kept or queued");
        if (fault.Kind == PacketFaultKind.Farewell)
            return Lost($"it says: {Libmosquitto.DescribeReason(fault.Reason).TrimEnd('.')}");
        if (fault.Kind == PacketFaultKind.Stranger)
            return MaybeOlder(new MqttEnd(MqttEndKind.OtherVersion, $"{_broker} does not answer as a broker of MQTT 5 or 3.1.1 does: {fault.What}; check host and port"));
        string words = $"{_broker} does not speak MQTT {(_version == MqttVersion.Five ? "5" : "3.1.1")} as the standard has it: {fault.What}; check host and port, and the broker's version";
        return _connected ? new MqttEnd(MqttEndKind.Lost, words) : MaybeOlder(new MqttEnd(MqttEndKind.OtherVersion, words));
    }

    /// <summary>The end that was asked for here.</summary>
    private MqttEnd? Ordered() => IsStopping ? Stopped : _dropped is { } reason ? new MqttEnd(MqttEndKind.Refused, reason) : null;

    private MqttEnd Lost(string words) => new(MqttEndKind.Lost, $"the connection to {_broker} is lost: {words}");

    // Who keeps a session loses by a lower version, its expiry and all properties, and so takes a broker's own word for it: one that is being killed
    // closes too.
    private MqttEnd MaybeOlder(MqttEnd end)
    {
        _mayBeOlder = _presence.SessionExpiry is null;
        return end;
    }

    private MqttEnd EndOfAnswer()
    {
        bool five = _version == MqttVersion.Five;
        string words = (five && _answer >= ReasonCodes.FirstFailure ? Libmosquitto.DescribeReason(_answer) : Libmosquitto.DescribeAnswer(_answer)).TrimEnd('.');
        if (_answer is UnacceptableVersion or UnsupportedVersion)
        {
            _mayBeOlder = true;
            return new MqttEnd(MqttEndKind.OtherVersion, $"{_broker} speaks neither MQTT 5 nor 3.1.1: {words}");
        }
        return new MqttEnd(MqttEndKind.Refused, $"{_broker} refuses: {words}; check \"user\" and \"passwordFile\", and what the broker allows");
    }

    private static MqttEnd Stopped => new(MqttEndKind.Stopped, "stopped");

    private static MosquittoClient Of(nint tag) => (MosquittoClient)GCHandle.FromIntPtr(tag).Target!;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Connected(nint client, nint tag, int answer, int flags)
    {
        var self = Of(tag);
        self._answer = answer;
        if (answer != 0)
            return;
        self._connected = true;
        self._handler!.Connected(self._version, sessionPresent: (flags & SessionPresent) != 0);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Published(nint client, nint tag, int id, int reason, nint properties)
    {
        var handler = Of(tag)._handler!;
        if (reason >= ReasonCodes.FirstFailure)
            handler.Refused(id, ReasonCodes.IsForEver((byte)reason) ? MqttRefusal.Never : MqttRefusal.NotNow, Libmosquitto.DescribeReason(reason).TrimEnd('.'));
        else
            handler.Sent(id);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Arrived(nint client, nint tag, MosquittoMessage* message, nint properties)
    {
        var self = Of(tag);
        // What comes behind one that is not to be acknowledged is not, either.
        if (self._loop is not { IsCut: false } loop)
            return;
        var received = new MqttReceived(
            Utf8StringMarshaller.ConvertToManaged(message->Topic) ?? "",
            new ReadOnlySpan<byte>(message->Payload, message->PayloadBytes),
            message->Retain != 0,
            MosquittoProperties.Read(properties));
        // The library has its acknowledgement in its queue by now, and writes it when the callback has returned: to nobody.
        if (!self._handler!.Received(received))
            loop.CutOff();
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Subscribed(nint client, nint tag, int id, int count, int* granted)
    {
        var handler = Of(tag)._handler!;
        for (int i = 0; i < count; i++)
            if (granted[i] >= ReasonCodes.FirstFailure)
                handler.SubscriptionRefused(Libmosquitto.DescribeReason(granted[i]).TrimEnd('.'));
            else
                handler.Subscribed((MqttQos)granted[i]);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Logged(nint client, nint tag, int level, byte* text)
    {
        var self = Of(tag);
        // The first one is nearest to the cause.
        if (level == ErrorLevel && self._complaint == "")
            self._complaint = Utf8StringMarshaller.ConvertToManaged(text) ?? "";
    }

    // MOSQ_LOG_ERR.
    internal const int ErrorLevel = 1 << 3;

    // MQTT 5 §3.2.2.2: the version is not supported. 3.1.1, §3.2.2.3: the same.
    private const int UnsupportedVersion = 0x84;
    private const int UnacceptableVersion = ReasonCodes.UnacceptableVersion;

    // MQTT 5 §3.2.2.1.1, §3.8.3.1: kept messages are sent where the subscription is new, and the flag stays as it was published.
    private const int SessionPresent = 1;
    private const int KeptIfNew = 0x10;
    private const int RetainAsPublished = 0x08;

    private const int NoPort = -1;

    // What was published last gets so long to leave.
    private static readonly TimeSpan StopWait = TimeSpan.FromSeconds(2);
}
