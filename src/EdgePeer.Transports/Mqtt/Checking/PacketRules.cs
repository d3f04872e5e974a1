using System.Globalization;

namespace EdgePeer.Transports.Mqtt.Checking;

/// <summary>
/// What MQTT lets a broker send to a client that publishes and subscribes at QoS 0 and 1, never unsubscribes, and asks for no authentication by AUTH. Sections
/// are those of MQTT 5 where no other version is named.
/// </summary>
internal sealed class PacketRules(MqttVersion version)
{
    private readonly bool _five = version == MqttVersion.Five;
    private bool _answered, _refused;
    private uint _packetBytesMax = uint.MaxValue;

    public uint PacketBytesMax => Volatile.Read(ref _packetBytesMax);

    public static int QosOf(byte first) => (first >> 1) & 3;

    public static PacketFault Broken(PacketKind kind, string what) => new(PacketFaultKind.Broken, $"its {NameOf(kind)} {what}");

    /// <summary>Whether a packet can begin so, where it does.</summary>
    public PacketFault? CheckFirst(ReadOnlySpan<byte> bytes)
    {
        byte first = bytes[0];
        var kind = (PacketKind)(first >> 4);
        // §3.1.4: the answer to CONNECT is the first, and there is one.
        if (!_answered)
            return first == (byte)PacketKind.ConnAck << 4 ? null : new PacketFault(PacketFaultKind.Stranger, Stranger.Describe(bytes));
        if (_refused)
            return Broken(kind, "comes when it has refused the connection");
        if (kind is not (PacketKind.Publish or PacketKind.PubAck or PacketKind.SubAck or PacketKind.PingResp) && (kind != PacketKind.Disconnect || !_five))
            return new PacketFault(PacketFaultKind.Broken, Said($"a packet that begins with 0x{first:X2} is none that it may send here"));
        // §2.1.3, §3.3.1.
        if (kind != PacketKind.Publish)
            return (first & 0xf) == 0 ? null : Broken(kind, Said($"begins with 0x{first:X2}"));
        return QosOf(first) switch
        {
            0 when (first & Duplicate) != 0 => Broken(kind, "repeats one at QoS 0"),
            0 or 1 => null,
            int qos => Broken(kind, Said($"has QoS {qos}, which was not asked for")),
        };
    }

    /// <param name="body">All that is behind the packet's length; of a PUBLISH what is before its payload.</param>
    public PacketFault? Check(byte first, ReadOnlySpan<byte> body)
    {
        var kind = (PacketKind)(first >> 4);
        var reader = new PacketReader(body);
        byte reason = 0;
        string? fault = kind switch
        {
            PacketKind.ConnAck => ConnAck(ref reader),
            PacketKind.Publish => Publish(ref reader, QosOf(first)),
            PacketKind.PubAck => PubAck(ref reader),
            PacketKind.SubAck => SubAck(ref reader),
            PacketKind.Disconnect => Disconnect(ref reader, out reason),
            _ => null,
        };
        if (fault is null && reader.Left > 0)
            fault = "has more bytes than it can have";
        if (fault is not null)
            return Broken(kind, fault);
        // The library frees what it does not hold when it gets one.
        return kind == PacketKind.Disconnect ? new PacketFault(PacketFaultKind.Farewell, "") { Reason = reason } : null;
    }

    /// <summary>§3.2; 3.1.1 §3.2.</summary>
    private string? ConnAck(ref PacketReader reader)
    {
        if (!reader.TryReadByte(out byte flags) || !reader.TryReadByte(out byte reason))
            return TooShort;
        if (flags > 1)
            return Said($"has flags 0x{flags:X2}");
        // §3.2.2.1.1.
        if (flags != 0 && reason != 0)
            return "knows a session and refuses it";
        // What a broker of 3.1.1 says to an opening in 5.
        bool older = _five && reader.Left == 0 && reason == ReasonCodes.UnacceptableVersion;
        if (!older && (_five ? reason != 0 && !ReasonCodes.IsFailure(reason) : reason > ReasonCodes.AnswerMax))
            return Said($"has reason 0x{reason:X2}, which there is none");
        if (!older && Properties(ref reader, PacketSet.ConnAck) is { } fault)
            return fault;
        (_answered, _refused) = (true, reason != 0);
        return null;
    }

