using System.Runtime.InteropServices;

namespace EdgePeer.Transports.Mqtt.Mosquitto;

/// <summary>The calls of libmosquitto 2.0 that are used. All return an <see cref="MosquittoError"/> where they return an int.</summary>
internal static unsafe partial class Libmosquitto
{
    /// <summary>Debian's package libmosquitto1 has it.</summary>
    internal static bool IsThere => Loaded.Value;

    internal static string Describe(int error) => Marshal.PtrToStringUTF8(Text(error)) ?? $"error {error}";

    /// <param name="code">Of a CONNACK or SUBACK of MQTT 5.</param>
    internal static string DescribeReason(int code) => Marshal.PtrToStringUTF8(ReasonText(code)) ?? $"reason {code}";

    /// <param name="code">Of a CONNACK of MQTT 3.1.1.</param>
    internal static string DescribeAnswer(int code) => Marshal.PtrToStringUTF8(AnswerText(code)) ?? $"answer {code}";

    [LibraryImport(Library, EntryPoint = "mosquitto_new", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    internal static partial nint New(string id, [MarshalAs(UnmanagedType.U1)] bool cleanSession, nint tag);

    [LibraryImport(Library, EntryPoint = "mosquitto_destroy")]
    internal static partial void Destroy(nint client);

    [LibraryImport(Library, EntryPoint = "mosquitto_int_option")]
    internal static partial int SetOption(nint client, MosquittoOption option, int value);

    /// <summary>What is given to the library waits for <see cref="Write"/>: it is used from other threads.</summary>
    [LibraryImport(Library, EntryPoint = "mosquitto_threaded_set")]
    internal static partial int SetThreaded(nint client, [MarshalAs(UnmanagedType.U1)] bool threaded);

    [LibraryImport(Library, EntryPoint = "mosquitto_username_pw_set", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetUser(nint client, string? user, string? password);

    [LibraryImport(Library, EntryPoint = "mosquitto_will_set", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int SetWill(nint client, string topic, int payloadBytes, nint payload, int qos, [MarshalAs(UnmanagedType.U1)] bool retain);

    [LibraryImport(Library, EntryPoint = "mosquitto_connect_async", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    internal static partial int ConnectAsync(nint client, string host, int port, int keepAliveSeconds);

    [LibraryImport(Library, EntryPoint = "mosquitto_disconnect")]
    internal static partial int Disconnect(nint client);

    [LibraryImport(Library, EntryPoint = "mosquitto_loop_read", SetLastError = true)]
    internal static partial int Read(nint client, int packetsMax);

    [LibraryImport(Library, EntryPoint = "mosquitto_loop_write", SetLastError = true)]
    internal static partial int Write(nint client, int packetsMax);

    /// <summary>Sends a ping when one is due, and fails when none was answered.</summary>
    [LibraryImport(Library, EntryPoint = "mosquitto_loop_misc")]
    internal static partial int KeepAlive(nint client);

    [LibraryImport(Library, EntryPoint = "mosquitto_want_write")]
    [return: MarshalAs(UnmanagedType.U1)]
    internal static partial bool WantsWrite(nint client);

    /// <summary>Connects at once, and waits; with a port that is none it only takes the properties, which <see cref="ConnectAsync"/> then sends.</summary>
    [LibraryImport(Library, EntryPoint = "mosquitto_connect_bind_v5", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Connect(nint client, string host, int port, int keepAliveSeconds, string? bindAddress, nint properties);

    [LibraryImport(Library, EntryPoint = "mosquitto_publish_v5", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Publish(
        nint client, out int id, string topic, int payloadBytes, ReadOnlySpan<byte> payload, int qos, [MarshalAs(UnmanagedType.U1)] bool retain, nint properties);

    /// <param name="options">Of MQTT 5 §3.8.3.1; without effect on other connections.</param>
    [LibraryImport(Library, EntryPoint = "mosquitto_subscribe_v5", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int Subscribe(nint client, out int id, string filter, int qos, int options, nint properties);

    [LibraryImport(Library, EntryPoint = "mosquitto_property_add_int32")]
    internal static partial int AddProperty(ref nint list, MosquittoProperty identifier, uint value);

    [LibraryImport(Library, EntryPoint = "mosquitto_property_add_string", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int AddProperty(ref nint list, MosquittoProperty identifier, string value);

    [LibraryImport(Library, EntryPoint = "mosquitto_property_add_string_pair", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int AddProperty(ref nint list, MosquittoProperty identifier, string name, string value);

    [LibraryImport(Library, EntryPoint = "mosquitto_property_free_all")]
    internal static partial void FreeProperties(ref nint list);

    /// <returns>The property that was read; zero when there is none.</returns>
    [LibraryImport(Library, EntryPoint = "mosquitto_property_read_int32")]
    internal static partial nint ReadProperty(nint list, MosquittoProperty identifier, out uint value, [MarshalAs(UnmanagedType.U1)] bool skipFirst);

    /// <param name="value">To be freed.</param>
    [LibraryImport(Library, EntryPoint = "mosquitto_property_read_string")]
    internal static partial nint ReadProperty(nint list, MosquittoProperty identifier, out byte* value, [MarshalAs(UnmanagedType.U1)] bool skipFirst);

    /// <param name="name">To be freed, as the value is.</param>
    /// <param name="skipFirst">The list begins with the property that was read last.</param>
    [LibraryImport(Library, EntryPoint = "mosquitto_property_read_string_pair")]
    internal static partial nint ReadProperty(nint list, MosquittoProperty identifier, out byte* name, out byte* value, [MarshalAs(UnmanagedType.U1)] bool skipFirst);

    [LibraryImport(Library, EntryPoint = "mosquitto_connect_with_flags_callback_set")]
    internal static partial void OnConnect(nint client, delegate* unmanaged[Cdecl]<nint, nint, int, int, void> callback);

    [LibraryImport(Library, EntryPoint = "mosquitto_publish_v5_callback_set")]
    internal static partial void OnPublish(nint client, delegate* unmanaged[Cdecl]<nint, nint, int, int, nint, void> callback);

    [LibraryImport(Library, EntryPoint = "mosquitto_message_v5_callback_set")]
    internal static partial void OnMessage(nint client, delegate* unmanaged[Cdecl]<nint, nint, MosquittoMessage*, nint, void> callback);

    [LibraryImport(Library, EntryPoint = "mosquitto_subscribe_callback_set")]
    internal static partial void OnSubscribe(nint client, delegate* unmanaged[Cdecl]<nint, nint, int, int, int*, void> callback);

    [LibraryImport(Library, EntryPoint = "mosquitto_log_callback_set")]
    internal static partial void OnLog(nint client, delegate* unmanaged[Cdecl]<nint, nint, int, byte*, void> callback);

    [LibraryImport(Library, EntryPoint = "mosquitto_lib_init")]
    private static partial int Initialize();

    [LibraryImport(Library, EntryPoint = "mosquitto_strerror")]
    private static partial nint Text(int error);

    [LibraryImport(Library, EntryPoint = "mosquitto_reason_string")]
    private static partial nint ReasonText(int code);

    [LibraryImport(Library, EntryPoint = "mosquitto_connack_string")]
    private static partial nint AnswerText(int code);

    /// <returns>-1 for none.</returns>
    [LibraryImport(Library, EntryPoint = "mosquitto_socket")]
    internal static partial int SocketOf(nint client);

    private const string Library = "libmosquitto.so.1";

    // Loaded for good: its own handlers may outlive a client.
    private static readonly Lazy<bool> Loaded = new(static () => NativeLibrary.TryLoad(Library, out _) && Initialize() == (int)MosquittoError.None);
}

/// <summary><c>struct mosquitto_message</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct MosquittoMessage
{
    internal int Id;
    internal byte* Topic;
    internal byte* Payload;
    internal int PayloadBytes;
    internal int Qos;
    internal byte Retain;
}

/// <summary><c>enum mosq_opt_t</c>.</summary>
internal enum MosquittoOption
{
    ProtocolVersion = 1,
    SendMaximum = 5,
}

/// <summary><c>enum mqtt5_property</c>.</summary>
internal enum MosquittoProperty
{
    MessageExpiry = 2,
    ContentType = 3,
    SessionExpiry = 17,
    User = 38,
    PacketBytesMax = 39,
}

/// <summary><c>enum mosq_err_t</c>, what is told apart.</summary>
internal enum MosquittoError
{
    None = 0,
    Protocol = 2,
    Invalid = 3,
    NoConnection = 4,
    Refused = 5,
    ConnectionLost = 7,
    Tls = 8,
    PayloadTooLong = 9,
    Errno = 14,
    Lookup = 15,
    MalformedText = 18,
    KeepAlive = 19,
    MalformedPacket = 21,
    TlsHandshake = 23,
    QosNotSupported = 24,
    PacketTooLong = 25,
}
