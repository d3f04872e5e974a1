using System.Globalization;
using EdgePeer.Store;

namespace EdgePeer.Core;

/// <summary>What is missing of a journal, in words for an operator.</summary>
public static class DamageText
{
    public static string Of(in MissingMessages missing)
    {
        var key = JournalBuffer.ReadKey(missing.Stream.Key.Span);
        string numbers = missing.First == missing.Last
            ? string.Create(CultureInfo.InvariantCulture, $"message {missing.First}")
            : string.Create(CultureInfo.InvariantCulture, $"messages {missing.First} to {missing.Last}");
        return missing.Stream.Share == JournalShare.Outgoing
            ? $"{numbers} of pipe {key.Pipe}, priority {key.Lane}, written here"
            : $"{numbers} of pipe {key.Pipe}, priority {key.Lane}, from {key.Sender}";
    }
}
