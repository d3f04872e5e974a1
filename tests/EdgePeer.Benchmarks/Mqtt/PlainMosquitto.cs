using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace EdgePeer.Benchmarks.Mqtt;

/// <summary>libmosquitto as its manual has it, one client that publishes and one that subscribes, both at QoS 1, each with the library's own thread.</summary>
internal sealed unsafe partial class PlainMosquitto : IMqttRival
{
    private static PlainMosquitto? _running;
    private readonly nint _publisher, _subscriber;
    private readonly SemaphoreSlim _inFlight = new(InFlightMax), _subscribed = new(0), _arrived = new(0);
    private int _left;

    public PlainMosquitto(int port)
    {
        _running = this;
        Check(Initialize());
        _publisher = New("plain-publisher", true, 0);
        _subscriber = New("plain-subscriber", true, 0);
        OnPublish(_publisher, &Published);
        OnMessage(_subscriber, &Arrived);
        OnSubscribe(_subscriber, &Subscribed);
        foreach (nint client in (ReadOnlySpan<nint>)[_publisher, _subscriber])
        {
            Check(SetOption(client, ProtocolVersion, 5));
            Check(SetOption(client, TcpNoDelay, 1));
            Check(SetOption(client, ReceiveMaximum, InFlightMax));
            Check(SetOption(client, SendMaximum, InFlightMax));
            Check(Connect(client, "127.0.0.1", port, 60));
            Check(StartLoop(client));
        }
        Check(Subscribe(_subscriber, 0, Topic, 1));
        _subscribed.Wait();
    }

    public string Name => $"libmosquitto, QoS 1, {InFlightMax} in flight";

    public void Pass(int messages)
    {
        byte[] payload = new byte[MqttRivals.MessageBytes];
        _left = messages;
        for (int i = 0; i < messages; i++)
        {
            _inFlight.Wait();
            Check(Publish(_publisher, 0, Topic, payload.Length, payload, 1, false));
        }
        _arrived.Wait();
    }

    public void Dispose()
    {
        foreach (nint client in (ReadOnlySpan<nint>)[_publisher, _subscriber])
        {
            _ = Disconnect(client);
            _ = StopLoop(client, true);
            Destroy(client);
        }
        _inFlight.Dispose();
        _subscribed.Dispose();
        _arrived.Dispose();
    }

    private static void Check(int error)
    {
        if (error != 0)
            throw new InvalidOperationException($"libmosquitto says {error}");
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Published(nint client, nint tag, int id) => _running!._inFlight.Release();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Subscribed(nint client, nint tag, int id, int count, nint granted) => _running!._subscribed.Release();

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Arrived(nint client, nint tag, nint message)
    {
        if (Interlocked.Decrement(ref _running!._left) == 0)
            _running._arrived.Release();
    }

    private const int InFlightMax = 100;
    private const string Topic = "benchmark/plain";
    private const int ProtocolVersion = 1, ReceiveMaximum = 4, SendMaximum = 5, TcpNoDelay = 11;
    private const string Library = "libmosquitto.so.1";

    [LibraryImport(Library, EntryPoint = "mosquitto_lib_init")]
    private static partial int Initialize();

    [LibraryImport(Library, EntryPoint = "mosquitto_new", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint New(string id, [MarshalAs(UnmanagedType.U1)] bool cleanSession, nint tag);

    [LibraryImport(Library, EntryPoint = "mosquitto_destroy")]
    private static partial void Destroy(nint client);

    [LibraryImport(Library, EntryPoint = "mosquitto_int_option")]
    private static partial int SetOption(nint client, int option, int value);

    [LibraryImport(Library, EntryPoint = "mosquitto_connect", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Connect(nint client, string host, int port, int keepAlive);

    [LibraryImport(Library, EntryPoint = "mosquitto_disconnect")]
    private static partial int Disconnect(nint client);

    [LibraryImport(Library, EntryPoint = "mosquitto_loop_start")]
    private static partial int StartLoop(nint client);

    [LibraryImport(Library, EntryPoint = "mosquitto_loop_stop")]
    private static partial int StopLoop(nint client, [MarshalAs(UnmanagedType.U1)] bool force);

    [LibraryImport(Library, EntryPoint = "mosquitto_subscribe", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Subscribe(nint client, nint id, string filter, int qos);

    [LibraryImport(Library, EntryPoint = "mosquitto_publish", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Publish(nint client, nint id, string topic, int payloadBytes, ReadOnlySpan<byte> payload, int qos, [MarshalAs(UnmanagedType.U1)] bool retain);

    [LibraryImport(Library, EntryPoint = "mosquitto_publish_callback_set")]
    private static partial void OnPublish(nint client, delegate* unmanaged[Cdecl]<nint, nint, int, void> callback);

    [LibraryImport(Library, EntryPoint = "mosquitto_message_callback_set")]
    private static partial void OnMessage(nint client, delegate* unmanaged[Cdecl]<nint, nint, nint, void> callback);

    [LibraryImport(Library, EntryPoint = "mosquitto_subscribe_callback_set")]
    private static partial void OnSubscribe(nint client, delegate* unmanaged[Cdecl]<nint, nint, int, int, nint, void> callback);
}
