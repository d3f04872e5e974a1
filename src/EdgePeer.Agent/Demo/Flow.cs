using System.Globalization;
using System.Text;

namespace EdgePeer.Agent.Demo;

/// <summary>Numbered messages from one peer to another over one pipe.</summary>
/// <param name="From">Place of the sending peer in the demo's list.</param>
/// <param name="To">Place of the reading peer.</param>
internal sealed record Flow(string Pipe, int From, int To, int Total)
{
    /// <summary>The message of that number, from 1: its name and a filler that depends on it, so that mixed-up bytes are noticed.</summary>
    public byte[] Compose(int number)
    {
        byte[] payload = new byte[PayloadBytes];
        int named = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Pipe} {number}/{Total} "), payload);
        for (int i = named; i < payload.Length; i++)
            payload[i] = (byte)('a' + ((number * 7) + (i * 11)) % 26);
        return payload;
    }

    /// <returns>The number of the message; null when these bytes are no message of the flow.</returns>
    public int? Recognise(ReadOnlySpan<byte> payload)
    {
        string prefix = Pipe + " ";
        int slash = payload.IndexOf((byte)'/');
        if (slash < prefix.Length || !int.TryParse(payload[prefix.Length..slash], NumberStyles.None, CultureInfo.InvariantCulture, out int number))
            return null;
        return number >= 1 && number <= Total && payload.SequenceEqual(Compose(number)) ? number : null;
    }

    // A line of telemetry. The busiest flow's share of the usual number then about fills the radio.
    private const int PayloadBytes = 100;
}
