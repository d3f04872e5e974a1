namespace EdgePeer.Transports.Mqtt;

/// <summary>Every maximum of the MQTT transport, and why it is that.</summary>
internal static class Limits
{
    /// <summary>Large, because a publish has a topic of some 60 bytes; and a phone's link sends it in a quarter of a second.</summary>
    public const int FrameBytesMax = 8_192;

    /// <summary>Of one publish: brokers of clouds take 128 KiB, and what urgent frames wait for stays short.</summary>
    public const int BatchBytesMax = 32 << 10;

    /// <summary>Published and not yet with the kernel: what is not yet numbered by the node can still be overtaken.</summary>
    public const int UnsentBytesMax = 128 << 10;

    /// <summary>User properties of a message from a broker that are looked at: more than any program has use for.</summary>
    public const int UserPropertiesMax = 64;

    /// <summary>What a broker may send at once: the longest message of a pipe, with a topic and properties. One of MQTT 5 is told; a connection on which more comes is ended.</summary>
    public const uint PacketBytesMax = 18 << 20;

    /// <summary>Properties of one packet from a broker: the client library compares each with each.</summary>
    public const int PropertiesMax = 1_000;

    /// <summary>Of a packet from a broker beside a payload: the longest topic, and as much again three times over in properties. So much is held until it is whole.</summary>
    public const int HeadBytesMax = 256 << 10;

    /// <summary>A frame waits for company no longer.</summary>
    public static readonly TimeSpan BatchWait = TimeSpan.FromMilliseconds(2);

    /// <summary>A broker that has not answered by then is taken for none.</summary>
    public static readonly TimeSpan ConnectWait = TimeSpan.FromSeconds(20);

    /// <summary>The broker publishes the will half as much later again.</summary>
    public static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(30);

    /// <summary>A broker that does not say what it refuses to pass on is asked so often, in case that only the question was lost.</summary>
    public const int EchoesMax = 10;

    public static readonly TimeSpan EchoWait = TimeSpan.FromSeconds(2);

    public static readonly TimeSpan ReconnectLeast = TimeSpan.FromSeconds(1);

    /// <summary>A thousand devices that all come back to one broker then connect some twenty a second.</summary>
    public static readonly TimeSpan ReconnectMost = TimeSpan.FromMinutes(1);
}
