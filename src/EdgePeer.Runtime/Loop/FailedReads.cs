using EdgePeer.Protocol.Pipes;
using EdgePeer.Wire;

namespace EdgePeer.Runtime.Loop;

/// <summary>
/// How often messages did not read back: flash may give them the next time. It belongs to no reader, for one that goes away sooner than
/// that would leave its successors before the same message for ever.
/// </summary>
internal sealed class FailedReads
{
    private readonly Dictionary<(StreamKey Stream, ulong Sequence), ReadTries> _messages = [];

    /// <summary>The message did not read back. Tries within one pause count once.</summary>
    /// <param name="nextAt">When to try again.</param>
    /// <returns>True when it was tried often enough.</returns>
    public bool AreOver(in StreamKey stream, ulong sequence, Instant now, out Instant nextAt)
    {
        var message = (stream, sequence);
        var tries = _messages.GetValueOrDefault(message, ReadTries.Begin(now)).Failed(now);
        nextAt = tries.NextAt;
        if (tries.AreOver)
        {
            _messages.Remove(message);
            return true;
        }
        // What is forgotten is tried for some seconds more.
        if (_messages.Count >= Limits.FailedReadsMax)
            _messages.Clear();
        _messages[message] = tries;
        return false;
    }

    public void OnRead(in StreamKey stream, ulong sequence)
    {
        if (_messages.Count > 0)
            _messages.Remove((stream, sequence));
    }
}
