using System.Globalization;

namespace EdgePeer.Transports.Mqtt.Checking;

/// <summary>MQTT 5 §2.2.2: the properties that a broker may send to a client that asked for nothing special.</summary>
internal static class PropertyRules
{
    /// <param name="reader">Before the length of the properties; behind them afterwards.</param>
    /// <param name="packetBytesMax">What a CONNACK says that the broker takes at once; else as it was.</param>
    /// <returns>What is wrong, as the end of a sentence about the packet; null for nothing.</returns>
    public static string? Check(ref PacketReader reader, PacketSet packet, ref uint packetBytesMax)
    {
        if (!reader.TryReadVariable(out int length))
            return "has properties whose length is none";
        if (!reader.TryTake(length, out var bytes))
            return "ends within its properties";
        var properties = new PacketReader(bytes);
        ulong seen = 0;
        for (int count = 0; properties.Left > 0; count++)
        {
            if (count == Limits.PropertiesMax)
                return Said($"has more than {Limits.PropertiesMax} properties");
            // All identifiers there are take one byte.
            _ = properties.TryReadByte(out byte identifier);
            if (identifier != UserProperty && identifier < 64 && (seen & (1UL << identifier)) != 0)
                return Said($"has property 0x{identifier:X2} twice");
            seen |= identifier < 64 ? 1UL << identifier : 0;
            if (CheckOne(ref properties, identifier, packet, ref packetBytesMax) is { } fault)
                return fault;
        }
        return null;
    }

    private static string? CheckOne(ref PacketReader reader, byte identifier, PacketSet packet, ref uint packetBytesMax)
    {
        var (form, packets) = Known(identifier);
        if (form == PropertyForm.None)
            return Said($"has property 0x{identifier:X2}, which MQTT does not have");
        if ((packets & packet) == 0)
            return Said($"has property 0x{identifier:X2}, which has no place there");
        if (!TryRead(ref reader, form, out uint value))
            return Said($"has property 0x{identifier:X2} with a value that cannot be read");
        if (IsWrong(identifier, form, value))
            return Said($"has property 0x{identifier:X2} with value {value}");
        if (identifier == MaximumPacketSize)
            packetBytesMax = value;
        return null;
    }

    private static bool TryRead(ref PacketReader reader, PropertyForm form, out uint value)
    {
        value = 0;
        switch (form)
        {
            case PropertyForm.Byte:
                bool isByte = reader.TryReadByte(out byte one);
                value = one;
                return isByte;
            case PropertyForm.TwoBytes:
                bool isTwo = reader.TryReadUInt16(out ushort two);
                value = two;
                return isTwo;
            case PropertyForm.FourBytes:
                return reader.TryReadUInt32(out value);
            case PropertyForm.Variable:
                bool isVariable = reader.TryReadVariable(out int variable);
                value = (uint)variable;
                return isVariable;
            case PropertyForm.Block:
                return reader.TryReadBlock(out _);
            case PropertyForm.Topic:
                return reader.TryReadBlock(out var topic) && PacketText.IsTopic(topic);
            case PropertyForm.Pair:
                return IsText(ref reader) && IsText(ref reader);
            default:
                return IsText(ref reader);
        }
    }

    private static bool IsText(ref PacketReader reader) => reader.TryReadBlock(out var text) && PacketText.IsText(text);

    // Every property of one byte says no or yes; §3.2.2.3.3, §3.2.2.3.6, §3.3.2.3.8: not zero.
    private static bool IsWrong(byte identifier, PropertyForm form, uint value) =>
        form == PropertyForm.Byte ? value > 1 : value == 0 && identifier is ReceiveMaximum or MaximumPacketSize or SubscriptionIdentifier;

    // Not here, for this client has not asked for them: an assigned client id (§3.2.2.3.7), authentication (§4.12) and topic aliases (§3.3.2.3.4).
    private static (PropertyForm Form, PacketSet Packets) Known(byte identifier) => identifier switch
    {
        0x01 => (PropertyForm.Byte, PacketSet.Publish),
        0x02 => (PropertyForm.FourBytes, PacketSet.Publish),
        0x03 => (PropertyForm.Text, PacketSet.Publish),
        0x08 => (PropertyForm.Topic, PacketSet.Publish),
        0x09 => (PropertyForm.Block, PacketSet.Publish),
        SubscriptionIdentifier => (PropertyForm.Variable, PacketSet.Publish),
        0x11 => (PropertyForm.FourBytes, PacketSet.ConnAck),
        0x12 => (PropertyForm.Text, PacketSet.None),
        0x13 => (PropertyForm.TwoBytes, PacketSet.ConnAck),
        0x15 => (PropertyForm.Text, PacketSet.None),
        0x16 => (PropertyForm.Block, PacketSet.None),
        0x1a => (PropertyForm.Text, PacketSet.ConnAck),
        0x1c => (PropertyForm.Text, PacketSet.ConnAck | PacketSet.Disconnect),
        0x1f => (PropertyForm.Text, PacketSet.Answers),
        ReceiveMaximum => (PropertyForm.TwoBytes, PacketSet.ConnAck),
        0x22 => (PropertyForm.TwoBytes, PacketSet.ConnAck),
        0x23 => (PropertyForm.TwoBytes, PacketSet.None),
        0x24 or 0x25 => (PropertyForm.Byte, PacketSet.ConnAck),
        UserProperty => (PropertyForm.Pair, PacketSet.All),
        MaximumPacketSize => (PropertyForm.FourBytes, PacketSet.ConnAck),
        0x28 or 0x29 or 0x2a => (PropertyForm.Byte, PacketSet.ConnAck),
        // Of what a client sends.
        0x17 or 0x19 => (PropertyForm.Byte, PacketSet.None),
        0x18 => (PropertyForm.FourBytes, PacketSet.None),
        _ => (PropertyForm.None, PacketSet.None),
    };

    private static string Said(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    private const byte SubscriptionIdentifier = 0x0b, ReceiveMaximum = 0x21, UserProperty = 0x26, MaximumPacketSize = 0x27;

    private enum PropertyForm : byte
    {
        None,
        Byte,
        TwoBytes,
        FourBytes,
        Variable,
        Block,
        Text,
        Topic,
        Pair,
    }
}
