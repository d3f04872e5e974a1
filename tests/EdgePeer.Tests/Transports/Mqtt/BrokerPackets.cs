using EdgePeer.Transports.Mqtt;
using Xunit;

namespace EdgePeer.Tests.Transports.Mqtt;

/// <summary>Packets as brokers send them, and as they may not, in hexadecimal.</summary>
internal static class BrokerPackets
{
    /// <summary>The answer to CONNECT that lets others follow.</summary>
    public static string Accepted(MqttVersion version) => version == MqttVersion.Five ? "2003000000" : "20020000";

    /// <summary>Each may follow an answer, and stand behind each other.</summary>
    public static TheoryData<MqttVersion, string> Good => Both(Five, Three);

    public static TheoryData<MqttVersion, string, string> Bad => new()
    {
        // Types and flags.
        { MqttVersion.Five, "2003000000", "none that it may send" },
        { MqttVersion.Five, "1000", "none that it may send" },
        { MqttVersion.Five, "0000", "none that it may send" },
        { MqttVersion.Five, "50020001", "none that it may send" },
        { MqttVersion.Five, "62020001", "none that it may send" },
        { MqttVersion.Five, "70020001", "none that it may send" },
        { MqttVersion.Five, "82020001", "none that it may send" },
        { MqttVersion.Five, "B003000100", "none that it may send" },
        { MqttVersion.Five, "C000", "none that it may send" },
        { MqttVersion.Five, "F000", "none that it may send" },
        { MqttVersion.Three, "E000", "none that it may send" },
        { MqttVersion.Five, "D100", "PINGRESP begins with 0xD1" },
        { MqttVersion.Five, "42020001", "PUBACK begins with 0x42" },
        { MqttVersion.Three, "9203000100", "SUBACK begins with 0x92" },
        { MqttVersion.Five, "E100", "DISCONNECT begins with 0xE1" },
        { MqttVersion.Five, "38040001" + "6100", "repeats one at QoS 0" },
        { MqttVersion.Five, "34060001" + "61000100", "QoS 2" },
        { MqttVersion.Three, "36050001" + "610001", "QoS 3" },
        // Lengths.
        { MqttVersion.Five, "D0FFFFFFFF", "length that is none" },
        { MqttVersion.Five, "D08000", "length that is none" },
        { MqttVersion.Five, "D00100", "more bytes than it can have" },
        { MqttVersion.Three, "4003000100", "more bytes than it can have" },
        { MqttVersion.Three, "400100", "too short" },
        { MqttVersion.Five, "4000", "too short" },
        { MqttVersion.Five, "400500010000" + "00", "more bytes than it can have" },
        { MqttVersion.Three, "900400010000", "more bytes than it can have" },
        { MqttVersion.Five, "900500010000" + "01", "more bytes than it can have" },
        { MqttVersion.Three, "3000", "ends within" },
        { MqttVersion.Three, "30020001", "ends within" },
        { MqttVersion.Three, "3203000161", "ends within" },
        { MqttVersion.Five, "3003000161", "ends within" },
        { MqttVersion.Five, "300400016101", "ends within" },
        { MqttVersion.Five, "300700016180808080", "length is none" },
        { MqttVersion.Five, "3009000161808080800000", "length is none" },
        { MqttVersion.Five, "3005000161" + "8000", "length is none" },
        // Identifiers, topics, reasons.
        { MqttVersion.Five, "40020000", "packet identifier 0" },
        { MqttVersion.Three, "9003000000", "packet identifier 0" },
        { MqttVersion.Three, "32050001610000", "packet identifier 0" },
        { MqttVersion.Three, "30020000", "topic that is none" },
        { MqttVersion.Three, "30030001" + "2B", "topic that is none" },
        { MqttVersion.Three, "30030001" + "23", "topic that is none" },
        { MqttVersion.Three, "30030001" + "00", "topic that is none" },
        { MqttVersion.Three, "30030001" + "FF", "topic that is none" },
        { MqttVersion.Three, "30050003" + "EDA080", "topic that is none" },
        { MqttVersion.Three, "30040002" + "C080", "topic that is none" },
        { MqttVersion.Three, "30050003" + "EFBFBF", "topic that is none" },
        { MqttVersion.Three, "30040002" + "C280", "topic that is none" },
        { MqttVersion.Five, "4003000101", "reason 0x01" },
        { MqttVersion.Five, "40030001A3", "reason 0xA3" },
        { MqttVersion.Five, "900400010003", "reason 0x03" },
        { MqttVersion.Three, "9003000181", "reason 0x81" },
        { MqttVersion.Three, "90020001", "no reason code" },
        { MqttVersion.Five, "9003000100", "no reason code" },
        { MqttVersion.Five, "E00104", "reason 0x04" },
        // Properties.
        { MqttVersion.Five, "3005000161" + "017F", "property 0x7F, which MQTT does not have" },
        { MqttVersion.Five, "3006000161" + "03FF01", "ends within" },
        { MqttVersion.Five, "3006000161" + "022400", "property 0x24, which has no place there" },
        { MqttVersion.Five, "3007000161" + "03230001", "property 0x23, which has no place there" },
        { MqttVersion.Five, "3006000161" + "020102", "property 0x01 with value 2" },
        { MqttVersion.Five, "3006000161" + "020B00", "property 0x0B with value 0" },
        { MqttVersion.Five, "3008000161" + "0401000100", "property 0x01 twice" },
        { MqttVersion.Five, "3008000161" + "040B010B02", "property 0x0B twice" },
        { MqttVersion.Five, "3007000161" + "03020000", "property 0x02 with a value that cannot be read" },
        { MqttVersion.Five, "3008000161" + "04030002" + "78", "property 0x03 with a value that cannot be read" },
        { MqttVersion.Five, "3008000161" + "04030001" + "FF", "property 0x03 with a value that cannot be read" },
        { MqttVersion.Five, "3008000161" + "04080001" + "23", "property 0x08 with a value that cannot be read" },
        { MqttVersion.Five, "300A000161" + "06260001610001", "property 0x26 with a value that cannot be read" },
        { MqttVersion.Five, "3007000161" + "030900" + "01", "property 0x09 with a value that cannot be read" },
        { MqttVersion.Five, "40060001000201" + "01", "property 0x01, which has no place there" },
        { MqttVersion.Five, "9007000103" + "1F0001" + "00", "property 0x1F with a value that cannot be read" },
        { MqttVersion.Five, "E00700" + "051100000001", "property 0x11, which has no place there" },
    };

