using System.Globalization;

namespace EdgePeer.Transports.Mqtt.Checking;

/// <summary>
/// Looks at what a broker sends, before the client library does: only whole packets (of a PUBLISH all but its payload) that MQTT lets a server send to
/// this client pass. Why: decision 0022. Pure, without memory of its own for bytes; of one connection.
/// </summary>
internal sealed class PacketCheck(MqttVersion version)
{
    private readonly PacketRules _rules = new(version);
    private int _payloadLeft;

    /// <summary>What the broker takes at once (MQTT 5 §3.2.2.3.6); from any thread.</summary>
    public uint PacketBytesMax => _rules.PacketBytesMax;

    /// <summary>Says how much of what came may go on to the library.</summary>
    /// <param name="bytes">All that came and has not passed. What does not pass now is to be shown again, with more behind it.</param>
    /// <param name="fault">Why nothing more will pass; null where more may.</param>
    /// <returns>How many bytes from the start.</returns>
    public int Pass(ReadOnlySpan<byte> bytes, out PacketFault? fault)
    {
        fault = null;
        int passed = 0;
        while (passed < bytes.Length)
        {
            if (_payloadLeft == 0)
            {
                var found = Look(bytes[passed..], out int headBytes, out int packetBytes);
                // What is good before it goes first.
                fault = passed == 0 ? found : null;
                if (headBytes == 0)
                    return passed;
                passed += headBytes;
                _payloadLeft = packetBytes - headBytes;
            }
            int part = Math.Min(_payloadLeft, bytes.Length - passed);
            (passed, _payloadLeft) = (passed + part, _payloadLeft - part);
        }
        return passed;
    }

    /// <param name="headBytes">What has been found good, from the first byte on; zero where it is not, and while more is to come.</param>
    private PacketFault? Look(ReadOnlySpan<byte> bytes, out int headBytes, out int packetBytes)
    {
        (headBytes, packetBytes) = (0, 0);
        if (_rules.CheckFirst(bytes) is { } first)
            return first;
        var kind = (PacketKind)(bytes[0] >> 4);
        var read = PacketReader.ReadVariable(bytes[1..], out int remaining, out int lengthBytes);
        if (read == VariableRead.Unfinished)
            return null;
        if (read == VariableRead.TooLong || (lengthBytes > 1 && bytes[lengthBytes] == 0))
            return PacketRules.Broken(kind, "has a length that is none");
        int start = 1 + lengthBytes;
        packetBytes = start + remaining;
        if (packetBytes > Limits.PacketBytesMax)
            return new PacketFault(PacketFaultKind.TooLong, "");
        int wanted = packetBytes;
        if (kind == PacketKind.Publish && !TryMeasureHead(bytes, start, packetBytes, out wanted))
            return PacketRules.Broken(kind, "ends within what stands before its payload");
        if (wanted > Limits.HeadBytesMax)
            return PacketRules.Broken(kind, string.Create(CultureInfo.InvariantCulture, $"has more than {Limits.HeadBytesMax} bytes beside a payload"));
        if (bytes.Length < wanted)
            return null;
        var fault = _rules.Check(bytes[0], bytes[start..wanted]);
        headBytes = fault is null ? wanted : 0;
        return fault;
    }

    /// <summary>MQTT 5 §3.3.2: the topic, the packet identifier where there is one, the properties.</summary>
    /// <param name="wanted">At least so many bytes, from the first of the packet on; when that many are there, exactly.</param>
    private bool TryMeasureHead(ReadOnlySpan<byte> bytes, int start, int packetBytes, out int wanted)
    {
        wanted = start + sizeof(ushort);
        if (bytes.Length < wanted || wanted > packetBytes)
            return wanted <= packetBytes;
        wanted += (bytes[start] << 8) + bytes[start + 1] + (PacketRules.QosOf(bytes[0]) > 0 ? sizeof(ushort) : 0);
        if (version != MqttVersion.Five || wanted > packetBytes)
            return wanted <= packetBytes;
        var read = PacketReader.ReadVariable(bytes.Length > wanted ? bytes[wanted..] : default, out int propertyBytes, out int lengthBytes);
        // Of a length that is none the rules have more to say.
        wanted += read == VariableRead.Unfinished ? lengthBytes + 1 : lengthBytes + (read == VariableRead.Whole ? propertyBytes : 0);
        return wanted <= packetBytes;
    }
}
