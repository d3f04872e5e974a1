using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;

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
