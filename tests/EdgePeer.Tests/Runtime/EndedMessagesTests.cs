using EdgePeer.Protocol;
using EdgePeer.Protocol.Pipes;
using EdgePeer.Runtime.Loop;
using EdgePeer.Wire;
using Xunit;

namespace EdgePeer.Tests.Runtime;

public sealed class EndedMessagesTests
{
    private readonly List<string> _log = [];
    private readonly EndedMessages _messages;

    public EndedMessagesTests() => _messages = new EndedMessages(_log.Add);

    [Theory]
    [InlineData(1, "pipe z: 1 message lost: the flash does not give it back: z:3:10")]
    [InlineData(5, "pipe z: 5 messages lost: the flash does not give them back: z:3:10 to z:3:14")]
    [InlineData(157, "pipe z: 157 messages lost: the flash does not give them back: z:3:10 to z:3:166")]
    public void What_ends_one_by_one_is_one_line_with_its_number(int count, string line)
    {
        for (int i = 0; i < count; i++)
            _messages.OnEnded(Ended(3, 10 + (ulong)i, 10 + (ulong)i), At(0.001 * i));

        _messages.OnDeadline(_messages.SayAt);

        Assert.Equal([line], _log);
        Assert.Equal(Instant.Never, _messages.SayAt);
    }

    [Fact]
    public void What_ends_within_the_minute_after_a_line_is_said_at_its_end()
    {
        _messages.OnEnded(Ended(3, 1, 1), At(0));
        _messages.OnDeadline(At(1));
        _messages.OnEnded(Ended(3, 2, 3), At(2));
        _messages.OnDeadline(At(60));
        Assert.Single(_log);

        _messages.OnDeadline(_messages.SayAt);

        Assert.Equal("pipe z: 2 messages lost: the flash does not give them back: z:3:2 to z:3:3", _log[1]);
    }

    [Fact]
    public void Lanes_and_gaps_are_told_apart()
    {
        _messages.OnEnded(Ended(3, 1, 2), At(0));
        _messages.OnEnded(Ended(3, 9, 9), At(0));
        _messages.OnEnded(Ended(7, 4, 4), At(0));

        _messages.End();

        Assert.Equal(["pipe z: 4 messages lost: the flash does not give them back: 3 from z:3:1 to z:3:9, z:7:4"], _log);
    }

    private static MessagesEnded Ended(byte lane, ulong first, ulong last) => new(new StreamKey(default, Pipe, lane, default), first, last, EndReason.Lost, Settled: true);

    private static Instant At(double seconds) => default(Instant) + TimeSpan.FromSeconds(seconds);

    private static PipeName Pipe => PipeName.TryParse("z", out var pipe) ? pipe : throw new InvalidOperationException();
}
