namespace EdgePeer.Tests.Support;

/// <summary>Damage as lines, bugs and enemies do it, drawn from a seed.</summary>
public static class Mutation
{
    public static byte[] Bytes(Random random, int lengthMax)
    {
        byte[] bytes = new byte[random.Next(lengthMax + 1)];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>One to four changes: a bit, a byte made extreme, a part cut, repeated or filled in, the end cut off.</summary>
    public static byte[] Of(Random random, ReadOnlySpan<byte> legal)
    {
        var bytes = new List<byte>(legal.ToArray());
        for (int i = random.Next(1, 5); i > 0; i--)
            Change(random, bytes);
        return [.. bytes];
    }

    private static void Change(Random random, List<byte> bytes)
    {
        if (bytes.Count == 0)
        {
            bytes.Add((byte)random.Next(256));
            return;
        }
        int at = random.Next(bytes.Count), length = Math.Min(random.Next(1, 9), bytes.Count - at);
        switch (random.Next(6))
        {
            case 0:
                bytes[at] ^= (byte)(1 << random.Next(8));
                break;
            case 1:
                bytes[at] = Extremes[random.Next(Extremes.Length)];
                break;
            case 2:
                bytes.RemoveRange(at, length);
                break;
            case 3:
                bytes.InsertRange(random.Next(bytes.Count + 1), bytes.GetRange(at, length));
                break;
            case 4:
                bytes.InsertRange(at, Bytes(random, 12));
                break;
            default:
                bytes.RemoveRange(at, bytes.Count - at);
                break;
        }
    }

    private static readonly byte[] Extremes = [0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF];
}
