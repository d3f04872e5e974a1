using System.Diagnostics;

namespace EdgePeer.Agent.Cli;

/// <summary>
/// How long a command waits, for its answer and for an agent that is away. Without a timeout an agent that was never there ends
/// the command at once, and one that went away in the middle has half a minute to come back.
/// </summary>
internal sealed class Patience : IDisposable
{
    private readonly TimeSpan? _timeout;
    private readonly CancellationToken _interrupted;
    private readonly CancellationTokenSource _either;
    private bool _met, _away;

    /// <param name="timeout">For the whole command; null without end.</param>
    /// <param name="interrupted">The person's own word.</param>
    public Patience(TimeSpan? timeout, CancellationToken interrupted)
    {
        _timeout = timeout;
        _interrupted = interrupted;
        _either = CancellationTokenSource.CreateLinkedTokenSource(interrupted);
        if (timeout is { } limit)
            _either.CancelAfter(limit);
    }

    public CancellationToken Cancellation => _either.Token;

    /// <summary>Tries until the agent answers.</summary>
    /// <param name="attempt">Must be safe to repeat.</param>
    /// <exception cref="CommandException">Patience is at its end.</exception>
    public async Task<T> RetryAsync<T>(Func<CancellationToken, Task<T>> attempt)
    {
        var outage = Stopwatch.StartNew();
        var pause = PauseMin;
        while (true)
        {
            try
            {
                var answer = await attempt(Cancellation);
                (_met, _away) = (true, false);
                return answer;
            }
            catch (AgentAwayException fault)
            {
                _away = true;
                bool over = _timeout is null && (!_met || outage.Elapsed > OutageMax);
                if (over)
                    throw new CommandException(ExitCode.NoAgent, fault.Message, fault);
            }
            await Task.Delay(pause, Cancellation);
            pause = pause * 2 < PauseMax ? pause * 2 : PauseMax;
        }
    }

    /// <summary>Puts the end of patience into words.</summary>
    /// <param name="waitedFor">What did not come.</param>
    public CommandException Ended(AgentClient client, string waitedFor)
    {
        if (_interrupted.IsCancellationRequested)
            return new CommandException(ExitCode.Failed, "interrupted");
        return _away
            ? new CommandException(ExitCode.NoAgent, client.Away().Message)
            : new CommandException(ExitCode.TimedOut, $"no {waitedFor} within {_timeout!.Value.TotalSeconds:0.###} s; `edgepeer status` shows what is up, and --timeout waits longer");
    }

    public void Dispose() => _either.Dispose();

    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(1);

    // systemd has started it again by then, recovery included.
    private static readonly TimeSpan OutageMax = TimeSpan.FromSeconds(30);
}