    /// <summary>§3.3.2; 3.1.1 §3.3.2.</summary>
    private string? Publish(ref PacketReader reader, int qos)
    {
        if (!reader.TryReadBlock(out var topic))
            return TooShort;
        if (!PacketText.IsTopic(topic))
            return "has a topic that is none";
        return (qos > 0 ? Identifier(ref reader) : null) ?? Properties(ref reader, PacketSet.Publish);
    }

    /// <summary>§3.4; 3.1.1 §3.4.</summary>
    private string? PubAck(ref PacketReader reader)
    {
        if (Identifier(ref reader) is { } fault)
            return fault;
        // §3.4.2.1, §3.4.2.2.1: both may be left out.
        if (!_five || !reader.TryReadByte(out byte reason))
            return null;
        if (reason is not (0 or ReasonCodes.NoMatchingSubscribers) && !ReasonCodes.IsFailure(reason))
            return Said($"has reason 0x{reason:X2}, which there is none");
        return reader.Left == 0 ? null : Properties(ref reader, PacketSet.PubAck);
    }

    /// <summary>§3.9; 3.1.1 §3.9. Of one filter, as each SUBSCRIBE here has.</summary>
    private string? SubAck(ref PacketReader reader)
    {
        if ((Identifier(ref reader) ?? Properties(ref reader, PacketSet.SubAck)) is { } fault)
            return fault;
        if (!reader.TryReadByte(out byte reason))
            return "has no reason code";
        return reason <= ReasonCodes.QosMax || (_five ? ReasonCodes.IsFailure(reason) : reason == ReasonCodes.FirstFailure)
            ? null
            : Said($"has reason 0x{reason:X2}, which there is none");
    }

    /// <summary>§3.14.</summary>
    private string? Disconnect(ref PacketReader reader, out byte reason)
    {
        // §3.14.2.1, §3.14.2.2.1: both may be left out.
        if (!reader.TryReadByte(out reason) || (reader.Left == 0 && IsFarewell(reason)))
            return null;
        return IsFarewell(reason) ? Properties(ref reader, PacketSet.Disconnect) : Said($"has reason 0x{reason:X2}, which there is none");
    }

    /// <summary>§2.2.1, §2.3.1.</summary>
    private static string? Identifier(ref PacketReader reader) =>
        !reader.TryReadUInt16(out ushort identifier) ? TooShort : identifier == 0 ? "has packet identifier 0" : null;

    private string? Properties(ref PacketReader reader, PacketSet packet)
    {
        if (!_five)
            return null;
        uint packetBytesMax = _packetBytesMax;
        string? fault = PropertyRules.Check(ref reader, packet, ref packetBytesMax);
        if (fault is null)
            Volatile.Write(ref _packetBytesMax, packetBytesMax);
        return fault;
    }

    private static bool IsFarewell(byte reason) => reason == 0 || ReasonCodes.IsFailure(reason);

    private static string NameOf(PacketKind kind) => kind switch
    {
        PacketKind.ConnAck => "CONNACK",
        PacketKind.Publish => "PUBLISH",
        PacketKind.PubAck => "PUBACK",
        PacketKind.SubAck => "SUBACK",
        PacketKind.PingResp => "PINGRESP",
        PacketKind.Disconnect => "DISCONNECT",
        _ => Said($"packet of type {(byte)kind}"),
    };

    private static string Said(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private const string TooShort = "is too short";

    // §3.3.1.1.
    private const byte Duplicate = 8;
}
