using EdgePeer.SystemTests.Support;
using Xunit;

namespace EdgePeer.SystemTests.EndToEnd;

/// <summary>
/// What an application has got of one sender: number after number, each under an identity of its own. A message that was handed
/// over and not consumed when the agent was killed may come again, under the same identity.
/// </summary>
internal sealed class DeliveryLedger(NumberedMessages messages)
{
    private readonly Dictionary<(string Stream, ulong Sequence), int> _seen = [];
    private readonly Lock _lock = new();
    private readonly List<string> _faults = [];
    private int _next, _again;

    /// <summary>All below have come, in order.</summary>
    public int Next => Volatile.Read(ref _next);

    /// <summary>Messages that came a second time after a kill.</summary>
    public int HandedOverAgain => Volatile.Read(ref _again);

    /// <summary>When the last new message came.</summary>
    public DateTimeOffset LastAt { get; private set; }

    public void Take(ReceivedMessage message)
    {
        lock (_lock)
        {
            string identity = $"{message.Stream} {message.Sequence}";
            if (messages.NumberOf(message.Payload) is not { } number)
                _faults.Add($"{identity} is none of the messages sent");
            else if (_seen.TryGetValue((message.Stream, message.Sequence), out int before))
            {
                _again++;
                if (before != number)
                    _faults.Add($"{identity} was number {before} and is {number}");
            }
            else
            {
                _seen.Add((message.Stream, message.Sequence), number);
                if (number != _next)
                    _faults.Add($"{identity} is number {number}, and {_next} was to come");
                _next = Math.Max(_next, number + 1);
                LastAt = DateTimeOffset.UtcNow;
            }
        }
    }

    /// <summary>Nothing missing, twice, out of order or damaged so far.</summary>
    public void AssertInOrder()
    {
        lock (_lock)
            Assert.True(_faults.Count == 0, $"{_faults.Count} faults: {string.Join("; ", _faults.Take(5))}");
    }

    /// <summary>All of them have come, once and in order.</summary>
    public void AssertComplete(int count, bool mayComeAgain = false)
    {
        AssertInOrder();
        Assert.Equal(count, Next);
        Assert.True(mayComeAgain || HandedOverAgain == 0, $"{HandedOverAgain} messages came twice");
    }
}
