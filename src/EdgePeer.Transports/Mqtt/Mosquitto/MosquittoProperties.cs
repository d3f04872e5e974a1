using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using System.Text;

namespace EdgePeer.Transports.Mqtt.Mosquitto;

/// <summary>The properties of messages, to the library's lists and from them.</summary>
internal static unsafe class MosquittoProperties
{
    public static void Add(ref nint list, MqttProperties properties)
    {
        if (properties.Expiry is { } expiry)
            _ = Libmosquitto.AddProperty(ref list, MosquittoProperty.MessageExpiry, (uint)Math.Clamp(expiry.TotalSeconds, 1, uint.MaxValue));
        if (properties.ContentType is { } contentType)
            _ = Libmosquitto.AddProperty(ref list, MosquittoProperty.ContentType, contentType);
        foreach (var (name, value) in properties.User)
            _ = Libmosquitto.AddProperty(ref list, MosquittoProperty.User, name, value);
    }

    /// <summary>How long the packet of a message is: MQTT 5 §3.3.</summary>
    public static long PublishBytes(string topic, int payloadBytes, MqttQos qos, MqttProperties? properties)
    {
        int propertyBytes = properties is null ? 0
            : (properties.Expiry is null ? 0 : 1 + sizeof(uint))
            + (properties.ContentType is { } contentType ? 1 + Bytes(contentType) : 0)
            + properties.User.Sum(static one => 1 + Bytes(one.Key) + Bytes(one.Value));
        long remaining = Bytes(topic) + (qos > 0 ? sizeof(ushort) : 0) + LengthBytes(propertyBytes) + propertyBytes + (long)payloadBytes;
        return 1 + LengthBytes(remaining) + remaining;
    }

    private static int Bytes(string text) => sizeof(ushort) + Encoding.UTF8.GetByteCount(text);

    // §1.5.5: seven bits a byte.
    private static int LengthBytes(long length) => length < 1 << 7 ? 1 : length < 1 << 14 ? 2 : length < 1 << 21 ? 3 : 4;

    /// <returns>Null where the list is empty.</returns>
    public static MqttProperties? Read(nint list)
    {
        if (list == 0)
            return null;
        var user = new List<KeyValuePair<string, string>>();
        nint at = Libmosquitto.ReadProperty(list, MosquittoProperty.User, out byte* name, out byte* value, skipFirst: false);
        while (at != 0)
        {
            user.Add(KeyValuePair.Create(Take(name), Take(value)));
            at = user.Count < Limits.UserPropertiesMax ? Libmosquitto.ReadProperty(at, MosquittoProperty.User, out name, out value, skipFirst: true) : 0;
        }
        string? contentType = Libmosquitto.ReadProperty(list, MosquittoProperty.ContentType, out byte* text, skipFirst: false) == 0 ? null : Take(text);
        bool expires = Libmosquitto.ReadProperty(list, MosquittoProperty.MessageExpiry, out uint seconds, skipFirst: false) != 0;
        return new MqttProperties(user, contentType, expires ? TimeSpan.FromSeconds(seconds) : null);
    }

    private static string Take(byte* text)
    {
        string taken = Utf8StringMarshaller.ConvertToManaged(text) ?? "";
        NativeMemory.Free(text);
        return taken;
    }
}
