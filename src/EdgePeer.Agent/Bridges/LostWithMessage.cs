using System.Globalization;
using EdgePeer.Runtime;
using EdgePeer.Wire;

namespace EdgePeer.Agent.Bridges;

/// <summary>
/// Connections that were lost one behind the other while the same message was the first on its way, with nothing acknowledged between. A broker of 3.1.1
/// ends the connection for a message that is too long for it, and says nothing. So does a bad network, for any message: so it is named, and not passed by.
/// </summary>
internal sealed class LostWithMessage
{
    private StreamKey _stream;
    private ulong _sequence;
    private int _times;

    /// <summary>Something was acknowledged.</summary>
    public void Clear() => _times = 0;

    /// <summary>A connection was lost.</summary>
    /// <param name="first">Of what was in flight; null for nothing.</param>
    /// <returns>What to say of the message; null while that is nothing.</returns>
    public string? Count(ReceivedMessage? first, long payloadBytes)
    {
        if (first is null)
            return null;
        bool same = _times > 0 && first.Stream == _stream && first.Sequence == _sequence;
        (_stream, _sequence, _times) = (first.Stream, first.Sequence, same ? _times + 1 : 1);
        return _times < Limits.LostWithMessageMax ? null : string.Create(CultureInfo.InvariantCulture,
            $"message {first.Sequence} of {first.Stream}, with {payloadBytes} bytes, was the first on its way each of the last {Limits.LostWithMessageMax} times and more: if it is too long for the broker, allow more there (mosquitto: max_packet_size)");
    }
}