    /// <summary>In place of an answer.</summary>
    public static TheoryData<MqttVersion, string, string> BadAnswers => new()
    {
        // What made libmosquitto 2.0.11 end the process.
        { MqttVersion.Five, "2005000002" + "7F00", "CONNACK has property 0x7F, which MQTT does not have" },
        { MqttVersion.Five, "2000", "CONNACK is too short" },
        { MqttVersion.Five, "200100", "CONNACK is too short" },
        { MqttVersion.Five, "20020000", "properties whose length is none" },
        { MqttVersion.Five, "20020005", "reason 0x05" },
        { MqttVersion.Three, "2003000000", "more bytes" },
        { MqttVersion.Three, "20020006", "reason 0x06" },
        { MqttVersion.Three, "20020200", "flags 0x02" },
        { MqttVersion.Three, "20020105", "knows a session and refuses it" },
        { MqttVersion.Five, "2003000100", "reason 0x01" },
        { MqttVersion.Five, "2006000003" + "210000", "property 0x21 with value 0" },
        { MqttVersion.Five, "2008000005" + "2700000000", "property 0x27 with value 0" },
        { MqttVersion.Five, "2005000002" + "2402", "property 0x24 with value 2" },
        { MqttVersion.Five, "2007000004" + "120001" + "61", "property 0x12, which has no place there" },
        { MqttVersion.Five, "2007000004" + "150001" + "61", "property 0x15, which has no place there" },
        { MqttVersion.Five, "2009000006" + "210001210001", "property 0x21 twice" },
        { MqttVersion.Five, "2004000000" + "00", "more bytes" },
    };

    /// <summary>An answer and some packets, most often with a few bytes changed, left out, put in, or one packet cut.</summary>
    public static byte[] Mutated(MqttVersion version, Random random)
    {
        string[] packets = version == MqttVersion.Five ? Five : Three, answers = version == MqttVersion.Five ? FiveAnswers : [Accepted(version), "20020100"];
        string chosen = answers[random.Next(answers.Length)] + string.Concat(Enumerable.Range(0, random.Next(1, 6)).Select(_ => packets[random.Next(packets.Length)]));
        var stream = Convert.FromHexString(chosen).ToList();
        for (int changes = random.Next(4); changes > 0 && stream.Count > 0; changes--)
        {
            int at = random.Next(stream.Count);
            switch (random.Next(5))
            {
                case 0:
                    stream[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    stream[at] = (byte)random.Next(256);
                    break;
                case 2:
                    stream.RemoveAt(at);
                    break;
                case 3:
                    stream.Insert(at, (byte)random.Next(256));
                    break;
                default:
                    stream.RemoveRange(at, Math.Min(stream.Count - at, random.Next(1, 8)));
                    break;
            }
        }
        return [.. stream];
    }

    private static TheoryData<MqttVersion, string> Both(string[] five, string[] three)
    {
        var data = new TheoryData<MqttVersion, string>();
        foreach (string hex in five)
            data.Add(MqttVersion.Five, hex);
        foreach (string hex in three)
            data.Add(MqttVersion.Three, hex);
        return data;
    }

    private static readonly string[] FiveAnswers =
    [
        "2003000000",
        "2003010000",
        // Receive maximum, topic alias maximum, packet size, session expiry, server keep-alive, maximum QoS and all that it has or has not.
        "2029000026" + "210014" + "22000A" + "2700100000" + "1100000E10" + "13003C" + "2401" + "2501" + "2801" + "2901" + "2A00" + "1F00026F6B" + "2600016B000176",
    ];

    private static readonly string[] Five =
    [
        "D000",
        "40020001",
        "4003000100",
        "4003000110",
        "4003000187",
        // As mosquitto answers a message above its limit.
        "40040001" + "9500",
        "400A0001" + "8706" + "1F0003" + "6E6F21",
        "9004000100" + "01",
        "9004FFFF00" + "87",
        "900A000106" + "1F0003" + "6E6F21" + "80",
        "3004000161" + "00",
        "3106000161" + "00" + "6869",
        "3208000161" + "0007" + "00" + "6869",
        "3A06000161" + "0007" + "00",
        // All that a message can have: payload format, expiry, content type, response topic, correlation data, subscription identifier, user property.
        "30230003C3A96B1D0101020000003C030001740800017209000201FF0B81012600016B0000",
        // A user property, and the same name again.
        "3014000161102600016B0001762600016B0003777879",
    ];

    private static readonly string[] Three =
    [
        "D000",
        "40020001",
        "9003000100",
        "9003000102",
        "9003000180",
        "3003000161",
        "3105000161" + "6869",
        "3207000161" + "0007" + "6869",
        "3A05000161" + "FFFF",
        "30070005" + "612FE282AC",
    ];
}
