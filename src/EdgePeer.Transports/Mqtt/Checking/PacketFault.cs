namespace EdgePeer.Transports.Mqtt.Checking;

/// <summary>Why nothing more of a broker is listened to.</summary>
/// <param name="What">As the end of a sentence about it: what it sent.</param>
internal readonly record struct PacketFault(PacketFaultKind Kind, string What)
{
    /// <summary>Of <see cref="PacketFaultKind.Farewell"/>.</summary>
    public byte Reason { get; init; }
}

internal enum PacketFaultKind : byte
{
    /// <summary>MQTT has no such packet, or this client is to be sent none.</summary>
    Broken,

    /// <summary>Whoever it is did not begin as a broker does.</summary>
    Stranger,

    /// <summary>A packet above <see cref="Limits.PacketBytesMax"/>.</summary>
    TooLong,

    /// <summary>It says that it ends the connection (MQTT 5 §3.14).</summary>
    Farewell,
}
