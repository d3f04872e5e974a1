using System.Text;
using EdgePeer.Transports.Mqtt;

namespace EdgePeer.Tests.Transports.Mqtt;

/// <summary>A second reading of the rules, by another way, over all that has passed.</summary>
internal static class PassedPackets
{
    public static bool AreGood(MqttVersion version, byte[] stream)
    {
        bool first = true, refused = false;
        for (int at = 0; at < stream.Length; first = false)
        {
            byte head = stream[at++];
            int length = Variable(stream, ref at);
            bool cut = length > stream.Length - at;
            // Only a payload passes in parts.
            if (length < 0 || refused || (head == 0x20) != first || (cut && head >> 4 != 3))
                return false;
            byte[] body = stream[at..Math.Min(stream.Length, at + length)];
            at += body.Length;
            refused = first && body[1] != 0;
            if (!IsGood(version == MqttVersion.Five, head, body))
                return false;
        }
        return true;
    }

    private static bool IsGood(bool five, byte head, byte[] body) => head switch
    {
        0x20 => body.Length >= 2 && body[0] < 2 && (!five ? body.Length == 2 : body is [0, 1] || Properties(body, 2, "11 13 1A 1C 1F 21 22 24 25 26 27 28 29 2A") == body.Length),
        0x40 => body.Length >= 2 && body[0] + body[1] > 0 && (body.Length == 2 || (five && (body.Length == 3 || Properties(body, 3, "1F 26") == body.Length))),
        0x90 => body.Length >= 3 && body[0] + body[1] > 0 && (five ? Properties(body, 2, "1F 26") == body.Length - 1 : body.Length == 3) && (body[^1] < 3 || body[^1] >= 0x80),
        0xd0 => body.Length == 0,
        0x30 or 0x31 or 0x32 or 0x33 or 0x3a or 0x3b => IsPublish(five, head >= 0x32, body),
        _ => false,
    };

    private static bool IsPublish(bool five, bool identified, byte[] body)
    {
        int at = 2 + (body[0] << 8) + body[1];
        string topic = Encoding.UTF8.GetString(body[2..at]);
        if (topic.Length == 0 || topic.AsSpan().ContainsAny('+', '#', '\0') || topic.Contains('\ufffd', StringComparison.Ordinal))
            return false;
        if (identified && body[at++] + body[at++] == 0)
            return false;
        return !five || Properties(body, at, "01 02 03 08 09 0B 26") > 0;
    }

    /// <returns>Where they end; -1 for none that may be there.</returns>
    private static int Properties(byte[] body, int at, string allowed)
    {
        int length = Variable(body, ref at), end = at + length;
        var seen = new HashSet<byte>();
        if (length < 0 || end > body.Length)
            return -1;
        while (at < end)
        {
            byte identifier = body[at++];
            if (!allowed.Contains($"{identifier:X2}", StringComparison.Ordinal) || (!seen.Add(identifier) && identifier != 0x26))
                return -1;
            if (identifier == 0x0b)
                _ = Variable(body, ref at);
            else
                at += identifier switch
                {
                    0x01 or 0x24 or 0x25 or 0x28 or 0x29 or 0x2a => 1,
                    0x13 or 0x21 or 0x22 => 2,
                    0x02 or 0x11 or 0x27 => 4,
                    0x26 => Block(body, at) + Block(body, at + Block(body, at)),
                    _ => Block(body, at),
                };
        }
        return at == end ? end : -1;
    }

    private static int Block(byte[] body, int at) => 2 + (body[at] << 8) + body[at + 1];

    private static int Variable(byte[] bytes, ref int at)
    {
        int value = 0;
        for (int shift = 0; shift < 28; shift += 7)
        {
            byte one = bytes[at++];
            value |= (one & 0x7f) << shift;
            if (one < 0x80)
                return one == 0 && shift > 0 ? -1 : value;
        }
        return -1;
    }
}
