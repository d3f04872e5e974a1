using EdgePeer.Protocol;
using EdgePeer.Protocol.Pipes;
using EdgePeer.Wire;

namespace EdgePeer.Runtime.Loop;

/// <summary>
/// Says in the log how many messages of which pipe ended early, and which: gathered for a moment, since what ends together is told one by one,
/// and then once a minute at most. Each is in one line.
/// </summary>
internal sealed class EndedMessages(Action<string> log)
{
    private readonly SortedDictionary<(PipeName Pipe, EndReason Reason), Gathered> _pipes = [];

    /// <summary>When there is something to say; never while there is not.</summary>
    public Instant SayAt
    {
        get
        {
            var earliest = Instant.Never;
            foreach (var gathered in _pipes.Values)
                if (gathered.Lanes.Count > 0)
                    earliest = Instant.Earlier(earliest, gathered.SayAt);
            return earliest;
        }
    }

    public void OnEnded(MessagesEnded ended, Instant now)
    {
        if (!ended.Settled)
            return;
        var key = (ended.Stream.Pipe, ended.Reason);
        if (!_pipes.TryGetValue(key, out var gathered))
            _pipes[key] = gathered = new Gathered();
        if (gathered.Lanes.Count == 0)
            gathered.SayAt = Instant.Later(gathered.QuietUntil, now + GatherFor);
        long count = (long)(ended.Last - ended.First + 1);
        gathered.Lanes[ended.Stream.Lane] = gathered.Lanes.TryGetValue(ended.Stream.Lane, out var run)
            ? new Run(Math.Min(run.First, ended.First), Math.Max(run.Last, ended.Last), run.Count + count)
            : new Run(ended.First, ended.Last, count);
    }

    public void OnDeadline(Instant now)
    {
        foreach (var (key, gathered) in _pipes)
            if (gathered.Lanes.Count > 0 && now >= gathered.SayAt)
            {
                Say(key.Pipe, key.Reason, gathered);
                gathered.QuietUntil = now + Quiet;
            }
    }

    /// <summary>Says all that was gathered.</summary>
    public void End()
    {
        foreach (var (key, gathered) in _pipes)
            if (gathered.Lanes.Count > 0)
                Say(key.Pipe, key.Reason, gathered);
    }

    private void Say(PipeName pipe, EndReason reason, Gathered gathered)
    {
        long count = gathered.Lanes.Values.Sum(run => run.Count);
        string which = string.Join(", ", gathered.Lanes.Select(lane => Which($"{pipe}:{lane.Key}:", lane.Value)));
        log($"pipe {pipe}: {count} {(count == 1 ? "message" : "messages")} {Words(reason, count == 1)}: {which}");
        gathered.Lanes.Clear();
    }

    // As `edgepeer trace` names them.
    private static string Which(string lane, Run run) =>
        run.First == run.Last ? $"{lane}{run.First}"
        : (ulong)run.Count == run.Last - run.First + 1 ? $"{lane}{run.First} to {lane}{run.Last}"
        : $"{run.Count} from {lane}{run.First} to {lane}{run.Last}";

    private static string Words(EndReason reason, bool one) => reason switch
    {
        EndReason.Expired => "expired",
        EndReason.Lost => $"lost: the flash does not give {(one ? "it" : "them")} back",
        _ => "dropped: the pipe was full",
    };

    private static readonly TimeSpan GatherFor = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Quiet = TimeSpan.FromMinutes(1);

    /// <summary>What is not yet said, by lane.</summary>
    private sealed class Gathered
    {
        public SortedDictionary<byte, Run> Lanes { get; } = [];

        public Instant SayAt { get; set; }

        public Instant QuietUntil { get; set; }
    }

    private readonly record struct Run(ulong First, ulong Last, long Count);
}
