using EdgePeer.Protocol;
using EdgePeer.Protocol.Pipes;
using EdgePeer.Wire;

namespace EdgePeer.Runtime.Loop;

/// <summary>Says in the log how many messages of which pipe ended early: at once, and then once a minute at most.</summary>
internal sealed class EndedMessages(Action<string> log)
{
    private readonly SortedDictionary<(PipeName Pipe, EndReason Reason), (long Count, Instant QuietUntil)> _pipes = [];

    public void OnEnded(MessagesEnded ended, Instant now)
    {
        if (!ended.Settled)
            return;
        var key = (ended.Stream.Pipe, ended.Reason);
        var (count, quietUntil) = _pipes.GetValueOrDefault(key);
        count += (long)(ended.Last - ended.First + 1);
        if (now >= quietUntil)
        {
            log($"pipe {key.Pipe}: {count} {(count == 1 ? "message" : "messages")} {Words(ended.Reason)}");
            (count, quietUntil) = (0, now + Quiet);
        }
        _pipes[key] = (count, quietUntil);
    }

    private static string Words(EndReason reason) => reason switch
    {
        EndReason.Expired => "expired",
        EndReason.Lost => "lost: the flash does not give them back",
        _ => "dropped: it was full",
    };

    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);
}
