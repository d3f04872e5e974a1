namespace EdgePeer.Transports.Mqtt.Checking;

/// <summary>What a broker may give as its reason.</summary>
internal static class ReasonCodes
{
    /// <summary>From here on it says no.</summary>
    public const byte FirstFailure = 0x80;

    /// <summary>
    /// Whether MQTT 5 §2.4 has it as a failure, of whichever packet: brokers are not exact about that. mosquitto answers a message that is too long
    /// by a PUBACK with 0x95, which §3.4.2.1 does not list.
    /// </summary>
    public static bool IsFailure(byte code) => code is >= FirstFailure and <= 0xa2;

    /// <summary>Of a PUBACK: the topic, the length or the payload is one that the broker does not take, whoever sends it and whenever.</summary>
    public static bool IsForEver(byte code) => code is TopicNameInvalid or PacketTooLarge or PayloadFormatInvalid;

    private const byte TopicNameInvalid = 0x90, PacketTooLarge = 0x95, PayloadFormatInvalid = 0x99;

    /// <summary>MQTT 3.1.1 §3.2.2.3: 0 to 5.</summary>
    public const byte AnswerMax = 5;

    /// <summary>MQTT 3.1.1 §3.2.2.3: the version is not acceptable.</summary>
    public const byte UnacceptableVersion = 1;

    /// <summary>MQTT 5 §3.4.2.1: nobody has subscribed.</summary>
    public const byte NoMatchingSubscribers = 0x10;

    /// <summary>The highest QoS that a SUBACK grants.</summary>
    public const byte QosMax = 2;
}
