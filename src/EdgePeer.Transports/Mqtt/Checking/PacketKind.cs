namespace EdgePeer.Transports.Mqtt.Checking;

/// <summary>MQTT 5 §2.1.2: the upper half of a packet's first byte.</summary>
internal enum PacketKind : byte
{
    ConnAck = 2,
    Publish = 3,
    PubAck = 4,
    SubAck = 9,
    PingResp = 13,
    Disconnect = 14,
}

/// <summary>Packets with properties that a client here can be sent.</summary>
[Flags]
internal enum PacketSet : byte
{
    None = 0,
    ConnAck = 1,
    Publish = 2,
    PubAck = 4,
    SubAck = 8,
    Disconnect = 16,
    Answers = ConnAck | PubAck | SubAck | Disconnect,
    All = Answers | Publish,
}
